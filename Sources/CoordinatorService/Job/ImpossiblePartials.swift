import Compute
import Foundation
import Gaussian
import JobPlanning
import Journal
import Logging
import Settings

/// Finds the partials that keep a model from being made.
struct ImpossiblePartials {
    let journal: Journal
    /// Sums of an earlier fit that this one goes on with.
    let continued: StatisticsFile?
    let model: ModelSettings
    let logger: Logger

    /// Discards the partials whose sums no images can have: their shards are done again.
    /// - Parameter patch: the one whose covariance has no inverse.
    /// - Returns: how many there were.
    /// - Throws: `JobError` where the sums of the earlier fit are such.
    func discard(at patch: Int) throws -> Int {
        // With shrinkage every patch's covariance has a share of all others'.
        let shares = model.shrinkage != .none
        let crew = ThreadCrew(threads: shares ? ProcessInfo.processInfo.activeProcessorCount : 1)
        func fault(in file: StatisticsFile) throws -> Int? {
            try SumsExamination.fault(
                in: file, epsilon: model.epsilon, patches: shares ? nil : patch..<patch + 1, crew: crew)
        }
        if let continued, let fault = try fault(in: continued) {
            throw JobError.failed("\(continued.path): no images have the sums of patch \(fault); fit those images anew")
        }
        var found = 0
        for partial in try journal.partials() {
            let path = journal.directory.partial(partial.record.file)
            guard let fault = try fault(in: journal.directory.openSums(partial.record)) else { continue }
            found += 1
            logger.error(
                "\(path): no images have the sums of patch \(fault); its \(partial.record.images) images are folded again"
            )
            try journal.discard(partial: partial.id)
            unlink(path)
        }
        return found
    }
}
