import Foundation

/// A file that lies whole under a name of its own until somebody else gives it the one that it is for. It is durable once its file system
/// was synced.
public enum WaitingFile {
    /// Writes a file. What has its name, a link included, is replaced.
    /// - Parameters:
    ///   - path: a name that nobody else uses.
    ///   - check: called when all is written; what it throws removes the file.
    /// - Throws: `StorageError`, with nothing left behind.
    public static func write(_ bytes: [UInt8], to path: String, check: () throws -> Void = {}) throws {
        func create() -> Int32 { open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666) }
        var descriptor = create()
        if descriptor < 0, errno == EEXIST {
            unlink(path)
            descriptor = create()
        }
        guard descriptor >= 0 else { throw StorageError.fromErrno("create", path) }
        do {
            try bytes.withUnsafeBytes { try DurableFile.write($0, at: 0, to: descriptor, path) }
            try check()
        } catch {
            close(descriptor)
            unlink(path)
            throw error
        }
        // A network file system may tell only now that there is no space.
        guard close(descriptor) == 0 else {
            let failure = StorageError.fromErrno("write", path)
            unlink(path)
            throw failure
        }
    }
}
