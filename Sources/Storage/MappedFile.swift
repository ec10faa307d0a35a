import Foundation

/// A file's content, read-only, mapped: the kernel pages it in and out, so its size is not the process's memory.
public final class MappedFile: Sendable {
    public let path: String
    public let count: Int
    // Read-only for the life of the object; nil for an empty file.
    nonisolated(unsafe) private let start: UnsafeRawPointer?

    public init(path: String) throws {
        self.path = path
        // A pipe is told apart, not waited for.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw StorageError.fromErrno("open", path) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw StorageError.fromErrno("read", path) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw StorageError("read", path, "not a regular file") }
        count = Int(status.st_size)
        guard count > 0 else {
            start = nil
            return
        }
        guard let mapped = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0), mapped != MAP_FAILED else {
            throw StorageError.fromErrno("map", path)
        }
        start = UnsafeRawPointer(mapped)
    }

    deinit {
        if let start { munmap(UnsafeMutableRawPointer(mutating: start), count) }
    }

    /// The bytes, valid only inside the closure.
    public func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try body(UnsafeRawBufferPointer(start: start, count: count))
    }
}
