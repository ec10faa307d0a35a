import CKernels
import Compute
import Foundation
import Tensors

/// Exact sums over embeddings, in memory: for each patch the count of samples, the sums of the channels and the sums of
/// their products, as whole numbers on a `FixedPointGrid`. A sample is one input of the network: mostly an image, else one of its tiles or
/// of its augmented copies.
///
/// Addition of whole numbers is exact, associative and commutative: the content depends on which images were folded in,
/// and on nothing else. Takes `chunkByteCount(patches:dimension:)` bytes: 127 MB for 3,136 patches of 100 channels.
///
/// `fold` may run on several threads for disjoint patches; everything else needs the object alone.
public final class Statistics: @unchecked Sendable {
    /// How many images are in the sums.
    public private(set) var count: Int64 = 0
    /// How many samples each patch has had.
    public private(set) var samples: Int64 = 0
    /// How many numbers were beyond the grid's limit and set to it.
    public private(set) var clamped: Int64 = 0

    /// The most images that sums can hold.
    public static let maximumCount: Int64 = 1 << 25
    /// The most samples that sums in memory can hold, whatever their features are: 2^25 products of 38 bits fill an Int64.
    public static let maximumSamplesInMemory: Int64 = 1 << 25
    /// The most samples that files of sums can hold. They are added word by word with a check for overflow, so that no number of samples can
    /// make a wrong sum; up to this one the model's arithmetic in 128 bits is exact.
    public static let maximumSamples: Int64 = 1 << 31

    private let shape: RecordShape
    private let records: AlignedBuffer<Int64>
    private let kernels: UnsafePointer<StatisticsKernels>

    public var patches: Int { shape.patches }
    public var dimension: Int { shape.dimension }

    /// - Throws: `GaussianError` where the sizes are out of bounds or the instruction set does not run here;
    ///   `OutOfMemory`.
    public init(patches: Int, dimension: Int, instructionSet: InstructionSet = .best) throws {
        shape = try RecordShape(patches: patches, dimension: dimension)
        kernels = try instructionSet.statisticsKernels()
        records = try AlignedBuffer(zeros: patches * shape.words)
    }

    /// Adds samples to the sums of some patches. When all patches have had them, `didFold` must be told.
    /// - Parameters:
    ///   - rows: fixed-point numbers, `[patch][sample][channel]`, from the first of `patches` on. A sample to be left out
    ///     has zeros: they add nothing.
    ///   - images: rows of a patch.
    ///   - changed: for each patch, how many of its first channels differ from those of the patch before, whatever the sample; the first
    ///     is not read. What patches have in common is then computed once. Nil: nothing is known of that.
    ///   - scratch: the calling thread's, if it folds often: to make one takes longer than to fold a patch.
    /// - Throws: `GaussianError` where more than `maximumSamplesInMemory` would be in the sums; `OutOfMemory`.
    public func fold(
        _ rows: UnsafePointer<Int32>, images: Int, patches: Range<Int>, changed: UnsafePointer<Int32>? = nil,
        scratch: FoldScratch? = nil
    ) throws {
        try requireRoom(for: images)
        try foldClaimed(rows, samples: images, patches: patches, changed: changed, scratch: scratch)
    }

    private func requireRoom(for samples: Int) throws {
        guard samples <= Self.maximumSamplesInMemory, self.samples <= Self.maximumSamplesInMemory - Int64(samples)
        else { throw Self.fullMemory }
    }

    /// Counts samples that `foldClaimed` will add to all patches. Other threads may fold meanwhile; only one may claim at a time.
    /// - Throws: as `fold`.
    package func claim(samples: Int, clamped: Int64) throws {
        try requireRoom(for: samples)
        self.samples += Int64(samples)
        self.clamped += clamped
    }

    /// As `fold`, for samples that `claim` has counted.
    package func foldClaimed(
        _ rows: UnsafePointer<Int32>, samples images: Int, patches: Range<Int>, changed: UnsafePointer<Int32>? = nil,
        scratch: FoldScratch? = nil
    ) throws {
        try shape.require(patches, "statistics")
        guard images > 0, !patches.isEmpty else { return }
        let scratch = try scratch ?? FoldScratch(dimension: dimension)
        guard scratch.dimension == dimension else {
            throw GaussianError("statistics", "the scratch is of \(scratch.dimension) channels, not \(dimension)")
        }
        if let changed {
            kernels.pointee.fold_run(
                rows, Int32(images), Int32(dimension), changed, Int32(patches.count), scratch.doubles.pointer,
                records.pointer + patches.lowerBound * shape.words)
            return
        }
        for (number, patch) in patches.enumerated() {
            kernels.pointee.fold(
                rows + number * images * dimension, Int32(images), Int32(dimension), scratch.doubles.pointer,
                records.pointer + patch * shape.words)
        }
    }

