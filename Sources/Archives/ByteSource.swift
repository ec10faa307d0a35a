import Foundation
import Storage

/// Bytes that can be read from any place: a file, or an object that a server sends in ranges.
public protocol ByteSource: Sendable {
    /// The path or address, for errors.
    var name: String { get }
    var byteCount: Int64 { get }

    /// Fills the buffer from an offset on.
    /// - Returns: the bytes that were read: fewer than asked for only at the end.
    /// - Throws: `StorageError`, `ArchiveError`.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws -> Int
}

extension ByteSource {
    /// - Returns: `count` bytes from an offset on; fewer only at the end.
    package func bytes(at offset: Int64, count: Int) throws -> [UInt8] {
        let rest = max(byteCount - offset, 0)
        let wanted = min(count, Int(clamping: rest))
        return try [UInt8](unsafeUninitializedCapacity: wanted) { buffer, read in
            read = wanted > 0 ? try self.read(into: UnsafeMutableRawBufferPointer(buffer), at: offset) : 0
        }
    }
}

/// A file as a source of bytes. It stays the same file when another takes its name.
public final class FileSource: ByteSource, @unchecked Sendable {
    public let name: String
    public let byteCount: Int64
    private let file: RegularFile

    /// - Throws: `StorageError` where there is no such file, it may not be read, or is something else.
    public init(path: String) throws {
        file = try RegularFile(path: path)
        (name, byteCount) = (path, Int64(file.status.st_size))
    }

    public func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws -> Int {
        var done = 0
        while done < buffer.count, let start = buffer.baseAddress {
            let count = pread(file.descriptor, start + done, buffer.count - done, off_t(offset) + off_t(done))
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw StorageError.fromErrno("read", name) }
            if count == 0 { break }
            done += count
        }
        return done
    }
}

/// Bytes in memory as a source.
struct MemorySource: ByteSource {
    let name: String
    let bytes: [UInt8]
    var byteCount: Int64 { Int64(bytes.count) }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws -> Int {
        guard offset >= 0, offset < byteCount else { return 0 }
        let part = bytes[Int(offset)...].prefix(buffer.count)
        buffer.copyBytes(from: part)
        return part.count
    }
}
