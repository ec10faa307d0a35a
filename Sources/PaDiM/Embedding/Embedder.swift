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
    /// Images that fitting and scoring hold in memory at a time, twice.
    public let batchSize: Int

    let crew: ThreadCrew
    let preprocessing: Preprocessing
    private let reader: ImageReader
    let kernels: UncheckedKernels
    private let engine: Engine
    private let workspaces: [Workspace]
    private let channelsOfTap: [[Int]]

    /// - Parameters:
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
        let grid = GridShape(height: space.gridHeight, width: space.gridWidth)
        guard GridShape(of: space.patchGrid, engine.taps) == grid else {
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
                of: tap.0, on: space.patchGrid, gridHeight: space.gridHeight, gridWidth: space.gridWidth)
            return sum + 4 * shape.height * shape.width * tap.1.count
        }
        self.batchSize = batchSize ?? Self.batchSize(imageBytes: imageBytes, group: engine.groupSize)
        (self.space, self.instructionSet, self.crew, self.engine) = (space, instructionSet, crew, engine)
    }

    /// The grid that maps are enlarged from: that of the tap with the most pixels, or the patch grid where that is the finest one's.
    var mapGrid: GridShape {
        let patches = GridShape(height: space.gridHeight, width: space.gridWidth)
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
                gridHeight: space.gridHeight, gridWidth: space.gridWidth)
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
    }

    /// What became of an image.
    enum Outcome {
        case embedded(EmbeddedImage)
        case failed(reason: String)
    }

    /// Embeds a group of at most `groupSize` images as the images from `first` on of a batch. An image that cannot be had
    /// has zeros for its features.
    /// - Parameter digesting: whether the digests of images' contents are wanted.
    func embed(
        _ images: ArraySlice<ImageLocation>, into batch: EmbeddingBatch, first: Int, layouts: [TapLayout], thread: Int,
        digesting: Bool = false
    ) throws -> [Outcome] {
        var outcomes: [Outcome] = []
        var (inputs, places): ([InputPixels], [Int]) = ([], [])
        for (number, location) in images.enumerated() {
            do {
                let image = try preprocessing.read(location, by: reader, digesting: digesting)
                inputs.append(image.input)
                places.append(number)
                outcomes.append(
                    .embedded(EmbeddedImage(width: image.width, height: image.height, digest: image.digest)))
            } catch {
                outcomes.append(.failed(reason: (error as? ImageError)?.reason ?? "\(error)"))
            }
        }
        if !inputs.isEmpty { try engine.run(inputs, in: workspaces[thread]) }
        for (image, number) in places.enumerated() {
            let tally = gather(image, thread, into: batch, first + number, layouts)
            if tally.not_finite != 0 {
                outcomes[number] = .failed(reason: "its features are not finite numbers; are these the right weights?")
            } else if case .embedded(var image) = outcomes[number] {
                image.clamped = tally.clamped
                outcomes[number] = .embedded(image)
            }
        }
        for (number, outcome) in outcomes.enumerated() {
            if case .failed = outcome { batch.clear(first + number) }
        }
        return outcomes
    }

    private func gather(
        _ image: Int, _ thread: Int, into batch: EmbeddingBatch, _ slot: Int, _ layouts: [TapLayout]
    ) -> GatherTally {
        var total = GatherTally(clamped: 0, not_finite: 0)
        for (number, layout) in layouts.enumerated() {
            let tally = workspaces[thread].withTap(number, image: image) {
                layout.gather($0, into: batch.tap(layout, of: slot), kernels.pointer)
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
