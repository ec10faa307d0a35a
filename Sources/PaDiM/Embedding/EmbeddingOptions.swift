import Backbone
import Gaussian
import Storage

/// What a user says about embeddings; what is not said, the backbone's defaults say.
public struct EmbeddingOptions: Codable, Equatable, Sendable {
    public var backbone: String
    /// The taps, the first of which gives the grid of patches.
    public var layers: [String]?
    /// How many channels to keep, chosen by `seed`.
    public var features: Int?
    public var seed: UInt64
    /// The channels to keep; overrides `features` and `seed`.
    public var channels: [Int]?
    public var inputHeight: Int
    public var inputWidth: Int
    /// Bring the shorter side to this many pixels, then cut the middle out. Needs `crop`.
    public var resize: Int?
    /// The side of the middle cut out, which then is the network's input.
    public var crop: Int?
    /// Decode large JPEGs at a fraction of their size.
    public var scaledJPEG: Bool
    /// The sample of 16 bits that is white.
    public var whiteLevel: Int
    /// Of the fixed-point grid: features count in steps of 2^-gridExponent, up to 2^19 of them to both sides.
    public var gridExponent: Int

    public init(
        backbone: String, layers: [String]? = nil, features: Int? = nil, seed: UInt64 = 0, channels: [Int]? = nil,
        inputHeight: Int = 224, inputWidth: Int = 224, resize: Int? = nil, crop: Int? = nil,
        scaledJPEG: Bool = false, whiteLevel: Int = FeatureSpace.fullWhite,
        gridExponent: Int = FixedPointGrid.defaultExponent
    ) {
        (self.backbone, self.layers, self.features, self.seed) = (backbone, layers, features, seed)
        (self.channels, self.resize, self.crop) = (channels, resize, crop)
        (self.inputHeight, self.inputWidth, self.scaledJPEG) = (inputHeight, inputWidth, scaledJPEG)
        (self.whiteLevel, self.gridExponent) = (whiteLevel, gridExponent)
    }

    /// The space that these options mean, with the network's own shapes.
    /// - Parameter weights: the digest of the file of weights.
    /// - Throws: `BackboneError`, `PaDiMError`, `GaussianError` where an option is wrong.
    public func space(weights: Digest) throws -> FeatureSpace {
        let backbone = try Backbone.named(backbone)
        let layers = layers ?? backbone.defaultLayers
        let taps = try Engine.tapShapes(
            backbone: backbone, layers: layers, inputHeight: inputHeight, inputWidth: inputWidth)
        guard let grid = taps.first else { throw PaDiMError("layers", "there must be at least one") }
        let total = taps.reduce(0) { $0 + $1.channels }
        let channels = try chosenChannels(of: total, usual: backbone.defaultFeatures)
        let fixedPoint = try FixedPointGrid(
            exponent: gridExponent, layerChannels: taps.map(\.channels), kept: channels)
        let space = try FeatureSpace(
            backbone: backbone.name, weights: weights, layers: layers, channels: channels, inputHeight: inputHeight,
            inputWidth: inputWidth, resize: resize, crop: crop, gridHeight: grid.height, gridWidth: grid.width,
            scaledJPEG: scaledJPEG, whiteLevel: whiteLevel, grid: fixedPoint)
        _ = try Preprocessing(space)
        return space
    }

    private func chosenChannels(of total: Int, usual: Int) throws -> [Int] {
        guard let channels else {
            // The usual number is for the usual layers; others may have fewer.
            return try ChannelSelection.random(keeping: features ?? min(usual, total), of: total, seed: seed)
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
