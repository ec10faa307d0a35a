import JobPlanning
import Journal

/// What became of the images that a job inspected, in numbers.
struct InspectedImages {
    let counts: ImageCounts
    /// Nil where there is no threshold.
    let flagged: (images: Int, threshold: Float)?

    init(_ journal: Journal) throws {
        let role = JobPlan.Inspect.role
        counts = try journal.counts(role)
        flagged = try journal.value(.threshold).map { (try journal.flagged(role), $0) }
    }

    var words: String {
        let flags = flagged.map { ", \($0.images) flagged (threshold \($0.threshold))" } ?? ""
        return "inspected \(counts.ok) images\(flags), \(counts.failed) unusable"
    }
}
