import Foundation

/// A file of another program that is read over a long time. It is kept open, so that another file in its place changes nothing, and it is
/// checked for having been written to.
public final class PinnedFile: Sendable {
    public let path: String
    public let count: Int64
    private let file: RegularFile

    /// - Throws: `StorageError` where there is no regular file.
    public init(path: String) throws {
        self.path = path
        file = try RegularFile(path: path)
        count = Int64(file.status.st_size)
    }

    /// Whether both are one file, under whichever names.
    public func isSame(as other: PinnedFile) -> Bool {
        file.status.st_dev == other.file.status.st_dev && file.status.st_ino == other.file.status.st_ino
    }

    public func digest() throws -> Digest { try Digest(ofDescriptor: file.descriptor, path) }

    /// - Throws: `StorageError` where the file has another size than at first, or was written to since.
    public func requireUnchanged() throws {
        var status = stat()
        guard fstat(file.descriptor, &status) == 0 else { throw StorageError.fromErrno("look at", path) }
        let (written, now) = (file.status.st_mtim, status.st_mtim)
        guard Int64(status.st_size) == count, now.tv_sec == written.tv_sec, now.tv_nsec == written.tv_nsec else {
            throw StorageError("go on with", path, "it was changed while it was in use; put it back as it was")
        }
    }

    /// A piece of the file. It is read, not mapped: a mapping of a file that is cut short ends the process.
    /// - Throws: `StorageError` where the file ends before the piece does.
    public func bytes(at offset: Int64, count: Int) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        try bytes.withUnsafeMutableBytes { try read(at: offset, into: $0) }
        return bytes
    }

    /// Fills a buffer with the file's bytes, from the offset on.
    /// - Throws: as `bytes`.
    package func read(at offset: Int64, into buffer: UnsafeMutableRawBufferPointer) throws {
        var done = 0
        while done < buffer.count {
            let read = pread(
                file.descriptor, buffer.baseAddress.map { $0 + done }, buffer.count - done,
                off_t(offset) + off_t(done))
            if read < 0, errno == EINTR { continue }
            guard read >= 0 else { throw StorageError.fromErrno("read", path) }
            guard read > 0 else {
                throw StorageError("read", path, "it ends before byte \(offset + Int64(buffer.count))")
            }
            done += read
        }
    }
}
