import Backbone
import CKernels
import Compute
import Gaussian
import ImageAccess
import Imaging
import Storage
import Tensors

/// From image files to embeddings in a feature space: reads, prepares, runs the network and gathers the kept channels.
///
/// An image's embedding depends on the image, the space and the instruction set, and on nothing else.
public final class Embedder: Sendable {
    public let space: FeatureSpace
    public let instructionSet: InstructionSet
    /// Samples that fitting and scoring hold in memory at a time, twice: images, but where an image gives several.
    public let batchSize: Int
    /// Whether the batch size was given, and counts images.
    private let hasGivenBatchSize: Bool
    /// How tiles with Gaussians of their own make the grid of patches; of other spaces one.
    let tiles: TileGrid

    let crew: ThreadCrew
    let preprocessing: Preprocessing
    package let reader: ImageReader
    let kernels: UncheckedKernels
    private let engine: Engine
    private let workspaces: [Workspace]
    private let channelsOfTap: [[Int]]

    /// - Parameters:
    ///   - space: what the numbers of an embedding mean.
    ///   - instructionSet: it decides the last bits of features.
    ///   - weights: those whose file has the digest `space.weights`; the caller sees to it.
    ///   - crew: its threads do all the work; there is one workspace for each.
    /// - Throws: `BackboneError`, `PaDiMError`, `GaussianError`, `OutOfMemory`.
    public convenience init(
        space: FeatureSpace, weights: BackboneWeights, instructionSet: InstructionSet = .best, crew: ThreadCrew
    ) throws {
        try self.init(space: space, weights: weights, instructionSet: instructionSet, crew: crew, batchSize: nil)
    }

    package init(
        space: FeatureSpace, weights: BackboneWeights, instructionSet: InstructionSet, crew: ThreadCrew,
        batchSize: Int?,
        reader: ImageReader = .standard
    ) throws {
        self.reader = reader
        preprocessing = try Preprocessing(space.input)
        let engine = try Engine(
            backbone: Backbone.named(space.backbone), weights: weights, layers: space.layers,
            inputHeight: space.input.height, inputWidth: space.input.width,
            normalization: space.input.normalization, instructionSet: instructionSet)
        guard !engine.isQuantized || space.input.resizePrecision == .byte else {
            throw PaDiMError("resize precision float", "a quantised backbone takes pixels of 8 bits: byte")
        }
        tiles = TileGrid(space)
        let grid = tiles.tile
        guard GridShape(of: space.patchGrid, engine.taps) == grid, grid.height * tiles.rows == space.gridHeight,
            grid.width * tiles.columns == space.gridWidth
        else {
            throw PaDiMError(
                "patch grid \(space.gridHeight)x\(space.gridWidth)",
                "\(space.backbone) has another for an input of \(space.input.height)x\(space.input.width)")
        }
        if let layers = space.grid.layers, layers.channels != engine.taps.map(\.channels) {
            throw PaDiMError(
                "layers of \(layers.channels) channels", "\(space.backbone)'s have \(engine.taps.map(\.channels))")
        }
        channelsOfTap = try Self.share(space.channels, among: engine.taps)
        workspaces = try (0..<crew.threads).map { _ in try engine.makeWorkspace() }
        kernels = UncheckedKernels(pointer: try instructionSet.statisticsKernels())
        let imageBytes = zip(engine.taps, channelsOfTap).reduce(0) { sum, tap in
            let shape = GridShape(
                of: tap.0, on: space.patchGrid, gridHeight: grid.height, gridWidth: grid.width)
            return sum + 4 * shape.height * shape.width * tap.1.count
        }
        sampleBytes = imageBytes * tiles.count
        self.batchSize = batchSize ?? Self.batchSize(imageBytes: sampleBytes, group: engine.groupSize)
        hasGivenBatchSize = batchSize != nil
        (self.space, self.instructionSet, self.crew, self.engine) = (space, instructionSet, crew, engine)
    }

    /// Of a sample in a batch.
    let sampleBytes: Int

    /// Whether images are cut into tiles that share one set of Gaussians: how many these are depends on an image's size.
    var hasTilesOfAnyNumber: Bool { space.input.tiling.map { $0.imageSize == nil } ?? false }

    /// The grid that the map of one input is enlarged from: that of the tap with the most pixels, or the patch grid where that is the finest
    /// one's.
    var mapGrid: GridShape {
        let patches = tiles.tile
        guard space.patchGrid == .coarsest else { return patches }
        return GridShape(
            height: engine.taps.map(\.height).max() ?? patches.height,
            width: engine.taps.map(\.width).max() ?? patches.width)
    }

    /// Images of one call of `embed`.
    var groupSize: Int { engine.groupSize }

    /// The kept channels of each tap, counted from its first.
    private static func share(_ channels: [Int], among taps: [Engine.Tap]) throws -> [[Int]] {
        var first = 0
        let shares = taps.map { tap in
            defer { first += tap.channels }
            return channels.filter { (first..<first + tap.channels).contains($0) }.map { $0 - first }
        }
        guard shares.reduce(0, { $0 + $1.count }) == channels.count else {
            throw PaDiMError("channel \(channels.last ?? 0)", "the layers have only \(first) channels")
        }
        return shares
    }

    /// Enough images to earn a pass over the statistics, few enough that a batch stays under half a gigabyte.
    private static func batchSize(imageBytes: Int, group: Int) -> Int {
        max(min(64, (1 << 29) / max(imageBytes, 1)) / group * group, group)
    }

    /// How a batch has features: as the whole numbers of the space's grid, or as floats of the same values.
    enum FeatureNumbers { case whole, floats }

