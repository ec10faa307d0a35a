import Backbone
import CKernels
import Compute
import Gaussian
import Imaging
import Settings
import Storage

/// Inspects images with a model.
///
/// An image's score and map depend on the image, the model, the settings and the instruction set, and on nothing else: not
/// on the other images, the batch or the thread. To be used from one thread at a time.
public final class Scorer {
    public let model: GaussianModel
    public let embedder: Embedder
    public let settings: ScoreSettings
    /// Whether the digests of images' contents are wanted.
    let isDigesting: Bool
    /// From the beginning of the first call until now, or the end of the last call; between calls the threads wait.
    public var time: CrewTime { clock.time }

    let layouts: [TapLayout]
    private let plan: ViewPlan
    private let slots: BatchSlots
    private let meters: [PatchMeter]
    package let clock = CrewClock()
    let maps: MapMaker
    private let regions: ImageRegions

    /// - Parameters:
    ///   - embedder: gives the embeddings, of the model's feature space.
    ///   - model: what is normal.
    ///   - settings: how a map becomes a score.
    ///   - isDigesting: whether the digests of images' contents are wanted.
    /// - Throws: `PaDiMError` where the embedder's space is not the model's; `OutOfMemory`.
    public init(
        model: GaussianModel, embedder: Embedder, settings: ScoreSettings = ScoreSettings(), isDigesting: Bool = false
    ) throws {
        self.isDigesting = isDigesting
        let differences = model.space.differences(from: embedder.space)
        guard differences.isEmpty else {
            throw PaDiMError(model.path, "the model is of another space: \(differences.joined(separator: ", "))")
        }
        (self.model, self.embedder, self.settings) = (model, embedder, settings)
        layouts = try embedder.layouts(.floats)
        let plan = embedder.plan(settings.augmentation.map { .copy($0) } ?? .plain)
        self.plan = plan
        slots = BatchSlots(embedder.space, layouts, plan, withDistances: true)
        meters = try (0..<embedder.crew.threads).map { [layouts] _ in
            try PatchMeter(layouts, dimension: embedder.space.dimension, capacity: plan.capacity, embedder.kernels)
        }
        maps = try MapMaker(of: embedder, settings.blurBorder)
        regions = try ImageRegions(model.settings.region, of: embedder, maps)
    }

    /// Decodes, embeds and scores images.
    /// - Parameters:
    ///   - images: in the order of their indices.
    ///   - each: told once of every image, by its index: what was found, or why it was left out. It is called on the crew's
    ///     threads, several at a time, in no particular order; what it throws ends the whole.
    /// - Throws: what `each` throws; `OutOfMemory`.
    public func score(
        _ images: [ImageLocation], each: @escaping @Sendable (Int, Result<ScoredImage, UnusableImage>) throws -> Void
    ) throws {
        try score(WorkSource([ScoringShard(images: images, each: each)]))
    }

    /// Scores shards of images as they come, the next one beginning while the last is under way, until there are none.
    /// - Throws: what a shard's closures throw; `OutOfMemory`.
    public func score(_ shards: WorkSource<ScoringShard>) throws {
        typealias Pipeline = BatchPipeline<ImageBatch<ScoringShard>>
        guard !embedder.hasTilesOfAnyNumber else { return try scoreTiles(shards) }
        let cut = plan.cut
        let (slots, meters, model) = (slots, meters, model)
        let measuring = Pipeline.Stage(
            count: { _ in cut.rowTasks },
            run: { _, slot, task, thread in
                try meters[thread].measure(
                    slots[slot].embeddings, rows: cut.rows(of: task), model, into: slots[slot].distances.pointer)
            })
        let finisher = ImageFinisher(
            patches: model.space.patches, tiles: embedder.tiles, maps: maps, settings: settings,
            preprocessing: embedder.preprocessing, regions: regions)
        let finishing = Pipeline.Stage(
            count: { $0.range.count },
            run: { batch, slot, task, _ in
                let index = batch.range.lowerBound + task
                let location = batch.shard.images[index]
                try batch.shard.each(
                    index,
                    finisher.finish(
                        slots[slot], task, index: index, location,
                        own: batch.shard.regions.isEmpty ? nil : batch.shard.regions[index]))
            },
            ending: { batch, _ in if batch.isLast { try batch.shard.end(ShardOutcome()) } })
        let pipeline = Pipeline(
            beginning: { try slots.begin($1, images: $0.range.count) },
            stages: [embedder.embedding(slots, plan, layouts: layouts, digesting: isDigesting), measuring, finishing])
        try pipeline.run(cut.batches(of: shards), on: embedder.crew, clock: clock)
    }
}
