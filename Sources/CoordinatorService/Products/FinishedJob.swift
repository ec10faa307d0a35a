import Foundation
import JobPlanning
import Journal
import Storage

/// Whether a job of a series, or one that only takes new images up, has nothing left to do, so that no worker need wait for it.
enum FinishedJob {
    /// - Returns: what to tell of a job that is finished; nil where something is left to do, or the job cannot go on.
    static func words(of plan: JobPlan, in directory: JobDirectory) throws -> String? {
        guard FileManager.default.fileExists(atPath: directory.database) else { return nil }
        let journal = try Journal.read(directory)
        defer { try? journal.close() }
        guard try journal.value(.phase) == .done else { return nil }
        let record = plan.record
        guard plan.translate(journal.job, beside: record).differences(from: record).isEmpty else { return nil }
        if plan.fit != nil {
            // What was made may be lost or damaged since.
            guard let model = try journal.value(.model), try JobOpening.damageOfModel(journal) == nil else {
                return nil
            }
            return "model.safetensors \(model) (fitted before)"
        }
        // Images that could not be read are tried once more.
        let counts = try journal.counts(JobPlan.Inspect.role)
        guard counts.ok + counts.poison == counts.total,
            FileManager.default.fileExists(atPath: directory.results),
            FileManager.default.fileExists(atPath: directory.report)
        else { return nil }
        let words = try InspectedImages(journal).words
        guard let inspect = plan.inspect, inspect.growth != nil else { return words + " (before)" }
        let (new, gone) = try GrowingList.newImages(of: inspect.list, in: journal)
        guard new == 0, counts.failed <= plan.cluster.mostFailures(of: counts.total) else { return nil }
        return "no new images\(GrownImages.words(gone: gone)); before: \(words)"
    }
}
