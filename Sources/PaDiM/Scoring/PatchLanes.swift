import CKernels
import Tensors

/// Takes a batch's embeddings patch by patch, an image a lane: the workspace of one thread.
///
/// A row of a tap's pixels is turned once so that images are lanes, for all patches that show it; a patch's embeddings are then
/// pieces of such rows, and no embedding is ever put together.
final class PatchLanes: @unchecked Sendable {
    private let layouts: [TapLayout]
    private let kernels: UncheckedKernels
    /// Of each tap, a row of pixels, turned: `[pixel][channel][image]`.
    private let turned: AlignedBuffer<Float>
    private let places: [Int]

    /// - Throws: `OutOfMemory`.
    init(_ layouts: [TapLayout], capacity: Int, _ kernels: UncheckedKernels) throws {
        (self.layouts, self.kernels) = (layouts, kernels)
        let lanes = statistics_lanes(Int32(capacity))
        var (places, end) = ([Int](), 0)
        for layout in layouts {
            places.append(end)
            end += layout.rowElements * lanes
        }
        self.places = places
        turned = try AlignedBuffer(zeros: end)
    }

    /// Goes through patches that follow each other.
    /// - Parameter body: given a patch and its embeddings, a part a tap; the parts are valid until it returns.
    func forEach(
        patch patches: Range<Int>, gridWidth: Int, of batch: EmbeddingBatch,
        _ body: (_ patch: Int, _ parts: UnsafeMutableBufferPointer<LanePart>) throws -> Void
    ) rethrows {
        let lanes = statistics_lanes(Int32(batch.images))
        var shown = layouts.map { _ in -1 }
        var parts = layouts.map { LanePart(lanes: nil, channels: Int32($0.count)) }
        for patch in patches {
            let (tile, row, column) = batch.tiles.place(row: patch / gridWidth, column: patch % gridWidth)
            for (tap, layout) in layouts.enumerated() {
                let lanesOfTap = turned.pointer + places[tap]
                let tapRow = layout.row(showing: row)
                if shown[tap] != tile * layout.height + tapRow {
                    shown[tap] = tile * layout.height + tapRow
                    let pixels = batch.tap(layout, of: 0, tile: tile) + 4 * tapRow * layout.rowElements
                    kernels.pointer.pointee.to_lanes(
                        pixels.assumingMemoryBound(to: Float.self), batch.imageStride, Int32(batch.images),
                        Int32(layout.rowElements), lanesOfTap)
                }
                parts[tap].lanes = UnsafePointer(
                    lanesOfTap + Int(layout.columns.pointer[column]) * layout.count * lanes)
            }
            try parts.withUnsafeMutableBufferPointer { try body(patch, $0) }
        }
    }
}
