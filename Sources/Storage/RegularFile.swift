import Foundation

/// A regular file, open for reading. Pipes and devices are told apart and not waited for; a file that another program has a lease on, as a
/// file server has for its clients, is waited for.
package struct RegularFile: ~Copyable, Sendable {
    package let descriptor: Int32
    /// As it was when the file was opened.
    package let status: stat

    /// - Parameter followsLinks: whether the last part of the path may be a symbolic link.
    /// - Throws: `StorageError` where there is no such file, it may not be read, or is something else.
    package init(path: String, followsLinks: Bool = true) throws {
        (descriptor, status) = try Self.open(path, followsLinks ? 0 : O_NOFOLLOW)
    }

    deinit { close(descriptor) }

    /// Fills a buffer with the bytes from an offset on. Several threads may read at a time.
    /// - Parameter path: for the error.
    /// - Throws: `StorageError` where the disk fails, or where the file ends before: another program has cut it short.
    package func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int, _ path: String) throws {
        guard let start = buffer.baseAddress else { return }
        var done = 0
        while done < buffer.count {
            let count = pread(descriptor, start + done, buffer.count - done, off_t(offset + done))
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw StorageError.fromErrno("read", path) }
            guard count > 0 else {
                throw StorageError(
                    "read", path, "it ends at byte \(offset + done), and had \(status.st_size) bytes when it was opened"
                )
            }
            done += count
        }
    }

    /// The digest of all bytes.
    package func digest(_ path: String) throws -> Digest { try Digest(ofDescriptor: descriptor, path) }

    /// Whether a path, links not followed, still names this file, and the file has the size and the time of change that it was opened with.
    package func isUnchanged(at path: String) -> Bool {
        var (named, own) = (stat(), stat())
        guard lstat(path, &named) == 0, fstat(descriptor, &own) == 0 else { return false }
        return Self.isSame(named, status) && Self.isSame(own, status)
    }

    /// Whether both are one file, with one size and time of change when they were opened. A write within one tick of the disk's clock escapes it.
    package func isSame(as other: borrowing RegularFile) -> Bool { Self.isSame(status, other.status) }

    private static func isSame(_ first: stat, _ second: stat) -> Bool {
        first.st_dev == second.st_dev && first.st_ino == second.st_ino && first.st_size == second.st_size
            && first.st_mtim.tv_sec == second.st_mtim.tv_sec && first.st_mtim.tv_nsec == second.st_mtim.tv_nsec
    }

    private static func open(_ path: String, _ links: Int32) throws -> (Int32, stat) {
        let descriptor = try descriptor(path, links)
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw StorageError(
                "read", path, status.st_mode & S_IFMT == S_IFDIR ? "a folder, not a file" : "not a regular file")
        }
        return (descriptor, status)
    }

    private static func descriptor(_ path: String, _ links: Int32) throws -> Int32 {
        // Without O_NONBLOCK, opening a pipe would wait for a writer.
        let flags = O_RDONLY | O_CLOEXEC | links
        var descriptor = Foundation.open(path, flags | O_NONBLOCK)
        if descriptor < 0, errno == EWOULDBLOCK {
            // Only a lease says so. Its holder has been asked for the file now, and the kernel takes it away after
            // fs.lease-break-time.
            var status = stat()
            guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
                throw StorageError("read", path, "not a regular file")
            }
            repeat { descriptor = Foundation.open(path, flags) } while descriptor < 0 && errno == EINTR
        }
        guard descriptor >= 0 else { throw StorageError.fromErrno("open", path) }
        return descriptor
    }
}
