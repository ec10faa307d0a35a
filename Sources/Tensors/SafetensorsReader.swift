import Storage

/// A safetensors file that is read piece by piece into the caller's memory, and not mapped: for files that another program may still
/// change. Whoever cuts a mapped file short ends the process that reads it; here it is an error.
///
/// Safe to use from several threads. The file stays open, and is the same one whatever becomes of its name.
package final class SafetensorsReader: Sendable {
    package let path: String
    /// The file's own notes, as its writer left them.
    package let metadata: [String: String]
    /// By place in the file.
    package let tensors: [TensorDescription]

    private let file: RegularFile
    private let entries: [String: SafetensorsHeader.Entry]

    /// - Parameters:
    ///   - followsLinks: whether the last part of the path may be a symbolic link.
    ///   - longestHeader: in bytes; a longer header is refused before it is read.
    /// - Throws: `StorageError` where the file cannot be read, `TensorError` where it is not a sound safetensors file.
    package init(path: String, followsLinks: Bool = true, longestHeader: Int) throws {
        let file = try RegularFile(path: path, followsLinks: followsLinks)
        let size = Int(file.status.st_size)
        let start = try Self.bytes(of: file, 0..<min(SafetensorsHeader.startByteCount, size), path)
        let length = try start.withUnsafeBytes {
            try SafetensorsHeader.jsonByteCount($0, fileByteCount: size, longest: longestHeader, path: path)
        }
        let header = try Self.bytes(of: file, 8..<(8 + length), path).withUnsafeBytes {
            try SafetensorsHeader(json: $0, fileByteCount: size, path: path)
        }
        self.file = file
        self.path = path
        metadata = header.metadata
        tensors = header.entries.map(\.description)
        entries = Dictionary(header.entries.map { ($0.description.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    private static func bytes(of file: borrowing RegularFile, _ range: Range<Int>, _ path: String) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: range.count)
        try bytes.withUnsafeMutableBytes { try file.read(into: $0, at: range.lowerBound, path) }
        return bytes
    }

    /// The tensor of that name; nil where there is none.
    package subscript(name: String) -> TensorDescription? { entries[name]?.description }

    /// Fills a buffer with a tensor's bytes, from `offset` bytes after its beginning.
    /// - Throws: `TensorError` where there is no such tensor, or it is shorter; `StorageError` where the file cannot be read, or has been
    ///   cut short.
    package func read(_ name: String, atByte offset: Int = 0, into buffer: UnsafeMutableRawBufferPointer) throws {
        let place = try place(of: name)
        guard offset >= 0, offset <= place.count, buffer.count <= place.count - offset else {
            throw TensorError(
                path, "tensor \(quoted(name)) has \(place.count) bytes, not \(buffer.count) at byte \(offset)")
        }
        try file.read(into: buffer, at: place.lowerBound + offset, path)
    }

    /// All of a tensor's bytes, row-major and little-endian.
    /// - Throws: as `read`.
    package func bytes(of name: String) throws -> [UInt8] { try Self.bytes(of: file, place(of: name), path) }

    /// The digest of the whole file.
    package func digest() throws -> Digest { try file.digest(path) }

    /// Whether the path still names this file, and nobody has written to it since it was opened.
    package var isUnchanged: Bool { file.isUnchanged(at: path) }

    /// Whether both are one file, of one size and time of change at the two openings.
    package func isSame(as other: SafetensorsReader) -> Bool { file.isSame(as: other.file) }

    private func place(of name: String) throws -> Range<Int> {
        guard let entry = entries[name] else { throw TensorError(path, "has no tensor \(quoted(name))") }
        return entry.bytes
    }
}
