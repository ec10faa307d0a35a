import CKernels
import Compute
import Storage
import Tensors

/// Looks whether sums can be those of images: whether every patch's covariance is positive semidefinite, as any images' is.
///
/// The covariance of a sum of partials is a weighted mean of theirs, and what the spread of their means adds, which is never negative.
/// So if each partial's covariance plus a quarter of epsilon is positive definite, the sum's is, and of a sum whose covariance plus epsilon
/// is not, one partial at least does not pass. A covariance that shrinkage has drawn towards the mean of all patches' is a weighted mean of
/// such ones: where it is not positive definite, a partial does not pass at some patch, which may be another.
public enum SumsExamination {
    /// The first patch found whose sums no images give.
    /// - Parameters:
    ///   - epsilon: what the model adds to the diagonal, in squared units of the features.
    ///   - patches: those to look at; nil: all.
    ///   - crew: its threads share out the patches.
    /// - Returns: nil where all are possible. Of several faults any one.
    /// - Throws: `GaussianError` where the file is damaged; `OutOfMemory`.
    public static func fault(
        in file: StatisticsFile, epsilon: Double, patches: Range<Int>? = nil, crew: ThreadCrew
    ) throws -> Int? {
        try examine(file, epsilon: epsilon, patches: patches, weights: nil, crew: crew).fault
    }

    /// The first patch found whose sums no images give, and the fingerprint of the sums, which means nothing where there is such a patch, or
    /// no weights were given.
    package typealias Found = (fault: Int?, fingerprint: Fingerprint)

    /// The same, and the fingerprint of the sums, in one pass.
    /// - Parameter weights: nil where no fingerprint is wanted.
    package static func examine(
        _ file: StatisticsFile, epsilon: Double, patches: Range<Int>? = nil, weights: FingerprintWeights?,
        crew: ThreadCrew
    ) throws -> Found {
        let patches = patches ?? 0..<file.header.space.patches
        let found = Locked<Int?>(nil)
        let fingerprint = Locked(Fingerprint.zero)
        let examiners = try (0..<crew.threads).map { _ in try PatchExaminer(file.header, epsilon: epsilon) }
        let block = examiners.first?.patchesAtATime ?? 1
        try crew.forEach((patches.count + block - 1) / block) { index, thread in
            guard found.withLock({ $0 }) == nil else { return }
            let first = patches.lowerBound + index * block
            let range = first..<min(first + block, patches.upperBound)
            let fault = try file.withRecords(patches: range, in: examiners[thread].buffer) { records in
                if let part = try weights?.fingerprint(ofRecords: records, patches: range) {
                    fingerprint.withLock { $0 = $0 + part }
                }
                return examiners[thread].fault(in: records, patches: range.count)
            }
            if let fault { found.withLock { $0 = first + fault } }
        }
        return (found.withLock { $0 }, fingerprint.withLock { $0 })
    }
}

extension SumsExamination {
    /// So many threads do not need more memory than the process may have for it, however many cores there are: two with 550 channels.
    /// - Parameter most: of the crew.
    public static func threads(for space: FeatureSpace, most: Int) -> Int {
        guard let kernels = try? InstructionSet.best.statisticsKernels() else { return 1 }
        let records = Statistics.chunkByteCount(
            patches: Int(kernels.pointee.whiten_patches), dimension: space.dimension)
        let scratch = 8 * kernels.pointee.whiten_scratch(Int32(space.dimension))
        return max(1, min(most, mostBytes / (records + scratch)))
    }

    private static let mostBytes = 40 << 20
}

/// One thread's workspace. Used by one thread at a time.
private final class PatchExaminer: @unchecked Sendable {
    let patchesAtATime: Int
    let buffer = RecordBuffer()
    private let header: StatisticsHeader
    private let epsilon: Double
    private let kernels: UnsafePointer<StatisticsKernels>
    private let scales: AlignedBuffer<Double>
    private let variances: AlignedBuffer<Double>
    private let scratch: AlignedBuffer<Double>

    init(_ header: StatisticsHeader, epsilon: Double) throws {
        (self.header, self.epsilon) = (header, epsilon)
        kernels = try InstructionSet.best.statisticsKernels()
        patchesAtATime = Int(kernels.pointee.whiten_patches)
        let dimension = header.space.dimension
        scales = try AlignedBuffer(zeros: dimension)
        for (channel, scale) in header.space.grid.steps.enumerated() { scales.pointer[channel] = Double(scale) }
        variances = try AlignedBuffer(zeros: dimension)
        scratch = try AlignedBuffer(zeros: kernels.pointee.whiten_scratch(Int32(dimension)))
    }

    /// The first of some patches, counted from 0, whose sums no images give.
    func fault(in records: UnsafePointer<Int64>, patches: Int) -> Int? {
        let (dimension, count) = (header.space.dimension, header.samples)
        let words = statistics_record_words(dimension)
        var largest = 0.0
        for patch in 0..<patches {
            let record = records + patch * words
            guard statistics_pairs_plausible(record, Int32(dimension), count, variances.pointer) else { return patch }
            for channel in 0..<dimension {
                largest = max(largest, variances.pointer[channel] * scales.pointer[channel] * scales.pointer[channel])
            }
        }
        // Of one image all covariances are 0, and the pairs have shown that they are.
        guard count > 1 else { return nil }
        // What the decomposition's rounding may do to a matrix that is semidefinite, and singular because the images are few.
        let rounding = largest / Double(count * (count - 1)) * Double(dimension) * 0x1p-40
        var job = WhitenJob(
            records: records, patches: Int32(patches), channels: Int32(dimension), count: count,
            scales: scales.pointer, epsilon: max(epsilon / 4, rounding, .leastNormalMagnitude), pooled: nil, own: 1,
            means: nil, whitening: nil)
        let failed = kernels.pointee.whiten(&job, scratch.pointer)
        return failed == 0 ? nil : failed.trailingZeroBitCount
    }
}
