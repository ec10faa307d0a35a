import Foundation
import Tensors

/// The kept features of a batch of samples, as the taps have them: `[sample][tile][tap][pixel][channel]`, Int32 or Float. A sample is an
/// image, or one of its tiles or copies; it has one tile but where each tile place has Gaussians of its own.
///
/// An embedding repeats a deeper tap's pixel at several patches. Here it lies once: for three taps each half as wide as the one before,
/// that is a quarter of the memory, and of what goes through the caches. `PatchRows` and `PatchMeter` put patches together.
///
/// Several threads write different samples; then several read different patches.
final class EmbeddingBatch: @unchecked Sendable {
    let capacity: Int
    /// How tiles of a sample make its grid of patches.
    let tiles: TileGrid
    /// Samples in the batch now.
    private(set) var images = 0
    /// Elements from one sample to the next.
    let imageStride: Int
    private let tileElements: Int
    private let storage: AlignedBuffer<UInt32>

    init(layouts: [TapLayout], capacity: Int, tiles: TileGrid) throws {
        (self.capacity, self.tiles) = (capacity, tiles)
        tileElements = layouts.reduce(0) { $0 + $1.elements }
        // Whole cache lines, an odd number of them: what stands at the same place in all samples then spreads over all of the cache.
        imageStride = (tileElements * tiles.count + 15) / 16 * 16 | 16
        storage = try AlignedBuffer(zeros: imageStride * capacity)
    }

    /// Makes the batch one of so many samples. What it held is lost.
    func begin(images: Int) {
        precondition((0...capacity).contains(images))
        self.images = images
    }

    /// A tap of a sample's tile: `[pixel][channel]`.
    func tap(_ layout: TapLayout, of image: Int, tile: Int) -> UnsafeMutableRawPointer {
        UnsafeMutableRawPointer(storage.pointer + image * imageStride + tile * tileElements + layout.offset)
    }

    /// Zeros for all of a sample's features: they add nothing to any sum.
    func clear(_ image: Int) { memset(storage.pointer + image * imageStride, 0, 4 * imageStride) }
}
