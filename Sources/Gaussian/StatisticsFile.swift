import CKernels
import Foundation
import Storage
import Tensors

/// A file of statistics, mapped. Records are checked as they are read, and their pages given back, so that reading a file
/// of any size takes little memory.
public final class StatisticsFile: Sendable {
    public let path: String
    public let header: StatisticsHeader

    private let file: SafetensorsFile
    private let shape: RecordShape
    private let checks: RecordChecks
    private let expected: [UInt64]

    /// Reads the header and the checks.
    /// - Parameter followsLinks: whether the last part of the path may be a symbolic link.
    /// - Throws: `GaussianError` where it is no file of statistics, of a newer version, or unsound; `TensorError`,
    ///   `StorageError`.
    public init(path: String, followsLinks: Bool = true) throws {
        self.path = path
        file = try SafetensorsFile(MappedFile(path: path, followsLinks: followsLinks))
        let metadata = try FileMetadata<StatisticsHeader>(
            reading: file.metadata, kind: StatisticsFormat.kind, newest: StatisticsFormat.newest, path: path)
        header = metadata.header
        shape = try RecordShape(patches: header.space.patches, dimension: header.space.dimension)
        checks = RecordChecks(seed: metadata.seed)
        for tensor in try StatisticsFormat.tensors(shape, header) where file[tensor.name] != tensor {
            throw GaussianError(
                path, "tensor '\(tensor.name)' is not \(tensor.type.rawValue) \(tensor.shape), as its header says")
        }
        expected = try file.withElements(of: StatisticsFormat.checks, as: Int64.self) {
            $0.map(UInt64.init(bitPattern:))
        }
    }

    /// The records of some patches, laid out as in `Statistics.withChunk`, checked. Valid only inside the closure.
    /// Several threads may read.
    /// - Throws: `GaussianError` where the file is damaged there; what `body` throws.
    public func withRecords<Result>(
        patches: Range<Int>, _ body: (UnsafePointer<Int64>) throws -> Result
    ) throws -> Result {
        try shape.require(patches, path)
        return try file.withBytes(of: StatisticsFormat.records) { bytes in
            let place = shape.byteCount(patches: patches.lowerBound)..<shape.byteCount(patches: patches.upperBound)
            let block = UnsafeRawBufferPointer(rebasing: bytes[place])
            defer { Self.releasePages(of: block, in: bytes) }
            return try withAlignedWords(block) { records in
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
    }

    /// Which images the sums are of; nil where the file does not say it.
    /// - Throws: `GaussianError` where the list is damaged.
    public func images() throws -> ImageMultiset? {
        guard let digest = header.images else { return nil }
        let images = try file.withBytes(of: StatisticsFormat.images) { ImageMultiset(bytes: $0) }
        guard let images, images.digest == digest else {
            throw GaussianError(path, "is damaged: its list of images is not the one that was written")
        }
        return images
    }

    /// The digest of all patches' checks. With `verify()` it tells whether the file has the content that was once committed;
    /// a digest of all bytes would say the same, and take as long again as writing them.
    public func contentDigest() -> Digest { expected.withUnsafeBytes { Digest(of: $0) } }

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
        for begin in stride(from: 0, to: shape.patches, by: 64) {
            try withRecords(patches: begin..<min(begin + 64, shape.patches)) { _ in }
        }
    }

    /// Tells the kernel that pages of the mapping are done with; read again, they come from the file again.
    private static func releasePages(of block: UnsafeRawBufferPointer, in all: UnsafeRawBufferPointer) {
        guard let start = block.baseAddress, let first = all.baseAddress else { return }
        let page = sysconf(Int32(_SC_PAGESIZE))
        // A fault maps its whole neighbourhood, so also pages before the block that were given back already.
        let neighbourhood = 1 << 16
        let begin = max(Int(bitPattern: start) / neighbourhood * neighbourhood, Int(bitPattern: first) / page * page)
        let end = (Int(bitPattern: start) + block.count) / page * page
        guard end > begin, let pages = UnsafeMutableRawPointer(bitPattern: begin) else { return }
        madvise(pages, end - begin, MADV_DONTNEED)
    }
}
