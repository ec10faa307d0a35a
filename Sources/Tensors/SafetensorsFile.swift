import Storage

/// A safetensors file, mapped: opening reads the header only, tensors are paged in as they are used.
///
/// Safe to use from several threads. The file must not be changed in place while it is open (files written by
/// `SafetensorsWriter` never are: they are replaced whole).
public final class SafetensorsFile: Sendable {
    public let path: String
    /// The file's own notes, as its writer left them.
    public let metadata: [String: String]
    /// By place in the file.
    public let tensors: [TensorDescription]

    private let file: MappedFile
    private let entries: [String: SafetensorsHeader.Entry]

    /// - Throws: `StorageError` where the file cannot be read, `TensorError` where it is not a sound safetensors file.
    public convenience init(path: String) throws {
        try self.init(MappedFile(path: path))
    }

    /// Reads a mapping that is there already.
    public init(_ file: MappedFile) throws {
        let header = try file.withBytes { try SafetensorsHeader($0, path: file.path) }
        self.file = file
        path = file.path
        metadata = header.metadata
        tensors = header.entries.map(\.description)
        entries = Dictionary(header.entries.map { ($0.description.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// The tensor of that name; nil where there is none.
    public subscript(name: String) -> TensorDescription? { entries[name]?.description }

    /// A tensor's bytes, row-major and little-endian, at whatever alignment they have, valid only inside the closure.
    /// - Throws: `TensorError` where there is no such tensor.
    public func withBytes<Result>(
        of name: String, _ body: (UnsafeRawBufferPointer) throws -> Result
    ) throws -> Result {
        let range = try entry(name).bytes
        return try file.withBytes { try body(UnsafeRawBufferPointer(rebasing: $0[range])) }
    }

    /// A tensor's elements in place, row-major, valid only inside the closure. Where a foreign writer left them
    /// misaligned they are a copy.
    /// - Parameters:
    ///   - type: the Swift type whose layout the tensor's element type has, as `ElementType(of:)` tells.
    ///   - shape: what the shape must be, if it matters.
    /// - Throws: `TensorError` where there is no such tensor, or its type or shape is another.
    public func withElements<Element: BitwiseCopyable, Result>(
        of name: String, as type: Element.Type, shape: [Int]? = nil,
        _ body: (UnsafeBufferPointer<Element>) throws -> Result
    ) throws -> Result {
        let tensor = try entry(name).description
        guard tensor.type == ElementType(of: type) else {
            throw TensorError(path, "tensor \(quoted(name)) is \(tensor.type.rawValue), where \(type) was expected")
        }
        if let shape, tensor.shape != shape {
            throw TensorError(path, "tensor \(quoted(name)) has shape \(tensor.shape), where \(shape) was expected")
        }
        return try withBytes(of: name) { bytes in
            guard let start = bytes.baseAddress, !bytes.isEmpty else {
                return try body(UnsafeBufferPointer(start: nil, count: 0))
            }
            if Int(bitPattern: start) % MemoryLayout<Element>.alignment == 0 {
                return try body(bytes.assumingMemoryBound(to: Element.self))
            }
            return try [Element](unsafeUninitializedCapacity: tensor.elementCount) { copy, initialized in
                bytes.copyBytes(to: UnsafeMutableRawBufferPointer(copy))
                initialized = tensor.elementCount
            }.withUnsafeBufferPointer(body)
        }
    }

    /// A tensor's elements as Floats, row-major, whatever its type.
    /// - Throws: `TensorError` where there is no such tensor.
    public func floats(_ name: String) throws -> [Float] {
        let type = try entry(name).description.type
        return try withBytes(of: name) { type.floats($0) }
    }

    /// Where a tensor's bytes are in the file.
    /// - Throws: `TensorError` where there is no such tensor.
    package func place(of name: String) throws -> Range<Int> { try entry(name).bytes }

    /// The digest of the whole file.
    public func digest() -> Digest { file.withBytes { Digest(of: $0) } }

    private func entry(_ name: String) throws -> SafetensorsHeader.Entry {
        guard let entry = entries[name] else { throw TensorError(path, "has no tensor \(quoted(name))") }
        return entry
    }
}
