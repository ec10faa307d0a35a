import Foundation
import Tensors

/// The kept features of a batch of images, as the taps have them: `[image][tap][pixel][channel]`, Int32 or Float.
///
/// An embedding repeats a deeper tap's pixel at several patches. Here it lies once: for three taps each half as wide as the one before,
/// that is a quarter of the memory, and of what goes through the caches. `PatchRows` and `PatchMeter` put patches together.
///
/// Several threads write different images; then several read different patches.
final class EmbeddingBatch: @unchecked Sendable {
    let capacity: Int
    /// Images in the batch now.
    private(set) var images = 0
    /// Elements from one image to the next.
    let imageStride: Int
    private let storage: AlignedBuffer<UInt32>

    init(layouts: [TapLayout], capacity: Int) throws {
        self.capacity = capacity
        // Whole cache lines, an odd number of them: what stands at the same place in all images then spreads over all of the cache.
        imageStride = (layouts.reduce(0) { $0 + $1.elements } + 15) / 16 * 16 | 16
        storage = try AlignedBuffer(zeros: imageStride * capacity)
    }

    /// Makes the batch one of so many images. What it held is lost.
    func begin(images: Int) {
        precondition((0...capacity).contains(images))
        self.images = images
    }

    /// A tap of an image: `[pixel][channel]`.
    func tap(_ layout: TapLayout, of image: Int) -> UnsafeMutableRawPointer {
        UnsafeMutableRawPointer(storage.pointer + image * imageStride + layout.offset)
    }

    /// Zeros for all of an image's features: they add nothing to any sum.
    func clear(_ image: Int) { memset(storage.pointer + image * imageStride, 0, 4 * imageStride) }
}
