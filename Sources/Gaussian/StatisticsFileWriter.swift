import CKernels
import Foundation
import Storage
import Tensors

/// Writes a file of statistics chunk by chunk, in any order. The file is there whole after `commit()`, or not at all.
/// Several threads may write different patches at a time.
public struct StatisticsFileWriter: ~Copyable, Sendable {
    public let path: String
    public let header: StatisticsHeader

    /// Of the whole file.
    public var byteCount: Int { writer.fileByteCount }

    private let writer: SafetensorsWriter
    private var temporaryPath: String { writer.temporaryPath }
    private let shape: RecordShape
    private let checks: RecordChecks
    /// Of each patch; nil where it was not written yet.
    private let written: Locked<[UInt64?]>

    /// Reserves the file, so that a full disk is found now.
    /// - Parameters:
    ///   - images: those that the header's digest is of.
    ///   - mode: the file's rights, whatever the mask; nil: those that any new file has.
    /// - Throws: `GaussianError` where they are not; `StorageError`.
    public init(path: String, header: StatisticsHeader, images: ImageMultiset? = nil, mode: mode_t? = nil) throws {
        let metadata = try FileMetadata(kind: StatisticsFormat.kind, version: header.formatVersion, header: header)
        let shape = try RecordShape(patches: header.space.patches, dimension: header.space.dimension)
        let file = try Self.begin(path, metadata, images, mode: mode)
        writer = file
        self.shape = shape
        (self.path, self.header) = (path, header)
        checks = RecordChecks(seed: metadata.seed)
        written = Locked([UInt64?](repeating: nil, count: shape.patches))
    }

    /// Begins a file: its header, and the list of images.
    static func begin(
        _ path: String, _ metadata: FileMetadata<StatisticsHeader>, _ images: ImageMultiset?,
        mode: mode_t? = nil
    ) throws -> SafetensorsWriter {
        let header = metadata.header
        guard images?.digest == header.images, images.map({ Int64($0.count) == header.count }) ?? true else {
            throw GaussianError(path, "the list of images is not that of the sums")
        }
        let shape = try RecordShape(patches: header.space.patches, dimension: header.space.dimension)
        let file = try SafetensorsWriter(
            path: path, tensors: StatisticsFormat.tensors(shape, header), metadata: metadata.entries, mode: mode)
        if let bytes = images?.bytes { try bytes.withUnsafeBytes { try file.write($0, to: StatisticsFormat.images) } }
        return file
    }

    /// Writes the records of some patches, as `Statistics.withChunk` gives them. A patch written again is replaced.
    /// - Throws: `GaussianError` where the bytes are not those patches' size, or cannot be sums of `header.samples` samples;
    ///   `StorageError`.
    public func write(_ chunk: UnsafeRawBufferPointer, patches: Range<Int>) throws {
        try shape.require(patches, path)
        guard chunk.count == shape.byteCount(patches: patches.count) else {
            throw GaussianError(
                path,
                "a chunk of \(patches.count) patches has \(chunk.count) bytes, not \(shape.byteCount(patches: patches.count))"
            )
        }
        guard !patches.isEmpty else { return }
        try withAlignedWords(chunk) { records in
            var sums: [UInt64] = []
            try checks.forEachRecord(patches, records, words: shape.words) { patch, record, check in
                guard statistics_plausible(record, Int32(shape.dimension), header.samples) else {
                    throw GaussianError(path, "patch \(patch) has sums that no \(header.samples) samples give")
                }
                sums.append(check)
            }
            let start = shape.byteCount(patches: patches.lowerBound)
            try writer.write(chunk, to: StatisticsFormat.records, atByte: start)
            try sums.withUnsafeBytes {
                try writer.write($0, to: StatisticsFormat.checks, atByte: 8 * patches.lowerBound)
            }
            written.withLock { for (patch, sum) in zip(patches, sums) { $0[patch] = sum } }
        }
    }

    /// Waits until what was written so far is on the disk, the file's name aside.
    public func syncContent() throws { try writer.syncContent() }

    /// Gives the file its name.
    /// - Parameter syncing: whether to wait for the disk; else `DurableFile.sync` is to do it later.
    /// - Returns: the digest of all patches' checks, as `StatisticsFile.contentDigest()` gives it.
    /// - Throws: `GaussianError` where a patch was never written; `StorageError`.
    @discardableResult
    public consuming func commit(syncing: Bool = true) throws -> Digest {
        let sums = written.withLock { $0 }
        if let missing = sums.firstIndex(of: nil) {
            throw GaussianError(path, "patch \(missing) was never written")
        }
        let digest = sums.compactMap(\.self).withUnsafeBytes { Digest(of: $0) }
        if syncing { try writer.commit() } else { try writer.publish() }
        return digest
    }
}

extension StatisticsFileWriter {
    /// Writes sums that are in memory, durably.
    /// - Parameters:
    ///   - images: those of the sums; nil where they are not known.
    ///   - mode: the file's rights, whatever the mask; nil: those that any new file has.
    ///   - filled: called with the file's temporary path when all is in it, before the disk has it.
    ///   - check: called when the content is on the disk, before the file gets its name; what it throws keeps it from getting it.
    /// - Returns: the file's size in bytes, and its digest, as `StatisticsFile.contentDigest()` gives it.
    /// - Throws: `GaussianError` where the sums are not of that space, or not of so many images; `StorageError`.
    @discardableResult
    public static func write(
        _ statistics: Statistics, space: FeatureSpace, images: ImageMultiset? = nil, to path: String,
        mode: mode_t? = nil,
        filled: (String) -> Void = { _ in },
        check: () throws -> Void = {}
    ) throws -> (byteCount: Int, digest: Digest) {
        guard space.patches == statistics.patches, space.dimension == statistics.dimension else {
            throw GaussianError(path, "these statistics are of another shape than their space")
        }
        let header = try StatisticsHeader(
            space: space, count: statistics.count, samples: statistics.samples, clamped: statistics.clamped,
            images: images?.digest)
        let writer = try StatisticsFileWriter(path: path, header: header, images: images, mode: mode)
        // In pieces that stay in the cache between the check and the copy, and that the disk may begin with at once; of as many patches as
        // are checked together.
        let some = (1 << 18) / Statistics.chunkByteCount(patches: 1, dimension: space.dimension) + 1
        let step = (some + RecordChecks.together - 1) / RecordChecks.together * RecordChecks.together
        for first in stride(from: 0, to: statistics.patches, by: step) {
            let patches = first..<min(first + step, statistics.patches)
            try statistics.withChunk(patches: patches) { try writer.write($0, patches: patches) }
        }
        filled(writer.temporaryPath)
        try writer.syncContent()
        try check()
        let byteCount = writer.byteCount
        return (byteCount, try writer.commit())
    }
}
