import Foundation
import Storage

/// The bytes of an object that is to be written.
public enum UploadSource: Sendable {
    case bytes([UInt8])
    /// A file, of which a part at a time is in memory.
    case file(String)

    /// Calls `body` with something to read parts of.
    func withParts<Value>(_ body: (_ count: Int, _ part: (Range<Int>) throws -> [UInt8]) throws -> Value) throws
        -> Value
    {
        switch self {
        case .bytes(let bytes): return try body(bytes.count) { Array(bytes[$0]) }
        case .file(let path):
            let file = try RegularFile(path: path)
            let descriptor = file.descriptor
            let value = try body(Int(file.status.st_size)) { range in
                var part = [UInt8](repeating: 0, count: range.count)
                var done = 0
                while done < part.count {
                    let count = part.withUnsafeMutableBytes { buffer in
                        pread(
                            descriptor, buffer.baseAddress.map { $0 + done }, buffer.count - done,
                            off_t(range.lowerBound + done))
                    }
                    if count < 0 && errno == EINTR { continue }
                    guard count >= 0 else { throw StorageError.fromErrno("read", path) }
                    guard count > 0 else {
                        throw StorageError("read", path, "the file became shorter while it was read")
                    }
                    done += count
                }
                return part
            }
            // The descriptor is open until here.
            _ = consume file
            return value
        }
    }
}
