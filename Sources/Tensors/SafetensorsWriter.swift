import Foundation
import Storage

/// Writes a safetensors file piece by piece, in any order. The file is there whole after `commit()`, or not at all.
///
/// The whole file is reserved at once, so a full disk is an error before any work is done. Bytes that are never written
/// are zero: whoever streams pieces in must know when the last has come. One description and metadata give one header,
/// byte for byte: names are sorted, tensors lie by falling element size and then by name, and the data begins at a
/// multiple of 64 bytes, so every element is aligned. Several threads may write different pieces at a time.
public struct SafetensorsWriter: ~Copyable, Sendable {
    public let path: String
    /// In bytes, header included.
    public let fileByteCount: Int

    private let file: DurableFile
    private let places: [String: Range<Int>]
    /// Pieces of so many bytes are begun to be written to the disk at once; smaller ones wait for others beside them.
    private static let worthWriteBack = 1 << 18

    /// Reserves the file and writes its header.
    /// - Parameters:
    ///   - path: where the file will stand. A file already there is replaced at commit.
    ///   - mode: its rights, whatever the mask; nil: those that any new file has.
    /// - Throws: `TensorError` where a name comes twice or the sizes overflow, `StorageError` where the disk is full.
    public init(
        path: String, tensors: [TensorDescription], metadata: [String: String] = [:], mode: mode_t? = nil
    ) throws {
        let layout = try SafetensorsLayout(tensors, metadata: metadata, path: path)
        let file = try DurableFile(path: path, mode: mode)
        try file.reserve(layout.fileByteCount)
        try layout.header.withUnsafeBytes { try file.write($0, at: 0) }
        self.path = path
        self.file = file
        fileByteCount = layout.fileByteCount
        places = layout.places
    }

    /// Writes `bytes` into a tensor, from `offset` bytes after its beginning.
    /// - Throws: `TensorError` where there is no such tensor or the bytes do not fit in it; `StorageError`.
    public func write(_ bytes: UnsafeRawBufferPointer, to tensor: String, atByte offset: Int = 0) throws {
        guard let place = places[tensor] else { throw TensorError(path, "has no tensor \(quoted(tensor))") }
        guard offset >= 0, offset <= place.count, bytes.count <= place.count - offset else {
            throw TensorError(
                path, "\(bytes.count) bytes at byte \(offset) do not fit in tensor \(quoted(tensor)) of \(place.count)")
        }
        try file.write(bytes, at: place.lowerBound + offset)
        if bytes.count >= Self.worthWriteBack { file.beginWriteBack(of: bytes.count, at: place.lowerBound + offset) }
    }

    /// Where the file is until it gets its name.
    package var temporaryPath: String { file.temporary }

    /// Where a tensor's bytes are in the file.
    /// - Throws: `TensorError` where there is no such tensor.
    package func place(of tensor: String) throws -> Range<Int> {
        guard let place = places[tensor] else { throw TensorError(path, "has no tensor \(quoted(tensor))") }
        return place
    }

    /// Writes bytes of the file, wherever in it they are.
    package func write(_ bytes: UnsafeRawBufferPointer, atFileByte offset: Int) throws {
        guard offset >= 0, offset <= fileByteCount, bytes.count <= fileByteCount - offset else {
            throw TensorError(path, "\(bytes.count) bytes at byte \(offset) do not fit in \(fileByteCount)")
        }
        try file.write(bytes, at: offset)
    }

    /// Another file with what was written so far, for the same place. Whoever writes to this one, at whatever time, does not change that.
    package consuming func replica() throws -> SafetensorsWriter {
        let (path, count, places) = (path, fileByteCount, places)
        return SafetensorsWriter(path, count, places, try file.replica())
    }

    private init(_ path: String, _ count: Int, _ places: [String: Range<Int>], _ file: consuming DurableFile) {
        (self.path, fileByteCount, self.places) = (path, count, places)
        self.file = file
    }

    /// Waits until what was written so far is on the disk.
    public func syncContent() throws { try file.syncContent() }

    /// The digest of the file as it is now, under whatever name.
    public func digest() throws -> Digest { try file.digest() }

    /// Syncs the file and gives it its name.
    public consuming func commit() throws {
        try file.commit()
    }

    /// Gives the file its name without waiting for the disk; `DurableFile.sync` makes it durable later.
    public consuming func publish() throws {
        try file.publish()
    }
}
