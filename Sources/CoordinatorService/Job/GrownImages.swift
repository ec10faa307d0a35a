import JobPlanning
import Journal
import Storage

/// What is told of images that a job got after it had begun.
enum GrownImages {
    /// That the list has got more, or not.
    static func words(_ growth: GrowingList.Growth, pending: Int) -> String {
        let before = pending > growth.added ? ", and \(pending - growth.added) of before to inspect" : ""
        return (growth.added == 0 ? "no new images" : "\(count(growth.added))") + words(gone: growth.gone) + before
    }

    /// What became of the images from one on, once they are inspected.
    static func outcome(from first: ImageID, in journal: Journal) throws -> String {
        let (counts, flagged) = try journal.outcome(JobPlan.Inspect.role, from: first)
        let flags = try journal.value(.threshold).map { ", \(flagged) flagged (threshold \($0))" } ?? ""
        return "\(count(counts.total)) inspected\(flags), \(counts.failed) unusable"
    }

    static func words(gone: Int) -> String {
        gone == 0 ? "" : "; \(gone) of the job's images are not in the list any more, and keep their results"
    }

    private static func count(_ images: Int) -> String { images == 1 ? "1 new image" : "\(images) new images" }
}
