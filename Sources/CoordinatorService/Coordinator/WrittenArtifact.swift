import Foundation
import Storage

/// A map or an overlay that a worker says it wrote in the job's directory, perhaps from another machine.
package enum WrittenArtifact {
    /// How long to wait before each further look, in seconds: a network file system may still tell of the folder as it was before.
    private static let pauses = [0.1, 0.3, 0.8]

    /// Whether a file with content is there.
    package static func isThere(_ path: String) -> Bool {
        if isFile(path) { return true }
        for pause in pauses {
            usleep(useconds_t(pause * 1_000_000))
            // To open the folder has a network file system ask for its present state.
            let folder = open(Folder.parent(of: path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            if folder >= 0 { close(folder) }
            if isFile(path) { return true }
        }
        return false
    }

    private static func isFile(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && status.st_size > 0
    }
}
