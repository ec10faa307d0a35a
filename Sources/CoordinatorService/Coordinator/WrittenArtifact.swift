import Foundation
import Storage

/// A file that a worker says it wrote in the job's directory, perhaps from another machine.
package enum WrittenArtifact {
    /// How long to wait before each further look, in seconds: a network file system may still tell of the folder as it was before.
    private static let pauses = [0.1, 0.3, 0.8]

    /// Whether a file with content is there.
    /// - Parameters:
    ///   - byteCount: its size; nil: any.
    ///   - isWaitedFor: whether to look again after pauses.
    package static func isThere(_ path: String, byteCount: Int64? = nil, isWaitedFor: Bool = true) -> Bool {
        for pause in [0] + (isWaitedFor ? pauses : []) {
            if pause > 0 {
                usleep(useconds_t(pause * 1_000_000))
                // To open the folder has a network file system ask for its present state.
                let folder = open(Folder.parent(of: path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
                if folder >= 0 { close(folder) }
            }
            var status = stat()
            guard lstat(path, &status) == 0 else { continue }
            // A link is none, and does not become one.
            guard status.st_mode & S_IFMT == S_IFREG else { return false }
            if byteCount.map({ $0 == Int64(status.st_size) }) ?? (status.st_size > 0) { return true }
        }
        return false
    }
}
