import Compute
import Foundation
import Gaussian
import Journal
import Logging

/// Finds the partials that keep a model from being made.
struct ImpossiblePartials {
    let journal: Journal
    /// Sums of an earlier fit that this one goes on with.
    let continued: StatisticsFile?
    let epsilon: Double
    let logger: Logger

    /// Throws partials out whose sums at a patch are none of images: their shards are to be done again.
    /// - Returns: how many there were.
    /// - Throws: `JobError` where the sums of the earlier fit are such.
    func discard(at patch: Int) throws -> Int {
        let crew = ThreadCrew(threads: 1)
        func isImpossible(_ file: StatisticsFile) throws -> Bool {
            try SumsExamination.fault(in: file, epsilon: epsilon, patches: patch..<patch + 1, crew: crew) != nil
        }
        if let continued, try isImpossible(continued) {
            throw JobError.failed("\(continued.path): no images have the sums of patch \(patch); fit those images anew")
        }
        var found = 0
        for partial in try journal.partials() {
            let path = journal.directory.partial(partial.record.file)
            guard try isImpossible(StatisticsFile(path: path)) else { continue }
            found += 1
            logger.error(
                "\(path): no images have the sums of patch \(patch); its \(partial.record.images) images are folded again"
            )
            try journal.discard(partial: partial.id)
            unlink(path)
        }
        return found
    }
}
