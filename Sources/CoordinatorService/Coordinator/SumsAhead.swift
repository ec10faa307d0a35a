import Compute
import Dispatch
import Foundation
import Gaussian
import JobRules
import Journal
import Storage

/// Examines sums while the workers that wrote them sync them, on a queue of its own: the archive waits for the disk meanwhile.
///
/// Whatever is wrong with sums, or with a name, is found when the worker says that they are there. The file is the same one then, under
/// another name.
final class SumsAhead: @unchecked Sendable {
    private struct Seen {
        let file: StatisticsFile
        let found: SumsExamination.Found
    }

    private let queue = DispatchQueue(label: "sums ahead")
    // Touched on the queue only: by the names that the files will have.
    private var seen: [String: Seen] = [:]
    private var crew: ThreadCrew?

    /// Begins to examine a file, if it can be of that upload.
    func begin(
        _ upload: UploadID, file: String, in directory: JobDirectory, _ space: FeatureSpace, epsilon: Double,
        weights: FingerprintWeights?
    ) {
        let name = JobLayout.partial(of: upload)
        guard DurableFile.isTemporary(file, of: name) else { return }
        queue.async {
            guard let sums = try? StatisticsFile(path: directory.partial(file), followsLinks: false),
                sums.header.space == space,
                let found = try? SumsExamination.examine(
                    sums, epsilon: epsilon, weights: weights, crew: self.crew(for: space))
            else { return }
            self.seen[name] = Seen(file: sums, found: found)
        }
    }

    /// Waits for what was begun.
    /// - Returns: what was found in this very file; nil where it was not examined.
    func take(_ name: String, as file: StatisticsFile) -> SumsExamination.Found? {
        queue.sync { seen.removeValue(forKey: name) }.flatMap { $0.file.isSame(as: file) ? $0.found : nil }
    }

    func forget(_ name: String) { queue.async { self.seen[name] = nil } }

    private func crew(for space: FeatureSpace) -> ThreadCrew {
        let threads = SumsExamination.threads(for: space, most: ProcessInfo.processInfo.activeProcessorCount)
        if let crew, crew.threads == threads { return crew }
        let new = ThreadCrew(threads: threads)
        crew = new
        return new
    }
}
