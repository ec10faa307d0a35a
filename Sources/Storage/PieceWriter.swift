import Foundation

/// A file that another process has made, open for pieces of it to be written in their places.
///
/// Once `finish()` has returned, whoever opens the file sees them, on other machines as well: a network file system's client sends what it
/// has when a file is closed. Nothing is promised for a power cut.
package struct PieceWriter: ~Copyable, Sendable {
    package let path: String
    private let descriptor: Int32
    private var isClosed = false

    /// - Parameter byteCount: the size that the file must have.
    /// - Throws: `StorageError` where there is no regular file of that size, a link included, or it may not be written.
    package init(path: String, byteCount: Int) throws {
        self.path = path
        let descriptor = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else { throw StorageError.fromErrno("open", path) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG, Int(status.st_size) == byteCount
        else {
            close(descriptor)
            throw StorageError("write to", path, "it is no file of \(byteCount) bytes")
        }
        self.descriptor = descriptor
    }

    deinit { if !isClosed { close(descriptor) } }

    /// Writes all of `bytes` at the offset, and has the disk begin with them. Several threads may write different pieces at a time.
    package func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws {
        try DurableFile.write(bytes, at: offset, to: descriptor, path)
        DurableFile.beginWriteBack(of: bytes.count, at: offset, of: descriptor)
    }

    /// Closes the file.
    /// - Throws: `StorageError` where what was written is lost.
    package consuming func finish() throws {
        isClosed = true
        guard close(descriptor) == 0 else { throw StorageError.fromErrno("write", path) }
    }
}
