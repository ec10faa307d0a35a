import Backbone
import Settings

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
