import Foundation
import Storage

/// A file's whole content, read into memory.
///
/// Read, not mapped: a mapped file that another process cuts short kills its reader.
enum ImageFile {
    /// How long to wait before another try, in seconds, where the machine failed and not the file.
    private static let pauses = [0.2, 1]

    /// - Throws: `ImageError` as for a file.
    static func read(_ location: ImageLocation, limits: ImageLimits) throws -> [UInt8] {
        switch location {
        case .file(let path): try read(path, limits: limits)
        }
    }

    /// - Throws: `ImageError` where there is no such file, it cannot be read, is no regular file, is empty or too large.
    static func read(_ path: String, limits: ImageLimits) throws -> [UInt8] {
        guard !path.isEmpty, !path.utf8.contains(0) else { throw ImageError(path, "not a file name") }
        do {
            return try TransientError.retry(pauses: pauses) { try attempt(path, limits) }
        } catch let error as StorageError {
            throw ImageError(path, error.reason)
        }
    }

    private static func attempt(_ path: String, _ limits: ImageLimits) throws -> [UInt8] {
        let file = try RegularFile(path: path)
        let size = Int(file.status.st_size)
        guard size > 0 else { throw ImageError(path, "the file is empty") }
        try limits.check(fileBytes: size, of: path)
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
