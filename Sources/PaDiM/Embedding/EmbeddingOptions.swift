import Backbone
import Gaussian
import Settings
import Storage

/// What a user says about embeddings; what is not said, the backbone's defaults say.
public struct EmbeddingOptions: Equatable, Sendable {
    public var backbone: String
    /// Whose layers and number of channels are the backbone's defaults. Of a recipe nothing else is followed here.
    public var recipe: Recipe
    /// The taps, one of which gives the grid of patches.
    public var layers: [String]?
    public var patchGrid: PatchGrid
    /// How many channels to keep, chosen by `seed`.
    public var features: FeatureCount?
    public var seed: UInt64
    /// The channels to keep; overrides `features` and `seed`.
    public var channels: [Int]?
    public var input: InputSettings
    /// Of the fixed-point grid: features count in steps of 2^-gridExponent, up to 2^19 of them to both sides.
    public var gridExponent: Int

    public init(
        backbone: String, recipe: Recipe = .paper, layers: [String]? = nil, patchGrid: PatchGrid = .finest,
        features: FeatureCount? = nil, seed: UInt64 = 0, channels: [Int]? = nil,
        input: InputSettings = InputSettings(), gridExponent: Int = FixedPointGrid.defaultExponent
    ) {
        (self.recipe, self.patchGrid) = (recipe, patchGrid)
        (self.backbone, self.layers, self.features, self.seed) = (backbone, layers, features, seed)
        (self.channels, self.input, self.gridExponent) = (channels, input, gridExponent)
    }

    /// The space that these options mean, with the network's own shapes.
    /// - Parameter weights: the digest of the file of weights.
    /// - Throws: `BackboneError`, `PaDiMError`, `GaussianError` where an option is wrong.
    public func space(weights: Digest) throws -> FeatureSpace {
        let backbone = try Backbone.named(backbone)
        let layers = layers ?? (recipe == .lean ? backbone.leanLayers : backbone.defaultLayers)
        let taps = try Engine.tapShapes(
            backbone: backbone, layers: layers, inputHeight: input.height, inputWidth: input.width)
        guard let grid = GridShape(of: patchGrid, taps) else {
            throw PaDiMError("layers", "there must be at least one")
        }
        let channels = try chosenChannels(
            of: taps.reduce(0) { $0 + $1.channels },
            usual: recipe == .lean ? backbone.leanFeatures : backbone.defaultFeatures)
        let fixedPoint = try FixedPointGrid(
            exponent: gridExponent, layerChannels: taps.map(\.channels), kept: channels)
        var input = input
        // The backbone's own values, when they are given, make no other space.
        if let given = input.normalization, PixelScaling(given) == backbone.scaling { input.normalization = nil }
        _ = try Preprocessing(input)
        let tiles = TileGrid.tiles(input)
        return try FeatureSpace(
            backbone: backbone.name, weights: weights, layers: layers, channels: channels, input: input,
            patchGrid: patchGrid, gridHeight: tiles.rows * grid.height, gridWidth: tiles.columns * grid.width,
            grid: fixedPoint)
    }

    /// - Parameter usual: nil: all.
    private func chosenChannels(of total: Int, usual: Int?) throws -> [Int] {
        guard let channels else {
            // The usual number is for the usual layers; others may have fewer.
            let count = features ?? usual.map { .count(min($0, total)) } ?? .all
            return try ChannelSelection.chosen(count, of: total, seed: seed)
        }
        let sorted = channels.sorted()
        guard let first = sorted.first, let last = sorted.last else {
            throw PaDiMError("channels", "the list is empty")
        }
        guard first >= 0, last < total else {
            throw PaDiMError(
                "channels", "\(first < 0 ? first : last) is not in 0..<\(total), the channels of the layers")
        }
        if let twice = zip(sorted, sorted.dropFirst()).first(where: ==) {
            throw PaDiMError("channels", "\(twice.0) comes twice")
        }
        return sorted
    }
}
