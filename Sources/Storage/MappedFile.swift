import Foundation

/// A file's content, read-only, mapped: the kernel pages it in and out, so its size is not the process's memory.
public final class MappedFile: Sendable {
    public let path: String
    public let count: Int
    // Read-only for the life of the object; nil for an empty file.
    nonisolated(unsafe) private let start: UnsafeRawPointer?

    /// - Parameter followsLinks: whether the last part of the path may be a symbolic link.
    public init(path: String, followsLinks: Bool = true) throws {
        self.path = path
        let file = try RegularFile(path: path, followsLinks: followsLinks)
        count = Int(file.status.st_size)
        guard count > 0 else {
            start = nil
            return
        }
        guard let mapped = mmap(nil, count, PROT_READ, MAP_PRIVATE, file.descriptor, 0), mapped != MAP_FAILED else {
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

    /// Tells the kernel that the pages read so far are done with; read again, they come from the file again.
    package func releasePages() {
        if let start { madvise(UnsafeMutableRawPointer(mutating: start), count, MADV_DONTNEED) }
    }
}
