import CKernels
import Compute
import Tensors

/// Turns records into means and whitening matrices: the workspace of one thread.
final class Whitening {
    /// The most patches of one call.
    let patchesAtATime: Int
    private let header: ModelHeader
    private let kernels: UnsafePointer<StatisticsKernels>
    private let scales: AlignedBuffer<Double>
    private let scratch: AlignedBuffer<Double>
    private let shrinkage: PooledCovariance?

    /// - Parameter shrinkage: nil: each patch has its own covariance.
    /// - Throws: `GaussianError` where the instruction set does not run here; `OutOfMemory`.
    init(_ header: ModelHeader, _ instructionSet: InstructionSet, shrinkage: PooledCovariance? = nil) throws {
        (self.header, self.shrinkage) = (header, shrinkage)
        kernels = try instructionSet.statisticsKernels()
        patchesAtATime = Int(kernels.pointee.whiten_patches)
        let dimension = header.space.dimension
        scales = try AlignedBuffer(zeros: dimension)
        for (channel, scale) in header.space.grid.steps.enumerated() { scales.pointer[channel] = Double(scale) }
        scratch = try AlignedBuffer(zeros: kernels.pointee.whiten_scratch(Int32(dimension)))
    }

    /// A patch, counted from the first of the call, without a whitening matrix.
    enum Failure: Error {
        case notPositiveDefinite(patch: Int)
        case notFinite(patch: Int)
    }

    /// - Parameters:
    ///   - records: of `patches` patches, one after the other, as many means and matrices as go out.
    /// - Throws: `Failure`.
    func invert(
        _ records: UnsafePointer<Int64>, patches: Int, means: UnsafeMutablePointer<Float>,
        whitening: UnsafeMutablePointer<Float>
    ) throws {
        let (dimension, packed) = (header.space.dimension, ModelFormat.packed(header.space.dimension))
        for first in stride(from: 0, to: patches, by: patchesAtATime) {
            let count = min(patchesAtATime, patches - first)
            var job = WhitenJob(
                records: records + first * statistics_record_words(dimension), patches: Int32(count),
                channels: Int32(dimension), count: header.samples, scales: scales.pointer,
                epsilon: header.settings.epsilon,
                pooled: shrinkage.map { UnsafePointer($0.pooled.pointer) }, own: shrinkage?.own ?? 1,
                means: means + first * dimension, whitening: whitening + first * packed)
            let failed = kernels.pointee.whiten(&job, scratch.pointer)
            guard failed == 0 else {
                throw Failure.notPositiveDefinite(patch: first + failed.trailingZeroBitCount)
            }
        }
        for patch in 0..<patches {
            guard statistics_all_finite(means + patch * dimension, dimension),
                statistics_all_finite(whitening + patch * packed, packed)
            else { throw Failure.notFinite(patch: patch) }
        }
    }
}

extension Whitening.Failure {
    /// In words, and with the patch's place.
    /// - Parameters:
    ///   - first: the patch that the call began with.
    ///   - path: the file that it is about.
    func explained(_ header: ModelHeader, first: Int, path: String) -> any Error {
        func place(_ patch: Int) -> String {
            let (row, column) = patch.quotientAndRemainder(dividingBy: header.space.gridWidth)
            return "the covariance of patch \(patch) (row \(row), column \(column))"
        }
        switch self {
        case .notPositiveDefinite(let patch):
            return CovarianceFault(
                patch: first + patch,
                description:
                    "\(path): \(place(first + patch)) is not positive definite with epsilon \(header.settings.epsilon); "
                    + "a larger --epsilon or more images help")
        case .notFinite(let patch):
            return GaussianError(path, "\(place(first + patch)) has no finite inverse; a larger --epsilon helps")
        }
    }
}
