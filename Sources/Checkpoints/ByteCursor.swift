/// Reads a file's bytes from front to back and never past the end.
struct ByteCursor {
    let path: String
    /// What the bytes are, for errors: the file, or a part of it.
    let part: String
    private let bytes: UnsafeRawBufferPointer
    private(set) var position = 0

    init(_ bytes: UnsafeRawBufferPointer, path: String, part: String) {
        (self.bytes, self.path, self.part) = (bytes, path, part)
    }

    var remaining: Int { bytes.count - position }

    /// The error that something is wrong where the cursor is.
    func damaged(_ reason: String) -> CheckpointError {
        CheckpointError(path, "damaged PyTorch checkpoint, at byte \(position) of \(part): \(reason)")
    }

    mutating func take(_ count: Int) throws -> UnsafeRawBufferPointer {
        guard count >= 0, count <= remaining else {
            throw damaged("\(count) bytes should follow, but only \(remaining) do; the file may be truncated")
        }
        defer { position += count }
        return UnsafeRawBufferPointer(rebasing: bytes[position..<(position + count)])
    }

    mutating func byte() throws -> UInt8 {
        try take(1)[0]
    }

    /// A little-endian integer.
    mutating func integer<Value: FixedWidthInteger & BitwiseCopyable>(_ type: Value.Type = Value.self) throws -> Value {
        Value(littleEndian: try take(MemoryLayout<Value>.size).loadUnaligned(as: Value.self))
    }

    /// A count that must fit what follows.
    mutating func count<Value: FixedWidthInteger & BitwiseCopyable>(as type: Value.Type) throws -> Int {
        let value = try integer(type)
        guard let count = Int(exactly: value), count >= 0 else { throw damaged("a length of \(value)") }
        return count
    }

    /// The text up to the next line feed.
    mutating func line(maximum: Int = 512) throws -> String {
        guard let length = bytes[position...].prefix(maximum + 1).firstIndex(of: 0x0A).map({ $0 - position }) else {
            throw damaged("a line does not end")
        }
        defer { position += 1 }
        return String(decoding: try take(length), as: UTF8.self)
    }
}
