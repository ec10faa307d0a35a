import Settings
import Storage

/// What the numbers of an embedding are about: which network, which of its channels, at which places of which picture.
/// Statistics of one space add; a model scores images in its own space.
public struct FeatureSpace: Codable, Equatable, Sendable {
    /// The network's name, as `resnet18`.
    public let backbone: String
    /// The SHA-256 of the file of weights.
    public let weights: Digest
    /// The taps, in order.
    public let layers: [String]
    /// The channels kept, of all taps' channels one after the other; ascending.
    public let channels: [Int]
    /// How an image becomes the network's input.
    public let input: InputSettings
    /// Which tap gives the grid of patches.
    public let patchGrid: PatchGrid
    /// The grid of patches.
    public let gridHeight: Int
    public let gridWidth: Int
    /// The fixed-point numbers that features are rounded to.
    public let grid: FixedPointGrid

    /// Positions with a Gaussian of their own, row by row.
    public var patches: Int { gridHeight * gridWidth }
    /// Numbers in an embedding.
    public var dimension: Int { channels.count }

    /// - Throws: `GaussianError` where the values are no space: see `limits`.
    public init(
        backbone: String, weights: Digest, layers: [String], channels: [Int], input: InputSettings,
        patchGrid: PatchGrid = .finest, gridHeight: Int, gridWidth: Int, grid: FixedPointGrid
    ) throws {
        self.patchGrid = patchGrid
        (self.backbone, self.weights, self.layers, self.channels) = (backbone, weights, layers, channels)
        (self.input, self.gridHeight, self.gridWidth, self.grid) = (input, gridHeight, gridWidth, grid)
        try validate()
    }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        let layers = FixedPointGrid.Layers(
            exponents: try values.decode([Int].self, forKey: .exponents),
            channels: try values.decode([Int].self, forKey: .layerChannels))
        try self.init(
            values, InputSettings(from: decoder),
            grid: FixedPointGrid(layers: layers, kept: values.decode([Int].self, forKey: .channels)))
    }

    /// A space as files of the first format version have it, with their grid beside.
    init(from decoder: any Decoder, grid: FirstVersionGrid) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        try self.init(values, InputSettings(from: decoder), grid: FixedPointGrid(channelExponents: grid.exponents))
    }

    private init(
        _ values: KeyedDecodingContainer<CodingKeys>, _ input: InputSettings,
        grid: @autoclosure () throws -> FixedPointGrid
    ) throws {
        let channels = try values.decode([Int].self, forKey: .channels)
        try Self.check(channels)
        try self.init(
            backbone: values.decode(String.self, forKey: .backbone),
            weights: values.decode(Digest.self, forKey: .weights),
            layers: values.decode([String].self, forKey: .layers),
            channels: channels,
            input: input,
            patchGrid: values.decodeIfPresent(PatchGrid.self, forKey: .patchGrid) ?? .finest,
            gridHeight: values.decode(Int.self, forKey: .gridHeight),
            gridWidth: values.decode(Int.self, forKey: .gridWidth),
            grid: grid())
    }

    /// The input's settings stand among the other fields.
    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(backbone, forKey: .backbone)
        try values.encode(weights, forKey: .weights)
        try values.encode(layers, forKey: .layers)
        try values.encode(channels, forKey: .channels)
        try input.encode(to: encoder)
        // Left out where it is the usual one, so that files of such spaces stay as they always were, byte for byte.
        if patchGrid != .finest { try values.encode(patchGrid, forKey: .patchGrid) }
        try values.encode(gridHeight, forKey: .gridHeight)
        try values.encode(gridWidth, forKey: .gridWidth)
        try values.encodeIfPresent(grid.layers?.exponents, forKey: .exponents)
        try values.encodeIfPresent(grid.layers?.channels, forKey: .layerChannels)
    }

    /// The names of all fields that a space may have in a file or message.
    package static var fieldNames: [String] { CodingKeys.allCases.map(\.rawValue) + InputSettings.fieldNames }

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case backbone, weights, layers, channels, patchGrid, gridHeight, gridWidth, exponents, layerChannels
    }

    /// The largest side of a grid, and the most channels: bounds that no real network passes, so that sizes computed from
    /// them do not overflow.
    public static let maximumGridSide = 1 << 10
    public static let maximumDimension = 1 << 13
    public static let maximumChannel = 1 << 20

    private static func require(_ holds: Bool, _ reason: String) throws {
        if !holds { throw GaussianError("feature space", reason) }
    }

    private static func check(_ channels: [Int]) throws {
        try require(
            !channels.isEmpty && channels.count <= maximumDimension,
            "\(channels.count) channels are kept; it must be 1 to \(maximumDimension)")
        try require(zip(channels, channels.dropFirst()).allSatisfy(<), "the channels kept are not ascending")
        try require(
            channels[0] >= 0 && channels[channels.count - 1] < maximumChannel,
            "a channel kept is not in 0..<\(maximumChannel)")
    }

    private func validate() throws {
        let require = Self.require
        try require(!backbone.isEmpty && backbone.utf8.count <= 200, "the backbone has no sensible name")
        try require(
            !layers.isEmpty && layers.count <= 64 && layers.allSatisfy { !$0.isEmpty && $0.utf8.count <= 200 },
            "there must be 1 to 64 layers, with names")
        try Self.check(channels)
        try require(
            grid.exponents.count == channels.count && grid.layers?.channels.count ?? layers.count == layers.count,
            "its fixed-point grid is of other layers or channels")
        if let fault = input.fault { throw GaussianError("feature space", fault) }
        try require(
            [gridHeight, gridWidth].allSatisfy { (1...Self.maximumGridSide).contains($0) },
            "a grid of \(gridHeight) x \(gridWidth) patches is not within \(Self.maximumGridSide) a side")
    }

    /// In words, what another space has otherwise; empty for equal ones.
    public func differences(from other: FeatureSpace) -> [String] {
        var found: [String] = []
        func compare<Value: Equatable>(_ name: String, _ value: (FeatureSpace) -> Value, _ text: (Value) -> String) {
            let (here, there) = (value(self), value(other))
            if here != there { found.append("\(name) (\(text(here)) and \(text(there)))") }
        }
        compare("backbone", \.backbone) { $0 }
        compare("weights", \.weights) { String($0.hex.prefix(12)) }
        compare("layers", \.layers) { $0.joined(separator: ",") }
        compare("input size", { [$0.input.height, $0.input.width] }, { "\($0[0])x\($0[1])" })
        compare("resize", \.input.resize) { $0.map(String.init) ?? "none" }
        compare("crop", \.input.crop) { $0.map(String.init) ?? "none" }
        compare("JPEG decoding", \.input.scaledJPEG) { $0 ? "scaled" : "full" }
        compare("white level", \.input.whiteLevel) { String($0) }
        compare("orientation", \.input.orientation) { $0.rawValue }
        compare("resize precision", \.input.resizePrecision) { $0.rawValue }
        compare("mean and deviation", \.input.normalization) {
            $0.map { "\($0.mean) and \($0.deviation)" } ?? "the backbone's"
        }
        compare("fit", \.input.fit) { $0.rawValue }
        compare("augmentation", \.input.augmentation) {
            $0.map {
                "\($0.copies) copies, \($0.rotation) degrees, \($0.cropsRandomly ? "random" : "central") crop, seed \($0.seed)"
            }
                ?? "none"
        }
        compare("tiles", \.input.tiling) {
            $0.map {
                "\($0.side) pixels, overlap \($0.overlap)"
                    + ($0.imageSize.map { ", each with its own Gaussians in images of \($0.width)x\($0.height)" } ?? "")
            } ?? "none"
        }
        compare("patch grid of the layers", \.patchGrid) { $0.rawValue }
        compare("patch grid", { [$0.gridHeight, $0.gridWidth] }, { "\($0[0])x\($0[1])" })
        // Exponents follow from those of the layers, and from the channels kept, which are named below.
        if grid.layers != other.grid.layers || grid.layers == nil && grid != other.grid && channels == other.channels {
            found.append(grid.difference(from: other.grid))
        }
        if channels.count != other.channels.count {
            compare("number of channels kept", \.dimension) { String($0) }
        } else if channels != other.channels {
            found.append("the choice of the \(channels.count) channels kept")
        }
        return found
    }
}

