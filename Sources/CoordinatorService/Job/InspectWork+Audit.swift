import Cluster
import Foundation
import JobRules
import Journal
import Storage

/// The audit of an inspection: a share of its shards is scored once more by other workers, and the scores are compared. Maps and overlays are
/// not made again.
extension InspectWork {
    func audit(_ stage: JobStage) async throws -> AuditFindings {
        let audit = StageAudit(stage: stage, cluster: cluster, journal: journal, logger: logger)
        // Those whose images' contents were told: another content has another score.
        let all = try journal.scoredShards(stage.role).filter { shard in
            try audit.scoredImages(shard.shard).allSatisfy { $0.record.digest != nil }
        }
        return try await audit.findings(of: all, committed: journal.countShardsWithScores(stage.role)) { open in
            let cases = try open.map { shard in
                let images = try audit.scoredImages(shard.shard)
                let contents = images.compactMap { image in image.record.digest.map { (image.id, $0) } }
                return audit.auditCase(
                    shard,
                    AuditStatement(
                        scores: AuditStatement.scores(of: images), contents: Dictionary(contents) { first, _ in first })
                )
            }
            let toDo = AuditToDo(
                cases: cases, lastShard: try journal.lastShard(), isInteger: false,
                mapBounds: MapBounds(of: fitted.space.input))
            return try await withWork(stage, forScoresAlone: true) { work in
                try await coordinator.audit(work, of: stage, toDo, instructionSet: cluster.instructionSet)
            }
        }
    }

    /// Removes maps and overlays of images that have none by their scores, where scores were taken back: the worker that gave them may have
    /// written some.
    func removeUnfounded(_ order: InspectionOrder, _ stage: JobStage) throws {
        guard try journal.value(.distrusted) != nil else { return }
        try journal.forEachImage(stage.role) { image in
            guard image.status != nil else { return }
            let kept = image.status == .ok ? order.artifacts(flagged: image.flagged == true) : []
            for kind in Artifact.allCases where !kept.contains(kind) {
                guard let place = order.path(of: kind, output: image.record.output) else { continue }
                unlink(journal.directory.inside(place))
            }
        }
    }
}
