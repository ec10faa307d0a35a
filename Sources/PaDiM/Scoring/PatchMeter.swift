import CKernels
import Gaussian
import Tensors

/// Measures how far a batch's images are from a model, one row of the grid after the other: the workspace of one thread.
final class PatchMeter: @unchecked Sendable {
    private let patchLanes: PatchLanes
    private let kernels: UncheckedKernels
    private let scratch: AlignedBuffer<Float>

    /// - Throws: `OutOfMemory`.
    init(_ layouts: [TapLayout], dimension: Int, capacity: Int, _ kernels: UncheckedKernels) throws {
        self.kernels = kernels
        patchLanes = try PatchLanes(layouts, capacity: capacity, kernels)
        scratch = try AlignedBuffer(zeros: statistics_distance_scratch(Int32(dimension), Int32(capacity)))
    }

    /// - Parameters:
    ///   - rows: of the grid.
    ///   - distances: where those of the grid's first patch go: `[patch][image]`.
    /// - Throws: `GaussianError`.
    func measure(
        _ batch: EmbeddingBatch, rows: Range<Int>, _ model: GaussianModel,
        into distances: UnsafeMutablePointer<Float>
    ) throws {
        let (width, dimension) = (model.space.gridWidth, model.space.dimension)
        let packed = dimension * (dimension + 1) / 2
        let patches = rows.lowerBound * width..<rows.upperBound * width
        try model.withParameters(patches: patches) { means, whitening in
            patchLanes.forEach(patch: patches, gridWidth: width, of: batch) { patch, parts in
                let number = patch - patches.lowerBound
                kernels.pointer.pointee.distances(
                    parts.baseAddress, Int32(parts.count), Int32(batch.images), means + number * dimension,
                    whitening + number * packed, scratch.pointer, distances + patch * batch.images)
            }
        }
    }
}
