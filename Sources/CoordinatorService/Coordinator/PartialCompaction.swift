import Foundation
import Gaussian
import Journal
import Storage

/// Adds partials up, so that a long job's disk does not fill with them: each is as large as the model's sums, 127 MB for 100
/// channels and 3.8 GB for 550, whether it counts a thousand images or a million.
struct PartialCompaction {
    let journal: Journal

    /// So many partials become one.
    static let most = 8

    /// Puts the exact sum of the job's partials in their place, if there are many. Killed half-way, it has changed nothing.
    /// - Parameter upload: the last one's number, which names the sum.
    func run(after upload: Int64) throws {
        let partials = try journal.partials()
        guard partials.count >= Self.most else { return }
        let directory = journal.directory
        let name = "\(upload)-sum.safetensors"
        let files = try partials.map { try StatisticsFile(path: directory.partial($0.record.file)) }
        let header = try StatisticsMerge.add(files, to: directory.partial(name))
        try journal.replace(
            partials: partials.map(\.id),
            with: PartialRecord(
                file: name, images: Int(header.count), clamped: header.clamped,
                digest: try StatisticsFile(path: directory.partial(name)).contentDigest()))
        // What cannot be deleted now is found to be named by nobody at the next start.
        for partial in partials { unlink(directory.partial(partial.record.file)) }
    }
}