    /// How the taps lie in batches and go into embeddings.
    func layouts(_ numbers: FeatureNumbers) throws -> [TapLayout] {
        let (scales, steps) = (space.grid.scales, numbers == .whole ? [] : space.grid.steps)
        var (place, offset) = (0, 0)
        return try zip(engine.taps, channelsOfTap).map { tap, channels in
            let places = place..<place + channels.count
            let layout = try TapLayout(
                tap, channels: channels, scales: Array(scales[places]),
                steps: steps.isEmpty ? [] : Array(steps[places]), place: place, offset: offset, space.patchGrid,
                gridHeight: tiles.tile.height, gridWidth: tiles.tile.width)
            place += channels.count
            offset += layout.elements
            return layout
        }
    }

    /// What is known of an image whose features are in a batch.
    struct EmbeddedImage {
        /// Features that were set to the limit of the fixed-point grid.
        var clamped: Int64 = 0
        /// The size of the image as it was read.
        let width: Int
        let height: Int
        /// Nil where it was not asked for.
        let digest: ContentDigest?
        /// Of its features, where it is known when the image is done.
        var fingerprint: Fingerprint?
    }

    /// What became of an image.
    enum Outcome {
        case embedded(EmbeddedImage)
        case failed(reason: String)
    }

    /// How images go through a pipeline as the views that each of them gives.
    /// - Precondition: how many these are does not depend on an image's size.
    func plan(_ views: ImageViews) -> ViewPlan {
        let count = views.count(space.input) ?? 1
        let samples = tiles.count > 1 ? 1 : count
        return ViewPlan(
            views: views, viewsPerImage: count, samplesPerImage: samples,
            imagesPerBatch: hasGivenBatchSize ? batchSize : max(batchSize / samples, 1),
            cut: BatchCut(
                batchSize: hasGivenBatchSize ? batchSize : max(batchSize / samples, 1),
                groupSize: max(groupSize / count, 1), gridRows: space.gridHeight))
    }

    /// Embeds a group of images as the images from `first` on of a batch. An image that cannot be had has zeros for its features.
    /// - Parameter digesting: whether the digests of images' contents are wanted.
    func embed(
        _ images: ArraySlice<ImageLocation>, _ plan: ViewPlan, into batch: EmbeddingBatch, first: Int,
        layouts: [TapLayout], thread: Int, digesting: Bool = false
    ) throws -> [Outcome] {
        var outcomes: [Outcome] = []
        var (inputs, places): ([InputPixels], [(image: Int, view: Int)]) = ([], [])
        func run() throws {
            guard !inputs.isEmpty else { return }
            try engine.run(inputs, in: workspaces[thread])
            for (number, place) in places.enumerated() {
                guard case .embedded(var image) = outcomes[place.image] else { continue }
                let slot = plan.slot(image: first + place.image, view: place.view)
                let tally = gather(number, thread, into: batch, slot.sample, tile: slot.tile, layouts)
                image.clamped += tally.clamped
                outcomes[place.image] = tally.not_finite == 0 ? .embedded(image) : .failed(reason: Self.notFinite)
            }
            (inputs, places) = ([], [])
        }
        let needsDigest = digesting || plan.views.augmentation(space.input) != nil
        for (number, location) in images.enumerated() {
            let sequence: ViewSequence
            do {
                let image = try preprocessing.read(location, by: reader, digesting: needsDigest)
                sequence = ViewSequence(image, plan.views, preprocessing)
                outcomes.append(
                    .embedded(EmbeddedImage(width: image.width, height: image.height, digest: image.digest)))
            } catch {
                outcomes.append(.failed(reason: (error as? ImageError)?.reason ?? "\(error)"))
                continue
            }
            for view in 0..<sequence.count {
                do {
                    inputs.append(try sequence.input(view))
                } catch {
                    // What went before of its views is cleared below.
                    outcomes[number] = .failed(reason: (error as? ImageError)?.reason ?? "\(error)")
                    break
                }
                places.append((number, view))
                if inputs.count == groupSize { try run() }
            }
            sequence.loaded.image.discard()
        }
        try run()
        for (number, outcome) in outcomes.enumerated() {
            guard case .failed = outcome else { continue }
            for sample in plan.samples(ofImage: first + number) { batch.clear(sample) }
        }
        return outcomes
    }

    static let notFinite = "its features are not finite numbers; are these the right weights?"

    /// Embeds some views of an image, at most `groupSize`, as the samples from `first` on of a batch.
    /// - Returns: how many numbers were set to the limit; nil where some are not finite.
    /// - Throws: `ImageError`.
    func embed(
        _ sequence: ViewSequence, _ views: Range<Int>, into batch: EmbeddingBatch, first: Int, layouts: [TapLayout],
        thread: Int
    ) throws -> Int64? {
        try engine.run(views.map { try sequence.input($0) }, in: workspaces[thread])
        var clamped: Int64 = 0
        for number in 0..<views.count {
            let tally = gather(number, thread, into: batch, first + number, tile: 0, layouts)
            guard tally.not_finite == 0 else { return nil }
            clamped += tally.clamped
        }
        return clamped
    }

    private func gather(
        _ image: Int, _ thread: Int, into batch: EmbeddingBatch, _ sample: Int, tile: Int, _ layouts: [TapLayout]
    ) -> GatherTally {
        var total = GatherTally(clamped: 0, not_finite: 0)
        for (number, layout) in layouts.enumerated() {
            let tally = workspaces[thread].withTap(number, image: image) {
                layout.gather($0, into: batch.tap(layout, of: sample, tile: tile), kernels.pointer)
            }
            total.clamped += tally.clamped
            total.not_finite |= tally.not_finite
        }
        return total
    }
}

/// A table of functions that never changes.
struct UncheckedKernels: @unchecked Sendable {
    let pointer: UnsafePointer<StatisticsKernels>
}
