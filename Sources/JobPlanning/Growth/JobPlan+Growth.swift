import ImageLists
import Journal
import Logging

/// A plan whose list of images to inspect grows.
extension JobPlan {
    /// What a job's record is in this release, and beside this plan: a list that may grow is no other list.
    /// - Parameter record: the plan's own, whose digests take as long as to read the lists.
    package func translate(_ stored: JobRecord, beside record: JobRecord) -> JobRecord {
        let translated = stored.translated(for: record)
        guard inspect?.growth != nil else { return translated }
        return JobRecord(kind: translated.kind, settings: translated.settings, lists: record.lists)
    }

    /// Takes what the list says of the job's images, after it has grown.
    package mutating func take(_ growth: GrowingList.Growth, _ logger: Logger) {
        var silent = logger
        silent.logLevel = .error
        let truth = Self.truth(growth.list, split: inspect?.split, silent)
        inspect?.truth = truth
    }
}
