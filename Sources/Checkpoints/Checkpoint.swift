import Storage
import Tensors

/// A file of weights, of whichever form, as tensors by name.
///
/// Opening reads the file's directory and checks that every tensor lies inside the file; numbers are read when they are
/// asked for. Nothing in the file is ever run: see `PickleMachine`. Safe to use from several threads.
public final class Checkpoint: Sendable {
    public let path: String
    public let format: CheckpointFormat
    /// In the file's order.
    public let names: [String]
    /// By name, without what wrappers put before every name: see ``WrapperPrefix``.
    public let tensors: [String: CheckpointTensor]

    /// What a PyTorch file's outermost dictionary has beside tensors, where it is plain data, as the settings of a run.
    public var plainValues: [String: PlainValue] { source.plainValues }

    private let file: MappedFile
    private let source: any TensorSource
    /// What the file itself calls a tensor, and its sizes.
    private let entries: [String: TensorDescription]
    private let knownDigest = Locked<Digest?>(nil)

    /// Opens safetensors and both forms of PyTorch's `torch.save`, told apart by content.
    /// - Throws: `StorageError` where the file cannot be read; `CheckpointError` or, about safetensors, `TensorError` where
    ///   it is damaged, foreign or holds more than tensors and plain values.
    public static func open(_ path: String) throws -> Checkpoint {
        let file = try MappedFile(path: path)
        let format = try file.withBytes { try CheckpointFormat.detected(in: $0, path: path) }
        let source: any TensorSource =
            switch format {
            case .safetensors: try SafetensorsSource(file: SafetensorsFile(file))
            case .torchArchive: try TorchArchive(file)
            case .torchLegacy: try TorchLegacyFile(file)
            }
        return Checkpoint(file, format, source)
    }

    private init(_ file: MappedFile, _ format: CheckpointFormat, _ source: any TensorSource) {
        self.file = file
        self.format = format
        self.source = source
        path = file.path
        let descriptions = source.descriptions
        let prefix = WrapperPrefix.count(of: descriptions.map(\.name))
        let named = descriptions.map { (String(decoding: $0.name.utf8.dropFirst(prefix), as: UTF8.self), $0) }
        names = named.map(\.0)
        entries = Dictionary(named, uniquingKeysWith: { _, last in last })
        tensors = entries.mapValues { CheckpointTensor(shape: $0.shape, type: $0.type) }
    }

    /// The digest of the file.
    public var digest: Digest {
        knownDigest.withLock { known in
            if let known { return known }
            let digest = file.withBytes { Digest(of: $0) }
            known = digest
            return digest
        }
    }

    /// Gives the pages back that were read so far; read again, they come from the file again.
    package func releasePages() { file.releasePages() }

    /// A tensor's elements as Floats, row-major: strides are resolved, other types converted (rounded to nearest).
    /// - Throws: `CheckpointError` where there is no such tensor, or the file's checksum of it does not hold.
    public func floats(_ name: String) throws -> [Float] {
        let entry = try entry(name)
        return try source.withBytes(of: entry.name) { entry.type.floats($0) }
    }

    /// Gives the same Floats in pieces, so that memory does not grow with the tensor.
    /// - Throws: as `floats`; what `body` throws.
    package func forEachPiece(of name: String, _ body: ([Float]) throws -> Void) throws {
        let entry = try entry(name)
        try source.withBytes(of: entry.name) { bytes in
            let step = Self.pieceElements * entry.type.byteCount
            for first in stride(from: 0, to: bytes.count, by: step) {
                try body(
                    entry.type.floats(UnsafeRawBufferPointer(rebasing: bytes[first..<min(first + step, bytes.count)])))
            }
        }
    }

    private static let pieceElements = 1 << 16

    /// The elements of a tensor of whole numbers of at most 32 bits, row-major.
    /// - Throws: `CheckpointError` where there is no such tensor, it is of another type, or the file's checksum of it does not hold.
    public func integers(_ name: String) throws -> [Int32] {
        let entry = try entry(name)
        return try source.withBytes(of: entry.name) { bytes in
            switch entry.type {
            case .i8: bytes.map { Int32(Int8(bitPattern: $0)) }
            case .u8, .bool: bytes.map { Int32($0) }
            case .i32:
                stride(from: 0, to: bytes.count, by: 4).map {
                    Int32(littleEndian: bytes.loadUnaligned(fromByteOffset: $0, as: Int32.self))
                }
            default:
                throw CheckpointError(
                    path, "tensor \(quoted(name)) is of \(entry.type.rawValue), not of whole numbers of 8 or 32 bits")
            }
        }
    }

    /// Writes all tensors, in their own element types, to a safetensors file at `path`, one tensor at a time.
    /// - Throws: what reading a tensor throws; `StorageError` where the file cannot be written.
    public func convert(to path: String) throws {
        let descriptions = try names.map { name in
            let entry = try entry(name)
            return try TensorDescription(name: name, type: entry.type, shape: entry.shape)
        }
        // "pt" is what the field's other readers look for; the digest tells where the numbers come from.
        let metadata = ["format": "pt", "source_sha256": digest.hex]
        let writer = try SafetensorsWriter(path: path, tensors: descriptions, metadata: metadata)
        for name in names {
            try source.withBytes(of: entry(name).name) { try writer.write($0, to: name) }
        }
        try writer.commit()
    }

    private func entry(_ name: String) throws -> TensorDescription {
        guard let entry = entries[name] else { throw CheckpointError(path, "has no tensor \(quoted(name))") }
        return entry
    }
}

/// A tensor of a checkpoint: what it is, not its numbers.
public struct CheckpointTensor: Hashable, Sendable {
    /// Outermost axis first; empty for a single number.
    public let shape: [Int]
    public let type: ElementType

    public init(shape: [Int], type: ElementType) {
        (self.shape, self.type) = (shape, type)
    }
}