    /// Counts images that `fold` has put into all patches.
    /// - Parameter samples: of these images, as far as they are not claimed; nil: as many as images.
    public func didFold(images: Int, clamped: Int64, samples: Int? = nil) {
        count += Int64(images)
        self.samples += Int64(samples ?? images)
        self.clamped += clamped
    }

    /// Back to no images.
    public func reset() {
        memset(records.pointer, 0, records.bytes.count)
        (count, samples, clamped) = (0, 0, 0)
    }

    /// Adds another's images to these. Nothing is changed where an error is thrown.
    /// - Throws: `GaussianError` where the shapes differ, or a sum would leave its 64 bits.
    public func add(_ other: Statistics) throws {
        try requireShape(of: other)
        guard other.count <= Self.maximumCount - count else { throw Self.tooMany }
        guard other.samples <= Self.maximumSamplesInMemory - samples else { throw Self.fullMemory }
        let newClamped = clamped.addingReportingOverflow(other.clamped)
        guard !newClamped.overflow,
            !statistics_sum_overflows(records.pointer, other.records.pointer, records.count)
        else { throw GaussianError("statistics", "a sum would leave its 64 bits") }
        statistics_add(records.pointer, other.records.pointer, records.count)
        count += other.count
        samples += other.samples
        clamped = newClamped.partialValue
    }

    /// Takes another's images out of these, which must hold them. Nothing is changed where an error is thrown.
    /// - Throws: `GaussianError` where the shapes differ, or the other has more images than these.
    public func subtract(_ other: Statistics) throws {
        try requireShape(of: other)
        guard other.count <= count, other.samples <= samples, other.clamped <= clamped else {
            throw GaussianError(
                "statistics", "cannot take \(other.count) images out of \(count): they were never all added")
        }
        guard !statistics_difference_overflows(records.pointer, other.records.pointer, records.count) else {
            throw GaussianError("statistics", "a sum would leave its 64 bits")
        }
        statistics_subtract(records.pointer, other.records.pointer, records.count)
        count -= other.count
        samples -= other.samples
        clamped -= other.clamped
    }

    /// The bytes that `withChunk` gives for so many patches: d(d+3)/2 Int64 each.
    public static func chunkByteCount(patches: Int, dimension: Int) -> Int {
        patches * statistics_record_words(dimension) * 8
    }

    /// The sums of some patches as bytes, in place: for each patch one record, d sums and then the d(d+1)/2 sums of
    /// products (lower triangle, by rows), all little-endian Int64. Valid only inside the closure.
    /// - Throws: `GaussianError` where there are no such patches; what `body` throws.
    public func withChunk<Result>(
        patches: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
    ) throws -> Result {
        try shape.require(patches, "statistics")
        return try body(
            UnsafeRawBufferPointer(
                start: records.pointer + patches.lowerBound * shape.words,
                count: shape.byteCount(patches: patches.count)))
    }

    private func requireShape(of other: Statistics) throws {
        guard shape == other.shape else {
            throw GaussianError(
                "statistics",
                "\(patches) patches of \(dimension) channels and \(other.patches) of \(other.dimension) do not go together"
            )
        }
    }

    package static let tooMany = GaussianError("statistics", "hold at most \(maximumCount) images")
    package static let tooManySamples = GaussianError(
        "statistics", "hold at most \(maximumSamples) samples (tiles or copies of images)")
    private static let fullMemory = GaussianError(
        "statistics", "hold at most \(maximumSamplesInMemory) samples in memory; let checkpoints write them more often")
}

/// Where a thread folds. For one thread at a time.
public final class FoldScratch: @unchecked Sendable {
    let dimension: Int
    let doubles: AlignedBuffer<Double>

    /// - Throws: `OutOfMemory`.
    public init(dimension: Int) throws {
        self.dimension = dimension
        doubles = try AlignedBuffer(zeros: statistics_fold_scratch(Int32(clamping: dimension)))
    }
}

extension InstructionSet {
    /// - Throws: `GaussianError` where this processor or this build does not have the set.
    package func statisticsKernels() throws -> UnsafePointer<StatisticsKernels> {
        guard runsHere, let kernels = statistics_kernels(code) else {
            throw GaussianError(
                "instruction set \(rawValue)",
                "does not run here; there are \(InstructionSet.available.map(\.rawValue).joined(separator: ", "))")
        }
        return kernels
    }
}
