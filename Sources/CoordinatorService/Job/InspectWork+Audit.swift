import Cluster
import Foundation
import JobPlanning
import JobRules
import Journal
import Storage

/// The audit of an inspection: a share of its shards is scored once more by other workers, and the scores are compared. Maps and overlays are
/// not made again.
extension InspectWork {
    func audit(_ stage: JobStage) async throws -> AuditFindings {
        let audit = StageAudit(stage: stage, cluster: cluster, journal: journal, logger: logger)
        // Those whose images' contents were told: another content has another score.
        let all = try journal.scoredShards(stage.role, withContents: true)
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

    /// Removes maps and overlays of images whose scores were taken back and which have none by their new scores: the worker that was wrong may
    /// have written some. Images that are not scored again yet are looked at when they are.
    func removeFilesOfWrongScores() throws {
        let role = JobPlan.Inspect.role
        guard let takenBack = try journal.value(.takenBack) else { return }
        let left = try takenBack.filter { span in
            let images = try journal.images(role, after: span.first.advanced(by: -1), limit: span.count)
            for image in images where image.status != nil {
                let output = image.record.output
                if let format = inspect.settings.maps.format, image.mapPath == nil {
                    unlink(journal.directory.inside(JobLayout.map(of: output, fileExtension: format.fileExtension)))
                }
                let overlays = inspect.settings.overlays
                if overlays != .none, image.status != .ok || !overlays.includes(flagged: image.flagged == true) {
                    unlink(journal.directory.inside(JobLayout.overlay(of: output)))
                }
            }
            return images.contains { $0.status == nil }
        }
        if left.isEmpty { try journal.forget(.takenBack) } else { try journal.set(.takenBack, to: left) }
    }
}
