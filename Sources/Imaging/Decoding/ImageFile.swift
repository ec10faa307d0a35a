import Foundation

/// A file's whole content, read into memory.
///
/// Read, not mapped: a mapped file that another process cuts short kills its reader.
enum ImageFile {
    /// - Throws: `ImageError` where there is no such file, it cannot be read, is no regular file, is empty or too large.
    static func read(_ path: String, limits: ImageLimits) throws -> [UInt8] {
        guard !path.isEmpty, !path.utf8.contains(0) else { throw ImageError(path, "not a file name") }
        // Without O_NONBLOCK, opening a pipe would wait for a writer.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw ImageError(path, String(cString: strerror(errno))) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw ImageError(path, String(cString: strerror(errno))) }
        switch status.st_mode & S_IFMT {
        case S_IFREG: break
        case S_IFDIR: throw ImageError(path, "a folder, not an image")
        default: throw ImageError(path, "not a regular file")
        }
        let size = Int(status.st_size)
        guard size > 0 else { throw ImageError(path, "the file is empty") }
        try limits.check(fileBytes: size, of: path)
        return try read(descriptor, size, path)
    }

    private static func read(_ descriptor: Int32, _ size: Int, _ path: String) throws -> [UInt8] {
        var code: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, done in
            while done < size, let start = buffer.baseAddress {
                let count = Foundation.read(descriptor, start + done, size - done)
                if count < 0 && errno == EINTR { continue }
                if count < 0 { code = errno }
                // The file may have become shorter since it was looked at: what there is will be judged.
                if count <= 0 { break }
                done += count
            }
        }
        guard code == 0 else { throw ImageError(path, String(cString: strerror(code))) }
        return bytes
    }
}
