import Archives
import Foundation
import Storage

/// A file's whole content, read into memory.
///
/// Read, not mapped: a mapped file that another process cuts short kills its reader.
package enum WholeFile {
    /// - Throws: `ImageAccessError` where there is no such file, it cannot be read, is no regular file, is empty, or has more bytes than
    ///   `limit`.
    package static func read(_ path: String, limit: Int) throws -> [UInt8] {
        guard !path.isEmpty, !path.utf8.contains(0) else { throw ImageAccessError(path, "not a file name") }
        do {
            return try TransientError.retry(pauses: ImageReader.pauses) { try attempt(path, limit) }
        } catch let error as StorageError {
            throw ImageAccessError(path, error)
        }
    }

    /// The first bytes of a file; fewer where it has fewer.
    /// - Throws: `StorageError`.
    package static func beginning(of path: String, count: Int) throws -> [UInt8] {
        try TransientError.retry(pauses: ImageReader.pauses) { try FileSource(path: path).bytes(at: 0, count: count) }
    }

    private static func attempt(_ path: String, _ limit: Int) throws -> [UInt8] {
        let file = try RegularFile(path: path)
        let size = Int(file.status.st_size)
        guard size > 0 else { throw ImageAccessError(path, "the file is empty") }
        guard size <= limit else {
            throw ImageAccessError(path, "the file is too large: \(size) bytes, where at most \(limit) are read")
        }
        return try read(file, size, path)
    }

    private static func read(_ file: borrowing RegularFile, _ size: Int, _ path: String) throws -> [UInt8] {
        let descriptor = file.descriptor
        var error: StorageError?
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, done in
            while done < size, let start = buffer.baseAddress {
                let count = Foundation.read(descriptor, start + done, size - done)
                if count < 0 && errno == EINTR { continue }
                if count < 0 { error = StorageError.fromErrno("read", path) }
                // The file may have become shorter since it was looked at: what there is will be judged.
                if count <= 0 { break }
                done += count
            }
        }
        if let error { throw error }
        return bytes
    }
}
