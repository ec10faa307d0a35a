import CLinux
import Foundation

/// The file system that a folder lies on, held open: what its disk refuses is told to those who had it open when that was written.
public final class FileSystemOf: Sendable {
    private let folder: String
    private let descriptor: Int32

    public init(folder: String) throws {
        self.folder = folder
        descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw StorageError.fromErrno("open", folder) }
    }

    deinit { close(descriptor) }

    /// Brings all that this machine has written to it to the disk: files, and their names. One wait for many files, where a sync of each
    /// takes ten times as long.
    public func sync() throws {
        guard syncfs(descriptor) == 0 else { throw StorageError.fromErrno("sync the file system of", folder) }
    }
}
