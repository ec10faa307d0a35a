import CKernels
import Gaussian
import Tensors

/// Measures how far a batch's images are from a model, one row of the grid after the other: the workspace of one thread.
///
/// A row of a tap's pixels is turned once so that images are lanes, for all patches that show it; a patch's embeddings are then
/// pieces of such rows, and no embedding is ever put together.
final class PatchMeter: @unchecked Sendable {
    private let layouts: [TapLayout]
    private let kernels: UncheckedKernels
    /// Of each tap, a row of pixels, turned: `[pixel][channel][image]`.
    private let turned: AlignedBuffer<Float>
    private let places: [Int]
    private let scratch: AlignedBuffer<Float>

    /// - Throws: `OutOfMemory`.
    init(_ layouts: [TapLayout], dimension: Int, capacity: Int, _ kernels: UncheckedKernels) throws {
        (self.layouts, self.kernels) = (layouts, kernels)
        let lanes = statistics_lanes(Int32(capacity))
        var (places, end) = ([Int](), 0)
        for layout in layouts {
            places.append(end)
            end += layout.rowElements * lanes
        }
        self.places = places
        turned = try AlignedBuffer(zeros: end)
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
        let (images, lanes) = (Int32(batch.images), statistics_lanes(Int32(batch.images)))
        let (width, dimension) = (model.space.gridWidth, model.space.dimension)
        let packed = dimension * (dimension + 1) / 2
        let patches = rows.lowerBound * width..<rows.upperBound * width
        try model.withParameters(patches: patches) { means, whitening in
            var shown = layouts.map { _ in -1 }
            var parts = layouts.map { LanePart(lanes: nil, channels: Int32($0.count)) }
            for patch in patches {
                let (row, column) = (patch / width, patch % width)
                for (tap, layout) in layouts.enumerated() {
                    let lanesOfTap = turned.pointer + places[tap]
                    if shown[tap] != layout.row(showing: row) {
                        shown[tap] = layout.row(showing: row)
                        let pixels = batch.tap(layout, of: 0) + 4 * shown[tap] * layout.rowElements
                        kernels.pointer.pointee.to_lanes(
                            pixels.assumingMemoryBound(to: Float.self), batch.imageStride, images,
                            Int32(layout.rowElements), lanesOfTap)
                    }
                    parts[tap].lanes = UnsafePointer(
                        lanesOfTap + Int(layout.columns.pointer[column]) * layout.count * lanes)
                }
                let number = patch - patches.lowerBound
                kernels.pointer.pointee.distances(
                    &parts, Int32(parts.count), images, means + number * dimension, whitening + number * packed,
                    scratch.pointer, distances + patch * batch.images)
            }
        }
    }
}
