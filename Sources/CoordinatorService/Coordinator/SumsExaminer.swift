import Compute
import Dispatch
import Foundation
import Gaussian
import JobRules
import Journal
import Storage

/// Examines sums, one file after the other, on a queue of its own: those that a worker still syncs may be looked at before it says that they
/// are there, while the archive waits for the disk.
///
/// Whatever is wrong with sums, or with a name, is found when the worker says that they are there. The file is the same one then, under
/// another name.
final class SumsExaminer: @unchecked Sendable {
    private struct Seen {
        let file: StatisticsFile
        let found: SumsExamination.Found
    }

    private let queue = DispatchQueue(label: "sums")
    // Touched on the queue only: by the names that the files will have.
    private var seen: [String: Seen] = [:]
    /// It is as large as memory allows for the sums that it is made for.
    private var crew: ThreadCrew?
    private var count = 0

    /// How often files were read to be examined.
    var examinations: Int { queue.sync { count } }

    /// Begins to examine a file, if it can be of that upload.
    func lookAhead(
        _ upload: UploadID, file: String, in directory: JobDirectory, _ space: FeatureSpace, epsilon: Double,
        weights: FingerprintWeights?
    ) {
        let name = JobLayout.partial(of: upload)
        guard DurableFile.isTemporary(file, of: name) else { return }
        queue.async {
            guard let sums = try? StatisticsFile(path: directory.partial(file), followsLinks: false),
                sums.header.space == space,
                let found = try? self.examine(sums, epsilon: epsilon, weights: weights)
            else { return }
            self.seen[name] = Seen(file: sums, found: found)
        }
    }

    /// The result for this file: the stored one if the same file was examined before, else that of an examination now.
    /// - Throws: as `SumsExamination.examine`.
    func found(
        in sums: StatisticsFile, named name: String, epsilon: Double, weights: FingerprintWeights?
    ) throws -> SumsExamination.Found {
        try queue.sync {
            if let seen = seen.removeValue(forKey: name), seen.file.isSame(as: sums) { return seen.found }
            return try examine(sums, epsilon: epsilon, weights: weights)
        }
    }

    func forget(_ name: String) { queue.async { self.seen[name] = nil } }

    private func examine(
        _ sums: StatisticsFile, epsilon: Double, weights: FingerprintWeights?
    ) throws -> SumsExamination.Found {
        count += 1
        return try SumsExamination.examine(sums, epsilon: epsilon, weights: weights, crew: crew(for: sums.header.space))
    }

    private func crew(for space: FeatureSpace) -> ThreadCrew {
        let threads = SumsExamination.threads(for: space, most: ProcessInfo.processInfo.activeProcessorCount)
        if let crew, crew.threads == threads { return crew }
        let new = ThreadCrew(threads: threads)
        crew = new
        return new
    }
}
