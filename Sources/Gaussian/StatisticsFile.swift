import CKernels
import Foundation
import Storage
import Tensors

/// A file of statistics. Records are read into memory of the reader's own and checked there, so what was checked is what is used,
/// whatever others do to the file; reading a file of any size takes little memory.
public final class StatisticsFile: Sendable {
    public let path: String
    public let header: StatisticsHeader

    private let file: SafetensorsReader
    private let shape: RecordShape
    private let checks: RecordChecks
    private let expected: [UInt64]

    /// Bytes of records that are read at a time where the whole file is.
    private static let blockByteCount = 1 << 20

    /// Reads the header and the checks.
    /// - Parameter followsLinks: whether the last part of the path may be a symbolic link.
    /// - Throws: `GaussianError` where it is no file of statistics, of a newer version, or unsound; `TensorError`,
    ///   `StorageError`.
    public init(path: String, followsLinks: Bool = true) throws {
        self.path = path
        file = try SafetensorsReader(
            path: path, followsLinks: followsLinks, longestHeader: StatisticsFormat.longestHeader)
        let metadata = try FileMetadata<StatisticsHeader>(
            reading: file.metadata, kind: StatisticsFormat.kind, newest: StatisticsFormat.newest, path: path)
        header = metadata.header
        shape = try RecordShape(patches: header.space.patches, dimension: header.space.dimension)
        checks = RecordChecks(seed: metadata.seed)
        for tensor in try StatisticsFormat.tensors(shape, header) where file[tensor.name] != tensor {
            throw GaussianError(
                path, "tensor '\(tensor.name)' is not \(tensor.type.rawValue) \(tensor.shape), as its header says")
        }
        expected = try file.bytes(of: StatisticsFormat.checks).withUnsafeBytes { bytes in
            (0..<bytes.count / 8).map {
                UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8 * $0, as: UInt64.self))
            }
        }
    }

    /// The records of some patches, laid out as in `Statistics.withChunk`, checked. Valid only inside the closure.
    /// Several threads may read.
    /// - Throws: `GaussianError` where the file is damaged there; `StorageError` where it cannot be read; what `body` throws.
    public func withRecords<Result>(
        patches: Range<Int>, _ body: (UnsafePointer<Int64>) throws -> Result
    ) throws -> Result {
        try withRecords(patches: patches, in: RecordBuffer(), body)
    }

    /// The same, by way of the calling thread's memory.
    func withRecords<Result>(
        patches: Range<Int>, in buffer: RecordBuffer, _ body: (UnsafePointer<Int64>) throws -> Result
    ) throws -> Result {
        try shape.require(patches, path)
        defer { withExtendedLifetime(buffer) {} }
        let bytes = try buffer.room(for: patches.count * shape.words)
        try file.read(StatisticsFormat.records, atByte: shape.byteCount(patches: patches.lowerBound), into: bytes)
        return try withAlignedWords(UnsafeRawBufferPointer(bytes)) { records in
            try checks.forEachRecord(patches, records, words: shape.words) { patch, record, check in
                guard check == expected[patch],
                    statistics_plausible(record, Int32(shape.dimension), header.samples)
                else {
                    throw GaussianError(
                        path, "is damaged: the sums of patch \(patch) are not those that were written")
                }
            }
            return try body(records)
        }
    }

    /// Which images the sums are of; nil where the file does not say it.
    /// - Throws: `GaussianError` where the list is damaged.
    public func images() throws -> ImageMultiset? {
        guard let digest = header.images else { return nil }
        let images = try file.bytes(of: StatisticsFormat.images).withUnsafeBytes { ImageMultiset(bytes: $0) }
        guard let images, images.digest == digest else {
            throw GaussianError(path, "is damaged: its list of images is not the one that was written")
        }
        return images
    }

    /// The digest of all patches' checks. With `verify()` it tells whether the file has the content that was once committed;
    /// a digest of all bytes would say the same, and take as long again as writing them.
    public func contentDigest() -> Digest { expected.withUnsafeBytes { Digest(of: $0) } }

    /// The digest of the whole file, which is read for it.
    package func fileDigest() throws -> Digest { try file.digest() }

    /// Whether the path still names this file, and nobody has written to it since it was opened.
    package var isUnchanged: Bool { file.isUnchanged }

    /// Whether both are one file, of one size and time of change at the two openings.
    package func isSame(as other: StatisticsFile) -> Bool {
        header == other.header && expected == other.expected && file.isSame(as: other.file)
    }

    /// The sizes that a file with a header may have, in bytes. Where it has a list of images, this is counted.
    package static func possibleByteCounts(_ header: StatisticsHeader) throws -> ClosedRange<Int64> {
        let shape = try RecordShape(patches: header.space.patches, dimension: header.space.dimension)
        let data = try StatisticsFormat.tensors(shape, header).reduce(Int64(0)) { $0 + Int64($1.byteCount) }
        return data...data + 8 + Int64(StatisticsFormat.longestHeader)
    }

    /// The share of channels, at some patches, that are zero in every image: of a network's features nearly all are, where they are
    /// smaller than half a step of the grid.
    /// - Throws: as `withRecords`.
    public func shareOfZeroChannels() throws -> Double {
        let (dimension, sampled) = (shape.dimension, min(shape.patches, 64))
        var zeros = 0
        for sample in 0..<sampled {
            let patch = sample * shape.patches / sampled
            zeros += try withRecords(patches: patch..<patch + 1) { record in
                // Row c of the triangle ends with the sum of the channel's squares.
                (0..<dimension).count { record[dimension + $0 * ($0 + 3) / 2] == 0 }
            }
        }
        return Double(zeros) / Double(sampled * dimension)
    }

    /// Reads all of the file and throws where it is damaged.
    public func verify() throws {
        let step =
            max(
                Self.blockByteCount / shape.byteCount(patches: RecordChecks.together), 1) * RecordChecks.together
        for begin in stride(from: 0, to: shape.patches, by: step) {
            try withRecords(patches: begin..<min(begin + step, shape.patches)) { _ in }
        }
    }
}
