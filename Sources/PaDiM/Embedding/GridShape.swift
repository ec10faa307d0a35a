import Backbone
import Gaussian
import Settings

/// How tiles with Gaussians of their own stand side by side in a space's grid of patches. Other spaces have one.
struct TileGrid: Equatable, Sendable {
    let rows: Int
    let columns: Int
    /// The grid of one tile, in patches: that of the network.
    let tile: GridShape

    var count: Int { rows * columns }

    init(_ space: FeatureSpace) {
        (rows, columns) = Self.tiles(space.input)
        tile = GridShape(height: space.gridHeight / rows, width: space.gridWidth / columns)
    }

    /// How many tiles with Gaussians of their own are below each other, and side by side.
    static func tiles(_ input: InputSettings) -> (rows: Int, columns: Int) {
        guard let tiling = input.tiling, let size = tiling.imageSize else { return (1, 1) }
        return (max(tiling.starts(along: size.height).count, 1), max(tiling.starts(along: size.width).count, 1))
    }

    /// The tile that has a patch of the space's grid, and the row and column of its own grid.
    func place(row: Int, column: Int) -> (tile: Int, row: Int, column: Int) {
        (row / tile.height * columns + column / tile.width, row % tile.height, column % tile.width)
    }
}

/// The size of a grid of patches, or of a tap's pixels.
struct GridShape: Equatable, Sendable {
    let height: Int
    let width: Int

    init(height: Int, width: Int) { (self.height, self.width) = (height, width) }

    /// The grid of patches of some taps; nil where there are none.
    init?(of patchGrid: PatchGrid, _ taps: [Engine.Tap]) {
        guard let first = taps.first else { return nil }
        switch patchGrid {
        case .finest: self.init(height: first.height, width: first.width)
        case .coarsest:
            self.init(
                height: taps.map(\.height).min() ?? first.height, width: taps.map(\.width).min() ?? first.width)
        }
    }

    /// What is left of a tap's pixels when it has gone into a batch.
    init(of tap: Engine.Tap, on patchGrid: PatchGrid, gridHeight: Int, gridWidth: Int) {
        switch patchGrid {
        case .finest: self.init(height: tap.height, width: tap.width)
        case .coarsest: self.init(height: gridHeight, width: gridWidth)
        }
    }
}
