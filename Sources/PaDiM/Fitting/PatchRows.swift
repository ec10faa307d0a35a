import CKernels
import Gaussian
import Tensors

/// Puts embeddings together, patch by patch, from a batch's taps: the workspace of one thread.
final class PatchRows: @unchecked Sendable {
    private let layouts: [TapLayout]
    private let dimension: Int
    private let rows: AlignedBuffer<Int32>
    /// Of each column of a tile's grid, how many of an embedding's first channels differ from those of the column before: deeper taps,
    /// which come last, show neighbouring patches the same pixel.
    private let changed: AlignedBuffer<Int32>
    /// Patches at a time: few enough that their rows stay in a core's cache until they are folded, enough to read some cache lines of
    /// each image's taps in a row.
    private let stretch: Int
    /// For what is then done with them.
    let scratch: FoldScratch

    private static let bytes = 256 << 10
    private static let mostTogether = 4

    /// - Throws: `OutOfMemory`.
    init(_ layouts: [TapLayout], dimension: Int, capacity: Int) throws {
        (self.layouts, self.dimension) = (layouts, dimension)
        let width = layouts.map { $0.columns.count }.max() ?? 0
        changed = try AlignedBuffer(copying: Self.changed(layouts, dimension: dimension, width: width))
        // Those that show the same pixels stay together.
        let together = layouts.map { ($0.columns.count + $0.width - 1) / max($0.width, 1) }.max() ?? 1
        let fitting = max(Self.bytes / (4 * dimension * capacity), 1)
        stretch = max(fitting / together * together, min(together, Self.mostTogether))
        rows = try AlignedBuffer(zeros: stretch * dimension * capacity)
        scratch = try FoldScratch(dimension: dimension)
    }

    private static func changed(_ layouts: [TapLayout], dimension: Int, width: Int) -> [Int32] {
        (0..<width).map { column in
            guard column > 0 else { return Int32(dimension) }
            let differing = layouts.filter { $0.columns.pointer[column] != $0.columns.pointer[column - 1] }
            return Int32(differing.map { $0.place + $0.count }.max() ?? 0)
        }
    }

    /// The rows of some neighbouring patches of a grid row.
    struct Stretch {
        /// `[patch][image][channel]`.
        let rows: UnsafePointer<Int32>
        /// Whose they are, counted from the grid row's first patch.
        let columns: Range<Int>
        /// For each patch, how many of its first channels may differ from those of the patch before.
        let changed: UnsafePointer<Int32>
    }

    /// The rows of the patches of one row of the grid, some patches at a time. They are valid until `body` returns.
    func forEach(gridRow: Int, of batch: EmbeddingBatch, _ body: (Stretch) throws -> Void) throws {
        let grid = batch.tiles.tile
        for tileColumn in 0..<batch.tiles.columns {
            let place = batch.tiles.place(row: gridRow, column: tileColumn * grid.width)
            try forEach(row: place.row, width: grid.width, of: batch, tile: place.tile) { columns in
                let first = tileColumn * grid.width
                try body(
                    Stretch(
                        rows: rows.pointer, columns: first + columns.lowerBound..<first + columns.upperBound,
                        changed: changed.pointer + columns.lowerBound))
            }
        }
    }

    /// The same of a row of one tile's grid.
    private func forEach(
        row gridRow: Int, width: Int, of batch: EmbeddingBatch, tile: Int,
        _ body: (_ columns: Range<Int>) throws -> Void
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
            try body(columns)
        }
    }
}
