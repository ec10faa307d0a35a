import Foundation

/// The header of a safetensors file: which tensors it holds, and where.
///
/// The format is documented at https://huggingface.co/docs/safetensors: eight bytes with the length of a JSON object,
/// the object, then the tensors' bytes without gaps. Everything the format demands is checked here, so a header that
/// came through never leads outside the file.
struct SafetensorsHeader {
    struct Entry {
        let description: TensorDescription
        /// Where the tensor's bytes are in the file.
        let bytes: Range<Int>
    }

    let metadata: [String: String]
    /// By place in the file.
    let entries: [Entry]

    /// The format's bound on the header.
    static let maximumByteCount = 100_000_000
    /// A bound of our own on what one file may make us remember.
    static let maximumTensors = 1 << 18
    /// Of the metadata, likewise.
    static let maximumNotes = 1 << 16

    /// The bytes that tell how long the header is, and the header's first.
    static let startByteCount = 9

    /// - Throws: `TensorError` that says what in the file at `path` is not as the format demands.
    init(_ file: UnsafeRawBufferPointer, path: String) throws {
        let start = UnsafeRawBufferPointer(rebasing: file.prefix(Self.startByteCount))
        let length = try Self.jsonByteCount(start, fileByteCount: file.count, path: path)
        try self.init(
            json: UnsafeRawBufferPointer(rebasing: file[8..<(8 + length)]), fileByteCount: file.count, path: path)
    }

    /// The same of a file of which only the header was read.
    init(json: UnsafeRawBufferPointer, fileByteCount: Int, path: String) throws {
        let outline = try HeaderOutline(json, path: path)
        guard outline.entries <= Self.maximumTensors else {
            throw TensorError(
                path, "its header names \(outline.entries) tensors; at most \(Self.maximumTensors) are allowed")
        }
        // A decoder makes much of little: a hundred megabytes of "1,1,1" or "\"a\":\"\"" would be gigabytes.
        guard outline.fields <= 3 * outline.entries + Self.maximumNotes,
            outline.commas <= 2 * TensorDescription.maximumRank * outline.entries
        else {
            throw TensorError(
                path,
                "damaged safetensors file: \(outline.entries) tensors with \(outline.fields) fields of "
                    + "\(outline.commas) commas")
        }
        let listing = try HeaderListing.decode(json, path: path)
        guard listing.nameCount == outline.entries, listing.fieldCount == outline.fields else {
            throw TensorError(
                path, "damaged safetensors file: its header gives a name twice, or a tensor has extra fields")
        }
        metadata = listing.metadata ?? [:]
        entries = try Self.placed(listing.tensors, dataStart: 8 + json.count, fileEnd: fileByteCount, path: path)
    }

    /// The length of the JSON between the length and the data.
    /// - Parameters:
    ///   - start: the file's first `startByteCount` bytes; all of a shorter one.
    ///   - longest: a longer header is refused.
    static func jsonByteCount(
        _ start: UnsafeRawBufferPointer, fileByteCount: Int, longest: Int = maximumByteCount, path: String
    ) throws -> Int {
        guard start.count == startByteCount else {
            throw TensorError(path, "not a safetensors file: \(fileByteCount) bytes are too few")
        }
        let length = UInt64(littleEndian: start.loadUnaligned(as: UInt64.self))
        guard length <= UInt64(maximumByteCount), start[8] == UInt8(ascii: "{") else {
            throw TensorError(path, "not a safetensors file: it does not begin with a header's length and a header")
        }
        guard length <= UInt64(longest) else {
            throw TensorError(path, "its header is \(length) bytes long, and at most \(longest) are allowed here")
        }
        guard Int(length) <= fileByteCount - 8 else {
            throw TensorError(
                path,
                "truncated safetensors file: its header is \(length) bytes long, but only \(fileByteCount - 8) follow")
        }
        return Int(length)
    }

    /// The tensors by place, if their bytes follow each other without gap or overlap from the header to the file's end.
    private static func placed(
        _ tensors: [String: HeaderListing.Tensor], dataStart: Int, fileEnd: Int, path: String
    ) throws -> [Entry] {
        var entries: [Entry] = []
        entries.reserveCapacity(tensors.count)
        for (name, tensor) in tensors {
            entries.append(try entry(name, tensor, dataStart: dataStart, fileEnd: fileEnd, path: path))
        }
        // Empty tensors share their place with the tensor after them; their order is by name, so that it is one.
        entries.sort {
            ($0.bytes.lowerBound, $0.bytes.upperBound, $0.description.name)
                < ($1.bytes.lowerBound, $1.bytes.upperBound, $1.description.name)
        }
        var end = dataStart
        for entry in entries {
            guard entry.bytes.lowerBound == end else {
                throw TensorError(
                    path,
                    "damaged safetensors file: tensor \(quoted(entry.description.name)) begins at byte "
                        + "\(entry.bytes.lowerBound), where byte \(end) was next")
            }
            end = entry.bytes.upperBound
        }
        guard end == fileEnd else {
            throw TensorError(
                path, "damaged safetensors file: its tensors end at byte \(end), the file at byte \(fileEnd)")
        }
        return entries
    }

    private static func entry(
        _ name: String, _ tensor: HeaderListing.Tensor, dataStart: Int, fileEnd: Int, path: String
    ) throws -> Entry {
        guard let type = ElementType(rawValue: tensor.type) else {
            throw TensorError(
                path, "tensor \(quoted(name)) has element type \(quoted(tensor.type)), which is not supported")
        }
        let description: TensorDescription
        do {
            description = try TensorDescription(name: name, type: type, shape: tensor.shape)
        } catch let error as TensorError {
            throw TensorError(path, error.description)
        }
        let offsets = tensor.offsets
        guard offsets.count == 2, 0 <= offsets[0], offsets[0] <= offsets[1] else {
            throw TensorError(path, "damaged safetensors file: tensor \(quoted(name)) has offsets \(offsets.prefix(4))")
        }
        guard offsets[1] <= fileEnd - dataStart else {
            throw TensorError(
                path,
                "truncated safetensors file: tensor \(quoted(name)) ends at byte \(offsets[1]) of the data, which is "
                    + "only \(fileEnd - dataStart) bytes long")
        }
        guard offsets[1] - offsets[0] == description.byteCount else {
            throw TensorError(
                path,
                "damaged safetensors file: tensor \(quoted(name)), \(type.rawValue) \(tensor.shape), needs "
                    + "\(description.byteCount) bytes and has \(offsets[1] - offsets[0])")
        }
        return Entry(description: description, bytes: (dataStart + offsets[0])..<(dataStart + offsets[1]))
    }
}
