import CKernels
import Compute
import Foundation
import Gaussian
import Tensors

/// A first look at a job's images, which fixes the grid that embeddings are rounded to.
public struct Calibrator {
    private let embedder: Embedder

    public init(embedder: Embedder) { self.embedder = embedder }

    /// The largest magnitude of every kept channel over all patches of all images.
    /// - Returns: the maxima, and the images that could not be read or embedded.
    /// - Throws: `OutOfMemory`.
    public func maxima(_ files: [String]) throws -> (maxima: [Float], failures: [ImageFailure]) {
        let (embedder, space) = (embedder, embedder.space)
        let layouts = try embedder.layouts(nil)
        let places = try (0..<embedder.crew.threads).map { _ in
            try ThreadMaxima(layouts, dimension: space.dimension, group: embedder.groupSize)
        }
        let failures = Failures()
        let group = embedder.groupSize
        try embedder.crew.forEach((files.count + group - 1) / group) { index, thread in
            let range = index * group..<min((index + 1) * group, files.count)
            let place = places[thread]
            place.batch.begin(images: range.count)
            let outcomes = try embedder.embed(
                files[range], into: place.batch, first: 0, layouts: layouts, fixedPoint: false, thread: thread,
                calibrating: true)
            failures.add(outcomes, files, range)
            // Pixels that no patch shows were never written: zeros.
            for image in 0..<range.count {
                for layout in layouts {
                    embedder.kernels.pointer.pointee.raise_maxima(
                        place.batch.tap(layout, of: image).assumingMemoryBound(to: Float.self),
                        Int32(layout.height * layout.width), Int32(layout.count), place.maxima.pointer + layout.place)
                }
            }
        }
        let maxima = (0..<space.dimension).map { channel in
            places.map { $0.maxima.pointer[channel] }.max() ?? 0
        }
        return (maxima, failures.inOrder)
    }

    /// The grid that the images' maxima fix.
    /// - Throws: `PaDiMError` where no image could be read, with the reasons; `GaussianError`, `OutOfMemory`.
    public func grid(_ files: [String]) throws -> (grid: FixedPointGrid, failures: [ImageFailure]) {
        let (maxima, failures) = try maxima(files)
        guard failures.count < files.count else {
            let first = failures.first.map { "; the first: \($0)" } ?? ""
            throw PaDiMError("calibration", "none of \(files.count) images can be used\(first)")
        }
        return (try FixedPointGrid.fixing(maxima: maxima, taps: embedder.tapOfChannel), failures)
    }
}

private final class ThreadMaxima: @unchecked Sendable {
    let batch: EmbeddingBatch
    let maxima: AlignedBuffer<Float>

    init(_ layouts: [TapLayout], dimension: Int, group: Int) throws {
        batch = try EmbeddingBatch(layouts: layouts, capacity: group)
        maxima = try AlignedBuffer(zeros: dimension)
    }
}
