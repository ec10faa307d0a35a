import Foundation

/// A regular file, open for reading. Pipes and devices are told apart and not waited for; a file that another program has a lease on, as a
/// file server has for its clients, is waited for.
package struct RegularFile: ~Copyable {
    package let descriptor: Int32
    /// As it was when the file was opened.
    package let status: stat

    /// - Parameter followsLinks: whether the last part of the path may be a symbolic link.
    /// - Throws: `StorageError` where there is no such file, it may not be read, or is something else.
    package init(path: String, followsLinks: Bool = true) throws {
        (descriptor, status) = try Self.open(path, followsLinks ? 0 : O_NOFOLLOW)
    }

    deinit { close(descriptor) }

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
