import CKernels
import Gaussian
import Tensors

/// Puts embeddings together, patch by patch, from a batch's taps: the workspace of one thread.
final class PatchRows: @unchecked Sendable {
    private let layouts: [TapLayout]
    private let dimension: Int
    private let rows: AlignedBuffer<Int32>
    /// Patches at a time: few enough that their rows stay in a core's cache until they are folded, enough to read some cache lines of
    /// each image's taps in a row.
    private let stretch: Int
    /// For what is then done with them.
    let scratch: FoldScratch

    private static let bytes = 256 << 10

    /// - Throws: `OutOfMemory`.
    init(_ layouts: [TapLayout], dimension: Int, capacity: Int) throws {
        (self.layouts, self.dimension) = (layouts, dimension)
        stretch = max(Self.bytes / (4 * dimension * capacity), 1)
        rows = try AlignedBuffer(zeros: stretch * dimension * capacity)
        scratch = try FoldScratch(dimension: dimension)
    }

    /// The rows of the patches of one row of the grid, some patches at a time.
    /// - Parameter body: gets rows, `[patch][image][channel]`, and whose they are, counted from the grid row's first patch.
    func forEach(
        gridRow: Int, of batch: EmbeddingBatch,
        _ body: (_ rows: UnsafePointer<Int32>, _ columns: Range<Int>) throws -> Void
    ) throws {
        let grid = batch.tiles.tile
        for tileColumn in 0..<batch.tiles.columns {
            let place = batch.tiles.place(row: gridRow, column: tileColumn * grid.width)
            try forEach(row: place.row, width: grid.width, of: batch, tile: place.tile) { rows, columns in
                let first = tileColumn * grid.width
                try body(rows, first + columns.lowerBound..<first + columns.upperBound)
            }
        }
    }

    /// The same of a row of one tile's grid.
    private func forEach(
        row gridRow: Int, width: Int, of batch: EmbeddingBatch, tile: Int,
        _ body: (_ rows: UnsafePointer<Int32>, _ columns: Range<Int>) throws -> Void
    ) throws {
        for first in stride(from: 0, to: width, by: stretch) {
            let columns = first..<min(first + stretch, width)
            for layout in layouts where layout.count > 0 {
                let row = batch.tap(layout, of: 0, tile: tile) + 4 * layout.row(showing: gridRow) * layout.rowElements
                var pixels = TapPixels(
                    values: row.assumingMemoryBound(to: Int32.self), image_stride: batch.imageStride,
                    count: Int32(layout.count))
                statistics_spread(
                    &pixels, layout.columns.pointer + first, Int32(columns.count), Int32(batch.images),
                    rows.pointer + layout.place, dimension)
            }
            try body(rows.pointer, columns)
        }
    }
}
