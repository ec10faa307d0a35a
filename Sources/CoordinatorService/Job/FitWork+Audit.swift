import Cluster
import JobRules
import Journal
import Storage

/// The audit of a fit: a share of its shards is embedded once more by other workers, and the fingerprints of features are compared.
extension FitWork {
    /// What workers are told while they fold; nil where the job has no audit.
    func auditOrder(_ stage: JobStage) throws -> AuditOrder? {
        guard stage.isAudited else { return nil }
        return AuditOrder(seed: try seeds().weights)
    }

    private func seeds() throws -> AuditSeeds {
        if let seeds = try journal.value(.auditSeeds) { return seeds }
        let seeds = AuditSeeds.random()
        try journal.set(.auditSeeds, to: seeds)
        return seeds
    }

    /// Has the chosen shards computed once more that were not before.
    func audit(_ stage: JobStage) async throws -> AuditFindings {
        let seeds = try seeds()
        let all = try journal.auditableShards(stage.role)
        let committed = try journal.countShardsInSums(stage.role)
        let chosen = AuditSelection(seed: seeds.selection, percent: cluster.auditPercent).chosen(of: all)
        let open = try chosen.filter { $0.auditedBy == nil }.map(auditCase)
        if all.count < committed {
            logger.warning(
                "\(committed - all.count) of \(committed) shards cannot be audited: they were folded before the job had an audit, or cut since"
            )
        }
        var findings = AuditFindings()
        if !open.isEmpty {
            logger.info("auditing \(open.count) of \(committed) shards")
            let weights = try await coordinator.serve(fit.weights.path, digest: fit.weights.digest)
            findings = try await coordinator.audit(
                .audit(space: fit.space, weights: weights, audit: AuditOrder(seed: seeds.weights)), of: stage,
                AuditToDo(cases: open, lastShard: journal.lastShard(), isInteger: fit.weights.haveIntegers()),
                instructionSet: cluster.instructionSet)
        }
        let confirmed = chosen.count { $0.auditedBy != nil } + findings.confirmed.count
        findings.total = AuditFindings.Total(confirmed: confirmed, shards: committed)
        return findings
    }

    private func auditCase(_ audited: AuditableShard) throws -> AuditCase {
        let shard = audited.shard
        let contents = try journal.images(ofShard: shard.id).compactMap { image in
            image.record.digest.map { (image.id, $0) }
        }
        return AuditCase(
            shard: ShardRange(id: shard.id, first: shard.firstImage, count: shard.images), maker: audited.maker,
            fingerprint: audited.fingerprint, contents: Dictionary(contents) { first, _ in first })
    }
}
