import Backbone
import Compute
import Gaussian
import Tensors

/// Folds images into exact sums.
///
/// The sums depend on which images were folded in, and on nothing else: not on their order, on how they were split over
/// calls, or on the number of threads. Memory does not grow with the number of images. To be used from one thread at a time.
public final class Fitter {
    /// The sums. Not to be read while `fold` runs; not to be used after it threw.
    public let statistics: Statistics
    public let grid: FixedPointGrid
    public let embedder: Embedder
    /// Of all calls so far.
    public private(set) var time = CrewTime()

    private let layouts: [TapLayout]
    private let slots: BatchSlots

    /// - Throws: `PaDiMError` where the grid is not of the embedder's channels; `GaussianError`, `OutOfMemory`.
    public init(embedder: Embedder, grid: FixedPointGrid) throws {
        (self.embedder, self.grid) = (embedder, grid)
        layouts = try embedder.layouts(grid)
        statistics = try Statistics(
            patches: embedder.space.patches, dimension: embedder.space.dimension,
            instructionSet: embedder.instructionSet)
        slots = BatchSlots(embedder.space, capacity: embedder.batchSize)
    }

    /// Decodes, embeds and folds images.
    /// - Returns: the images that could not be read or embedded, in order; they are not in the sums.
    /// - Throws: `GaussianError` where the sums are full; `OutOfMemory`. What the sums hold then is undefined.
    public func fold(_ files: [String]) throws -> [ImageFailure] {
        let shape = embedder.shape(files: files.count)
        let failures = Failures()
        let (statistics, slots) = (statistics, slots)
        let folding = BatchPipeline.Stage(
            count: { _ in shape.patchTasks },
            run: { _, slot, task, _ in
                let patches = shape.patches(of: task)
                let batch = slots[slot].embeddings
                try statistics.fold(
                    batch.fixedPoint(fromPatch: patches.lowerBound), images: batch.images, patches: patches)
            },
            ending: { batch, slot in
                let outcomes = slots[slot].allOutcomes
                failures.add(outcomes, files, shape.files(of: batch))
                let clamped = outcomes.compactMap(\.clamped)
                statistics.didFold(images: clamped.count, clamped: clamped.reduce(0, +))
            })
        let pipeline = BatchPipeline(
            beginning: { try slots.begin($1, images: shape.files(of: $0).count) },
            stages: [embedder.embedding(files, shape, slots, layouts: layouts, fixedPoint: true), folding])
        time += try pipeline.run(batches: shape.batches, on: embedder.crew)
        return failures.inOrder
    }
}

extension Embedder.Outcome {
    /// Nil for a failed image.
    var clamped: Int64? {
        if case .embedded(let clamped, _, _) = self { clamped } else { nil }
    }
}
