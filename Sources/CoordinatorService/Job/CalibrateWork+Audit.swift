import Cluster
import JobRules
import Journal
import Storage

/// The audit of a calibration: a share of its shards is scored once more by other workers, and the scores are compared. Workers make sure
/// themselves that images are what they were.
extension CalibrateWork {
    func audit(_ stage: JobStage) async throws -> AuditFindings {
        let audit = StageAudit(stage: stage, cluster: cluster, journal: journal, logger: logger)
        return try await audit.findings(
            of: journal.scoredShards(stage.role), committed: journal.countShardsWithScores(stage.role)
        ) { open in
            var findings = AuditFindings()
            // Lots whose sums are kept apart have a model each.
            for (_, shards) in Dictionary(grouping: open, by: \.shard.lot).sorted(by: { $0.key ?? -1 < $1.key ?? -1 }) {
                findings.add(try await self.audit(shards, stage, audit))
                // All that was done wrongly is done again, and audited then; where nobody can tell who is right the job ends.
                guard findings.wrong.isEmpty, findings.undecided.isEmpty else { break }
            }
            return findings
        }
    }

    private func audit(
        _ shards: [AuditableShard], _ stage: JobStage, _ audit: StageAudit
    ) async throws -> AuditFindings {
        guard let first = shards.first?.shard else { return AuditFindings() }
        return try await withWork(ofShard: first) { work in
            let cases = try shards.map { shard in
                guard let payload = try payload(of: shard.shard, work) else {
                    throw JournalError.inconsistent("the journal's calibration of shard \(shard.shard.id) is none")
                }
                let scores = AuditStatement.scores(of: try audit.scoredImages(shard.shard))
                return audit.auditCase(shard, AuditStatement(scores: scores, payload))
            }
            return try await coordinator.audit(
                work, of: stage,
                AuditToDo(
                    cases: cases, lastShard: journal.lastShard(), isInteger: false,
                    mapBounds: MapBounds(of: subject.space.input)),
                instructionSet: cluster.instructionSet, members: subject.members)
        }
    }

    private func payload(of shard: ShardRecord, _ work: Work) throws -> CalibrationPayload? {
        guard case .calibrate(let space, _, _, let order, _) = work else { return nil }
        return CalibrationPayload(
            bytes: try journal.payload(ofShard: shard.id), images: shard.images, rules: order.rules.count,
            patches: space.patches, lots: work.lotsLeftOut)
    }
}
