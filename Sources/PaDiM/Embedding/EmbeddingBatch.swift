import Foundation
import Tensors

/// The embeddings of a batch of images: `[patch][image][channel]`, Int32 or Float.
///
/// Several threads write different images; then several read different patches.
final class EmbeddingBatch: @unchecked Sendable {
    let patches: Int
    let dimension: Int
    let capacity: Int
    /// Images in the batch now.
    private(set) var images = 0
    private let storage: AlignedBuffer<UInt32>

    init(patches: Int, dimension: Int, capacity: Int) throws {
        (self.patches, self.dimension, self.capacity) = (patches, dimension, capacity)
        storage = try AlignedBuffer(zeros: patches * dimension * capacity)
    }

    /// Makes the batch one of so many images. What it held is lost.
    func begin(images: Int) {
        precondition((0...capacity).contains(images))
        self.images = images
    }

    var patchStride: Int { images * dimension }

    /// The image's row at patch 0.
    func row(of image: Int) -> UnsafeMutableRawPointer { UnsafeMutableRawPointer(storage.pointer + image * dimension) }

    /// Zeros in all of an image's rows: they add nothing to any sum.
    func clear(_ image: Int) {
        for patch in 0..<patches {
            memset(storage.pointer + patch * patchStride + image * dimension, 0, 4 * dimension)
        }
    }

    func fixedPoint(fromPatch patch: Int) -> UnsafePointer<Int32> {
        UnsafeRawPointer(storage.pointer + patch * patchStride).assumingMemoryBound(to: Int32.self)
    }

    func floats(fromPatch patch: Int) -> UnsafePointer<Float> {
        UnsafeRawPointer(storage.pointer + patch * patchStride).assumingMemoryBound(to: Float.self)
    }
}
