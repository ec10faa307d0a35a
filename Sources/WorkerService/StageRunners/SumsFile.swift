import Cluster
import Foundation
import Gaussian
import Storage

/// Writes a worker's sums into the job's directory, where this worker sees it and may write there: so they do not go through the
/// coordinator.
package struct SumsFile {
    private let folder: SharedFolder
    private let space: FeatureSpace

    var directory: String { folder.directory }

    /// - Returns: nil where this worker does not see the folder, or may not write there.
    package init?(in folder: SharedFolder?, space: FeatureSpace) {
        guard let folder, folder.goesOn, access(folder.directory + "/" + JobLayout.partials, W_OK) == 0 else {
            return nil
        }
        (self.folder, self.space) = (folder, space)
    }

    /// Writes the sums under the name that follows from the upload's number: content and name are on the disk when it returns. A link in that
    /// place is replaced, not followed.
    /// - Parameters:
    ///   - isVoid: whether the upload is over.
    ///   - filled: called with the name that the file has in the folder of partials when all is in it, before the disk has it.
    /// - Throws: what the disk refuses; `StageError` where the upload, or the job, is over.
    package func write(
        _ sums: Statistics, as upload: UploadID, isVoid: () -> Bool = { false }, filled: (String) -> Void = { _ in }
    ) throws -> WrittenSums {
        let path = "\(folder.directory)/\(JobLayout.partials)/\(JobLayout.partial(of: upload))"
        // The coordinator, which may run as another user, is to read it whatever this process's mask is.
        let (byteCount, digest) = try StatisticsFileWriter.write(
            sums, space: space, to: path, mode: 0o644, filled: { filled(Folder.name(of: $0)) }
        ) {
            // A worker that stood still may come back to a job that is over, or that another coordinator goes on with.
            guard !isVoid(), folder.goesOn else {
                throw StageError("the job in \(folder.directory) is over, or was started anew")
            }
        }
        return WrittenSums(
            images: sums.count, clamped: sums.clamped, samples: sums.samples, byteCount: Int64(byteCount),
            digest: digest)
    }
}

extension SharedFolder {
    /// Whether this machine sees the folder, and the job in it goes on.
    var goesOn: Bool { (try? String(contentsOfFile: directory + "/" + probe, encoding: .utf8)) == probeValue }
}