extension FeatureSpace {
    /// The same space with some of its channels: that of a fit which kept only these.
    /// - Parameter kept: of `channels`, ascending.
    /// - Throws: `GaussianError` where they are not ascending, or one is not among the space's.
    package func keeping(_ kept: [Int]) throws -> FeatureSpace {
        try Self.check(kept)
        let places = try places(of: kept)
        let keptGrid =
            try grid.layers.map { try FixedPointGrid(layers: $0, kept: kept) }
            ?? FixedPointGrid(channelExponents: places.map { grid.exponents[$0] })
        return try FeatureSpace(
            backbone: backbone, weights: weights, layers: layers, channels: kept, input: input, patchGrid: patchGrid,
            gridHeight: gridHeight, gridWidth: gridWidth, grid: keptGrid)
    }

    /// Where in an embedding some of the channels are.
    /// - Throws: `GaussianError` where one is not among the space's.
    func places(of kept: [Int]) throws -> [Int] {
        let places = Dictionary(uniqueKeysWithValues: zip(channels, channels.indices))
        return try kept.map { channel in
            guard let place = places[channel] else {
                throw GaussianError(
                    "channel \(channel)",
                    "is not among the \(channels.count) channels of the sums; only a fit of the images can add it")
            }
            return place
        }
    }
}
