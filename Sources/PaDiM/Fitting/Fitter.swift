import Backbone
import Compute
import Gaussian
import Storage
import Tensors

/// Folds images into exact sums.
///
/// The sums depend on which images were folded in, and on nothing else: not on their order, on how they were split over
/// calls, or on the number of threads. Memory does not grow with the number of images. To be used from one thread at a time.
public final class Fitter {
    /// The sums. Not to be read while `fold` runs; not to be used after it threw.
    public let statistics: Statistics
    public let embedder: Embedder
    /// From the beginning of the first call until now, or the end of the last call; between calls the threads wait.
    public var time: CrewTime { clock.time }

    let layouts: [TapLayout]
    private let plan: ViewPlan
    private let slots: BatchSlots
    private let workspaces: [PatchRows]
    package let clock = CrewClock()
    /// What shards' fingerprints are made with; nil where none are wanted.
    let weights: FingerprintWeights?
    /// Whether images are put into the sums; else nothing is made of them but fingerprints.
    let isFolding: Bool

    /// - Throws: `GaussianError`, `OutOfMemory`.
    public convenience init(embedder: Embedder) throws {
        try self.init(embedder: embedder, fingerprintSeed: nil, isFolding: true)
    }

    /// - Parameters:
    ///   - fingerprintSeed: from which the weights of shards' fingerprints follow; nil: none are wanted.
    ///   - isFolding: whether images are put into the sums; else these stay empty, and take no memory.
    package init(embedder: Embedder, fingerprintSeed: Int64?, isFolding: Bool) throws {
        (self.embedder, self.isFolding) = (embedder, isFolding)
        weights = try fingerprintSeed.map {
            try FingerprintWeights(
                seed: $0, patches: embedder.space.patches, dimension: embedder.space.dimension)
        }
        layouts = try embedder.layouts(.whole)
        statistics = try Statistics(
            patches: embedder.space.patches, dimension: embedder.space.dimension,
            instructionSet: embedder.instructionSet)
        let plan = embedder.plan(.samples)
        self.plan = plan
        slots = BatchSlots(embedder.space, layouts, plan)
        workspaces = try (0..<embedder.crew.threads).map { [layouts] _ in
            try PatchRows(layouts, dimension: embedder.space.dimension, capacity: plan.capacity)
        }
    }

    /// Decodes, embeds and folds images.
    /// - Returns: the images that could not be read or embedded, in order; they are not in the sums.
    /// - Throws: `GaussianError` where the sums are full; `OutOfMemory`. What the sums hold then is undefined.
    public func fold(_ images: [ImageLocation]) throws -> [UnusableImage] { try outcome(ofFolding: images).failures }

    /// The same, with the contents of the images that are in the sums.
    public func outcome(ofFolding images: [ImageLocation]) throws -> ShardOutcome {
        let outcome = Locked(ShardOutcome())
        try fold(WorkSource([FittingShard(images: images) { folded in outcome.withLock { $0 = folded } }]))
        return outcome.withLock { $0 }
    }

    /// Folds shards of images as they come, the next one beginning while the last is under way, until there are none.
    /// - Throws: what a shard's `finished` throws, and as above.
    public func fold(_ shards: WorkSource<FittingShard>) throws {
        guard !embedder.hasTilesOfAnyNumber else { return try foldTiles(shards) }
        let (plan, cut) = (plan, plan.cut)
        let (statistics, slots, workspaces, width) = (statistics, slots, workspaces, embedder.space.gridWidth)
        let (weights, isFolding) = (weights, isFolding)
        typealias Pipeline = BatchPipeline<ImageBatch<FittingShard>>
        let folding = Pipeline.Stage(
            count: { _ in cut.rowTasks },
            run: { shard, slot, task, thread in
                let batch = slots[slot].embeddings
                let workspace = workspaces[thread]
                var fingerprint = Fingerprint.zero
                for row in cut.rows(of: task) {
                    try workspace.forEach(gridRow: row, of: batch) { stretch in
                        let columns = stretch.columns
                        let patches = row * width + columns.lowerBound..<row * width + columns.upperBound
                        if isFolding {
                            try statistics.fold(
                                stretch.rows, images: batch.images, patches: patches, changed: stretch.changed,
                                scratch: workspace.scratch)
                        }
                        if let weights {
                            fingerprint =
                                try fingerprint
                                + weights.fingerprint(of: stretch.rows, samples: batch.images, patches: patches)
                        }
                    }
                }
                if weights != nil { shard.tally.add(fingerprint) }
            },
            ending: { batch, slot in
                let outcomes = slots[slot].allOutcomes
                batch.tally.add(outcomes, batch.shard.images, batch.range)
                let clamped = outcomes.compactMap(\.clamped)
                if isFolding {
                    statistics.didFold(
                        images: clamped.count, clamped: clamped.reduce(0, +),
                        samples: clamped.count * plan.samplesPerImage)
                }
                if batch.isLast { try batch.shard.end(batch.tally.outcome) }
            })
        let pipeline = Pipeline(
            beginning: { try slots.begin($1, images: $0.range.count) },
            stages: [embedder.embedding(slots, plan, layouts: layouts, digesting: true), folding])
        try pipeline.run(cut.batches(of: shards), on: embedder.crew, clock: clock)
    }
}

extension Embedder.Outcome {
    /// Nil for a failed image.
    var clamped: Int64? {
        if case .embedded(let image) = self { image.clamped } else { nil }
    }
}
