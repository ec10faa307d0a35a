import Storage

/// What the numbers of an embedding are about: which network, which of its channels, at which places of which picture.
/// Statistics of one space add; a model scores images in its own space.
public struct FeatureSpace: Codable, Equatable, Sendable {
    /// The network's name, as `resnet18`.
    public let backbone: String
    /// The SHA-256 of the file of weights.
    public let weights: Digest
    /// The taps, in order; the first gives the grid of patches.
    public let layers: [String]
    /// The channels kept, of all taps' channels one after the other; ascending.
    public let channels: [Int]
    /// The network's input, in pixels.
    public let inputHeight: Int
    public let inputWidth: Int
    /// The length that an image's shorter side is brought to before the crop, in pixels; nil: no such step.
    public let resize: Int?
    /// The side of the square cut from the image's middle, in pixels; nil: no crop.
    public let crop: Int?
    /// The grid of patches.
    public let gridHeight: Int
    public let gridWidth: Int
    /// Whether large JPEGs are decoded at a fraction of their size, which changes pixels a little.
    public let scaledJPEG: Bool
    /// The sample of 16 bits that is white; 65,535: all bits are used.
    public let whiteLevel: Int
    /// The fixed-point numbers that features are rounded to.
    public let grid: FixedPointGrid

    /// Positions with a Gaussian of their own, row by row.
    public var patches: Int { gridHeight * gridWidth }
    /// Numbers in an embedding.
    public var dimension: Int { channels.count }

    /// - Throws: `GaussianError` where the values are no space: see `limits`.
    public init(
        backbone: String, weights: Digest, layers: [String], channels: [Int], inputHeight: Int, inputWidth: Int,
        resize: Int?, crop: Int?, gridHeight: Int, gridWidth: Int, scaledJPEG: Bool = false,
        whiteLevel: Int = FeatureSpace.fullWhite, grid: FixedPointGrid
    ) throws {
        (self.backbone, self.weights, self.layers, self.channels) = (backbone, weights, layers, channels)
        (self.inputHeight, self.inputWidth, self.resize, self.crop) = (inputHeight, inputWidth, resize, crop)
        (self.gridHeight, self.gridWidth, self.scaledJPEG) = (gridHeight, gridWidth, scaledJPEG)
        (self.whiteLevel, self.grid) = (whiteLevel, grid)
        try validate()
    }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        let layers = FixedPointGrid.Layers(
            exponents: try values.decode([Int].self, forKey: .exponents),
            channels: try values.decode([Int].self, forKey: .layerChannels))
        try self.init(values, grid: FixedPointGrid(layers: layers, kept: values.decode([Int].self, forKey: .channels)))
    }

    /// A space as files of the first format version have it, with their grid beside.
    init(from decoder: any Decoder, grid: FirstVersionGrid) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        try self.init(values, grid: FixedPointGrid(channelExponents: grid.exponents))
    }

    private init(_ values: KeyedDecodingContainer<CodingKeys>, grid: @autoclosure () throws -> FixedPointGrid) throws {
        let channels = try values.decode([Int].self, forKey: .channels)
        try Self.check(channels)
        try self.init(
            backbone: values.decode(String.self, forKey: .backbone),
            weights: values.decode(Digest.self, forKey: .weights),
            layers: values.decode([String].self, forKey: .layers),
            channels: channels,
            inputHeight: values.decode(Int.self, forKey: .inputHeight),
            inputWidth: values.decode(Int.self, forKey: .inputWidth),
            resize: values.decodeIfPresent(Int.self, forKey: .resize),
            crop: values.decodeIfPresent(Int.self, forKey: .crop),
            gridHeight: values.decode(Int.self, forKey: .gridHeight),
            gridWidth: values.decode(Int.self, forKey: .gridWidth),
            scaledJPEG: values.decodeIfPresent(Bool.self, forKey: .scaledJPEG) ?? false,
            whiteLevel: values.decodeIfPresent(Int.self, forKey: .whiteLevel) ?? Self.fullWhite,
            grid: grid())
    }

    /// What is off is left out, so that files of spaces without it stay as they always were, byte for byte.
    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(backbone, forKey: .backbone)
        try values.encode(weights, forKey: .weights)
        try values.encode(layers, forKey: .layers)
        try values.encode(channels, forKey: .channels)
        try values.encode(inputHeight, forKey: .inputHeight)
        try values.encode(inputWidth, forKey: .inputWidth)
        try values.encodeIfPresent(resize, forKey: .resize)
        try values.encodeIfPresent(crop, forKey: .crop)
        try values.encode(gridHeight, forKey: .gridHeight)
        try values.encode(gridWidth, forKey: .gridWidth)
        if scaledJPEG { try values.encode(true, forKey: .scaledJPEG) }
        if whiteLevel != Self.fullWhite { try values.encode(whiteLevel, forKey: .whiteLevel) }
        try values.encodeIfPresent(grid.layers?.exponents, forKey: .exponents)
        try values.encodeIfPresent(grid.layers?.channels, forKey: .layerChannels)
    }

    /// The names of all fields that a space may have in a file or message.
    package static var fieldNames: [String] { CodingKeys.allCases.map(\.rawValue) }

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case backbone, weights, layers, channels, inputHeight, inputWidth, resize, crop, gridHeight, gridWidth
        case scaledJPEG, whiteLevel, exponents, layerChannels
    }

    /// The largest sides of an input and of a grid, and the most channels: bounds that no real network passes, so that
    /// sizes computed from them do not overflow.
    public static let maximumSide = 1 << 14
    public static let maximumGridSide = 1 << 10
    public static let maximumDimension = 1 << 13
    public static let maximumChannel = 1 << 20
    /// The white level of samples that use all of their 16 bits, and the highest.
    public static let fullWhite = 65_535

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
        let sides = [inputHeight, inputWidth, resize ?? 1, crop ?? 1]
        try require(
            sides.allSatisfy { (1...Self.maximumSide).contains($0) },
            "the input's sides, resize and crop must be 1 to \(Self.maximumSide) pixels")
        try require(
            (1...Self.fullWhite).contains(whiteLevel), "the white level \(whiteLevel) is not 1 to \(Self.fullWhite)")
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
        compare("input size", { [$0.inputHeight, $0.inputWidth] }, { "\($0[0])x\($0[1])" })
        compare("resize", \.resize) { $0.map(String.init) ?? "none" }
        compare("crop", \.crop) { $0.map(String.init) ?? "none" }
        compare("JPEG decoding", \.scaledJPEG) { $0 ? "scaled" : "full" }
        compare("white level", \.whiteLevel) { String($0) }
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
