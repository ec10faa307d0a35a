import Gaussian
import Imaging
import Settings
import Storage
import Tensors

/// Scores images of a model by models without them, which is how the model scores normal images that it has not seen.
///
/// The features are the fixed-point numbers that are in the sums; residuals and distances are in double. What an image gives depends on
/// the image, its lot, the model, the rules and the instruction set, and on nothing else. To be used from one thread at a time.
public final class Calibrator {
    public let model: GaussianModel
    package let clock = CrewClock()
    let embedder: Embedder
    private let rules: [ImageScore]
    let layouts: [TapLayout]
    private let plan: ViewPlan
    private let slots: BatchSlots
    private let results: CalibrationSlots
    private let meters: [HeldOutMeter]
    /// Those of the model without the lot that all images are of; empty without such a model.
    private let lotMeters: [LotModelMeter]
    let withoutLot: GaussianModel?
    let finisher: HeldOutFinisher

    /// - Parameters:
    ///   - model: the model of all images.
    ///   - rules: how a map becomes a score; each image gets one of each.
    ///   - blurBorder: how maps are blurred at their borders.
    ///   - embedder: its batch must hold the largest shard.
    ///   - leavesLotsOut: whether shards are, or may be, parts of lots.
    ///   - withoutLot: the model of all images but those of the lot that all images to score are of. They are scored by it as well.
    ///   - keepsMaps: whether an image's map is given out beside its scores.
    /// - Throws: `PaDiMError` where the embedder's space is not the model's, or the model has fewer than three images; `OutOfMemory`.
    public init(
        model: GaussianModel, embedder: Embedder, rules: [ImageScore], blurBorder: BlurBorder, leavesLotsOut: Bool,
        keepsMaps: Bool = false, withoutLot: GaussianModel? = nil
    ) throws {
        for model in [model, withoutLot].compactMap({ $0 }) {
            let differences = model.space.differences(from: embedder.space)
            guard differences.isEmpty else {
                throw PaDiMError(model.path, "the model is of another space: \(differences.joined(separator: ", "))")
            }
        }
        guard model.count >= 3, withoutLot?.samples ?? 3 >= 3 else {
            throw PaDiMError(
                model.path, "is of \(model.count) images: to leave one out, a model needs three (--calibrate none)")
        }
        (self.model, self.embedder, self.rules, self.withoutLot) = (model, embedder, rules, withoutLot)
        layouts = try embedder.layouts(.floats)
        let space = embedder.space
        let plan = embedder.plan(.samplesAndPlain)
        self.plan = plan
        slots = BatchSlots(space, layouts, plan)
        results = CalibrationSlots(patches: space.patches, capacity: plan.imagesPerBatch)
        guard !leavesLotsOut || plan.samplesPerImage == 1 && !embedder.hasTilesOfAnyNumber else {
            throw PaDiMError(
                "lots", "of images with several samples are left out of the model by sums of their own only")
        }
        meters = try (0..<embedder.crew.threads).map { [layouts] _ in
            try HeldOutMeter(
                layouts, model, capacity: plan.capacity, leavesLotsOut: leavesLotsOut,
                instructionSet: embedder.instructionSet)
        }
        lotMeters =
            try withoutLot.map { [layouts] withoutLot in
                try (0..<embedder.crew.threads).map { _ in
                    try LotModelMeter(
                        layouts, withoutLot, capacity: plan.capacity, instructionSet: embedder.instructionSet)
                }
            } ?? []
        let maps = try MapMaker(of: embedder, blurBorder)
        finisher = HeldOutFinisher(
            patches: space.patches, tiles: embedder.tiles, preprocessing: embedder.preprocessing, maps: maps,
            rules: rules, keepsMaps: keepsMaps, hasLotModel: withoutLot != nil,
            regions: try ImageRegions(model.settings.region, of: embedder, maps))
    }

    /// Scores shards of images as they come, the next one beginning while the last is under way, until there are none.
    /// - Throws: what a shard's closures throw; `PaDiMError` for a shard that is too large; `OutOfMemory`.
    public func score(_ shards: WorkSource<CalibrationShard>) throws {
        typealias Pipeline = BatchPipeline<ImageBatch<CalibrationShard>>
        guard !embedder.hasTilesOfAnyNumber else { return try scoreTiles(shards) }
        let (plan, cut) = (plan, plan.cut)
        let (slots, results, meters, finisher) = (slots, results, meters, finisher)
        let lotMeters = lotMeters
        let measuring = Pipeline.Stage(
            count: { _ in cut.rowTasks },
            run: { batch, slot, task, thread in
                guard slots[slot].isWhole(batch.shard) else { return }
                let usable = batch.shard.scored.filter { slots[slot].fault($0, of: batch.shard) == nil }
                try meters[thread].measure(
                    slots[slot].embeddings, rows: cut.rows(of: task), samplesPerImage: plan.samplesPerImage,
                    scored: usable,
                    leavingOut: batch.shard.leavesLotOut ? .imageAndLot : .image,
                    outside: batch.shard.outside, into: results[slot])
                if !lotMeters.isEmpty {
                    try lotMeters[thread].measure(
                        slots[slot].embeddings, rows: cut.rows(of: task), samplesPerImage: plan.samplesPerImage,
                        into: results[slot])
                }
            })
        let finishing = Pipeline.Stage(
            count: { max($0.shard.scored.count, 1) },
            run: { batch, slot, task, _ in
                guard task < batch.shard.scored.count else { return }
                let image = batch.shard.scored[task]
                try batch.shard.each(image, finisher.finish(image, batch.shard, slots[slot], results[slot]))
            },
            ending: { batch, slot in
                try batch.shard.finished(
                    CalibrationShard.Whole(
                        sums: Array(results[slot].sums.elements),
                        lotMean: batch.shard.leavesLotOut ? Array(results[slot].lotMean.elements) : nil))
            })
        let pipeline = Pipeline(
            beginning: { batch, slot in
                guard batch.range.count == batch.shard.images.count else {
                    throw PaDiMError("shard", "of \(batch.shard.images.count) images does not fit a batch")
                }
                try slots.begin(slot, images: batch.range.count)
                try results.begin(slot)
            },
            stages: [embedder.embedding(slots, plan, layouts: layouts, digesting: true), measuring, finishing])
        try pipeline.run(cut.batches(of: shards), on: embedder.crew, clock: clock)
    }
}

extension BatchSlot {
    /// What keeps an image of the shard from being what it was when it was folded; nil where nothing does.
    func fault(_ image: Int, of shard: CalibrationShard) -> String? {
        switch outcome(image) {
        case .embedded(let found)?:
            found.digest == shard.digests[image] ? nil : "its content is another than when the model was fitted"
        case .failed(let reason)?: reason
        case nil: "was not embedded"
        }
    }

    /// Whether the shard can be computed: a lot with all of its images only.
    func isWhole(_ shard: CalibrationShard) -> Bool {
        !shard.leavesLotOut || shard.images.indices.allSatisfy { fault($0, of: shard) == nil }
    }
}
