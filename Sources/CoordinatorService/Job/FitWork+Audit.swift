import Cluster
import JobRules
import Journal
import Storage

/// The audit of a fit: a share of its shards is embedded once more by other workers, and the fingerprints of features are compared.
extension FitWork {
    /// What workers are told while they fold; nil where the job has no audit.
    func auditOrder(_ stage: JobStage) throws -> AuditOrder? {
        guard stage.isAudited else { return nil }
        return AuditOrder(seed: try stageAudit(stage).seeds().weights)
    }

    private func stageAudit(_ stage: JobStage) -> StageAudit {
        StageAudit(stage: stage, cluster: cluster, journal: journal, logger: logger)
    }

    func audit(_ stage: JobStage) async throws -> AuditFindings {
        let audit = stageAudit(stage)
        return try await audit.findings(
            of: journal.auditableShards(stage.role), committed: journal.countShardsInSums(stage.role)
        ) { open in
            let weights = try await coordinator.serve(fit.weights.path, digest: fit.weights.digest)
            let order = AuditOrder(seed: try audit.seeds().weights)
            return try await coordinator.audit(
                .audit(space: fit.space, weights: weights, audit: order), of: stage,
                AuditToDo(
                    cases: open.compactMap { try auditCase($0, audit) }, lastShard: journal.lastShard(),
                    isInteger: fit.weights.haveIntegers()),
                instructionSet: cluster.instructionSet)
        }
    }

    private func auditCase(_ audited: AuditableShard, _ audit: StageAudit) throws -> AuditCase? {
        guard let fingerprint = audited.fingerprint else { return nil }
        let contents = try journal.images(ofShard: audited.shard.id).compactMap { image in
            image.record.digest.map { (image.id, $0) }
        }
        return audit.auditCase(
            audited, AuditStatement(fingerprint, contents: Dictionary(contents) { first, _ in first }))
    }
}
