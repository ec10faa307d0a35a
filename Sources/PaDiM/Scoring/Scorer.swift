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
    /// From the beginning of the first call until now, or the end of the last call; between calls the threads wait.
    public var time: CrewTime { clock.time }

    private let layouts: [TapLayout]
    private let slots: BatchSlots
    private let meters: [PatchMeter]
    package let clock = CrewClock()
    private let maps: MapMaker

    /// - Throws: `PaDiMError` where the embedder's space is not the model's; `OutOfMemory`.
    public init(model: GaussianModel, embedder: Embedder, settings: ScoreSettings = ScoreSettings()) throws {
        let differences = model.space.differences(from: embedder.space)
        guard differences.isEmpty else {
            throw PaDiMError(model.path, "the model is of another space: \(differences.joined(separator: ", "))")
        }
        (self.model, self.embedder, self.settings) = (model, embedder, settings)
        layouts = try embedder.layouts(.floats)
        slots = BatchSlots(embedder.space, layouts, capacity: embedder.batchSize, withDistances: true)
        meters = try (0..<embedder.crew.threads).map { [layouts] _ in
            try PatchMeter(
                layouts, dimension: embedder.space.dimension, capacity: embedder.batchSize, embedder.kernels)
        }
        maps = try MapMaker(of: embedder, settings.blurBorder)
    }

    /// Decodes, embeds and scores images.
    /// - Parameter each: told once of every image, by its index: what was found, or why it was left out. It is called on
    ///   the crew's threads, several at a time, in no particular order; what it throws ends the whole.
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
        let cut = embedder.cut
        let (slots, meters, model) = (slots, meters, model)
        let measuring = Pipeline.Stage(
            count: { _ in cut.rowTasks },
            run: { _, slot, task, thread in
                try meters[thread].measure(
                    slots[slot].embeddings, rows: cut.rows(of: task), model, into: slots[slot].distances.pointer)
            })
        let finisher = Finisher(
            patches: model.space.patches, maps: maps, settings: settings, preprocessing: embedder.preprocessing)
        let finishing = Pipeline.Stage(
            count: { $0.range.count },
            run: { batch, slot, task, _ in
                let index = batch.range.lowerBound + task
                let location = batch.shard.images[index]
                try batch.shard.each(index, finisher.finish(slots[slot], task, index: index, location))
            },
            ending: { batch, _ in if batch.isLast { try batch.shard.end(ShardOutcome()) } })
        let pipeline = Pipeline(
            beginning: { try slots.begin($1, images: $0.range.count) },
            stages: [embedder.embedding(slots, layouts: layouts), measuring, finishing])
        try pipeline.run(cut.batches(of: shards), on: embedder.crew, clock: clock)
    }
}

/// The last step: one image's map and score.
private struct Finisher: Sendable {
    let patches: Int
    let maps: MapMaker
    let settings: ScoreSettings
    let preprocessing: Preprocessing

    func finish(
        _ slot: BatchSlot, _ image: Int, index: Int, _ location: ImageLocation
    ) throws -> Result<ScoredImage, UnusableImage> {
        func failed(_ reason: String) -> Result<ScoredImage, UnusableImage> {
            .failure(UnusableImage(index: index, location: location, reason: reason))
        }
        guard case .embedded(let embedded)? = slot.outcome(image) else {
            if case .failed(let reason)? = slot.outcome(image) { return failed(reason) }
            return failed("was not embedded")
        }
        let images = slot.embeddings.images
        let distances = (0..<patches).map {
            slot.distances.pointer[$0 * images + image]
        }
        let map = maps.map(distances)
        guard statistics_all_finite(map.values, map.values.count) else {
            return failed("its distances are beyond the range of numbers")
        }
        let maximum = map.maximum()
        func sized(_ map: FloatImage) throws -> FloatImage {
            try self.sized(map, width: embedded.width, height: embedded.height)
        }
        let window = preprocessing.window(width: embedded.width, height: embedded.height)
        return .success(
            ScoredImage(
                score: settings.imageScore.score(of: map), maxRow: maximum.row, maxColumn: maximum.column,
                imageRow: window.vertical.original(of: maximum.row),
                imageColumn: window.horizontal.original(of: maximum.column),
                map: try sized(map),
                centeredMap: settings.centersMaps ? try sized(map.lowered(by: Self.mean(distances))) : nil,
                originalWidth: embedded.width, originalHeight: embedded.height))
    }

    /// In double, patch by patch.
    private static func mean(_ distances: [Float]) -> Float {
        Float(distances.reduce(0.0) { $0 + Double($1) } / Double(max(distances.count, 1)))
    }

    private func sized(_ map: FloatImage, width: Int, height: Int) throws -> FloatImage {
        switch settings.mapSize {
        case .input: map
        case .original: try maps.original(map, preprocessing.window(width: width, height: height))
        }
    }
}
