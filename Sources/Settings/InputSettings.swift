/// How an image becomes the network's input.
///
/// The value is given once, on the command line, and goes unchanged into the feature space, the journal and the workers.
public struct InputSettings: Equatable, Sendable {
    /// The network's input, in pixels.
    public var height: Int
    public var width: Int
    /// The length that an image's shorter side is resized to before the crop, in pixels; nil: there is no such step.
    public var resize: Int?
    /// The side of the square that is cut from the image's middle, in pixels; nil: there is no crop.
    public var crop: Int?
    /// Whether large JPEGs are decoded at a fraction of their size, which changes pixels a little.
    public var scaledJPEG: Bool
    /// The sample of 16 bits that is white; 65,535: all bits are used.
    public var whiteLevel: Int
    /// Whether a resize rounds its results to 8 bits.
    public var resizePrecision: ResizePrecision
    /// What is subtracted from pixels and what they are divided by; nil: the backbone's own values.
    public var normalization: PixelNormalization?
    /// Whether images are turned as their files say.
    public var orientation: OrientationRule
    /// How an image without a crop is brought to the input's proportions.
    public var fit = ImageFit.stretch
    /// By which each image of a fit gives turned and moved copies; nil: it gives itself.
    public var augmentation: Augmentation?
    /// By which an image is cut into several inputs; nil: it is one.
    public var tiling: Tiling?

    public init(
        height: Int = 224, width: Int = 224, resize: Int? = nil, crop: Int? = nil, scaledJPEG: Bool = false,
        whiteLevel: Int = fullWhite, resizePrecision: ResizePrecision = .byte, normalization: PixelNormalization? = nil,
        orientation: OrientationRule = .ignore, augmentation: Augmentation? = nil, tiling: Tiling? = nil
    ) {
        (self.augmentation, self.tiling) = (augmentation, tiling)
        (self.height, self.width, self.resize, self.crop) = (height, width, resize, crop)
        (self.scaledJPEG, self.whiteLevel) = (scaledJPEG, whiteLevel)
        (self.resizePrecision, self.normalization) = (resizePrecision, normalization)
        self.orientation = orientation
    }

    /// The largest side of an input; no real network has a larger one, and sizes computed from it do not overflow.
    public static let maximumSide = 1 << 14
    /// The white level of samples that use all of their 16 bits, and the highest one.
    public static let fullWhite = 65_535

    /// In words, what is impossible about the values themselves; nil where nothing is.
    public var fault: String? {
        let sides = [height, width, resize ?? 1, crop ?? 1]
        guard sides.allSatisfy({ (1...Self.maximumSide).contains($0) }) else {
            return "the input's sides, resize and crop must be 1 to \(Self.maximumSide) pixels"
        }
        guard (1...Self.fullWhite).contains(whiteLevel) else {
            return "the white level \(whiteLevel) is not 1 to \(Self.fullWhite)"
        }
        if let fault = augmentation?.fault ?? tiling?.fault { return fault }
        if let augmentation {
            if tiling != nil { return "tiles and augmentation do not go together: give one of them" }
            if augmentation.cropsRandomly, crop == nil {
                return "a random crop needs the crop's side: give it as crop:N of the augmentation"
            }
        }
        if fit == .pad, crop != nil || tiling != nil {
            return "padding is for whole images: leave out crop and tiles, or do not pad"
        }
        if tiling != nil, resize != nil || crop != nil {
            return "tiles are cut from the image's own pixels: leave out resize and crop"
        }
        return normalization?.fault
    }

    /// The largest sides that a map has before it is brought to its image's size: those of the input, or of the map that an image's tiles are
    /// blended to.
    public func largestMap(mostPixelsOfSide: Int) -> (height: Int, width: Int) {
        guard let side = tiling?.side else { return (height, width) }
        return ((mostPixelsOfSide * height + side - 1) / side, (mostPixelsOfSide * width + side - 1) / side)
    }

    /// Inputs of the network that are in memory together for one image, where their number does not depend on the image's size.
    public var inputsTogether: Int {
        tiling?.imageSize.map {
            (tiling?.starts(along: $0.width).count ?? 1) * (tiling?.starts(along: $0.height).count ?? 1)
        }
            ?? samplesPerImage.upperBound
    }

    /// How many samples an image adds to sums.
    public var samplesPerImage: ClosedRange<Int> {
        if let augmentation { return augmentation.copies...augmentation.copies }
        // Tiles with Gaussians of their own are one sample of a larger grid.
        guard let tiling, tiling.imageSize == nil else { return 1...1 }
        return 1...Tiling.mostTiles
    }
}

/// How exact the pixels are that a resize gives.
public enum ResizePrecision: String, Codable, CaseIterable, Sendable {
    /// Each of the two passes rounds to 8 bits, as Pillow does for 8-bit images.
    case byte
    /// Neither pass rounds: the result is Float32, as torchvision's resize of a float tensor.
    case float
}

/// A pixel v, with white at 1, enters the network as (v - mean) / deviation: one number each for red, green and blue.
public struct PixelNormalization: Equatable, Sendable {
    public var mean: [Double]
    public var deviation: [Double]

    public init(mean: [Double], deviation: [Double]) { (self.mean, self.deviation) = (mean, deviation) }

    /// The statistics of ImageNet's training images, as torchvision and timm have them.
    public static let imageNet = PixelNormalization(mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225])

    /// In words, what is impossible about the values; nil where nothing is.
    public var fault: String? {
        guard mean.count == 3, deviation.count == 3 else {
            return "mean and deviation must have three numbers each, for red, green and blue"
        }
        // A deviation of 1/255 leaves pixels at 0 to 255, as some networks take them.
        guard mean.allSatisfy({ abs($0) <= 1_000 }), deviation.allSatisfy({ (0.0001...1_000).contains($0) }) else {
            return "mean must be -1000 to 1000 and deviation 0.0001 to 1000, in units in which white is 1"
        }
        return nil
    }
}

extension InputSettings: Codable {
    private enum CodingKeys: String, CodingKey, CaseIterable {
        case inputHeight, inputWidth, resize, crop, scaledJPEG, whiteLevel, fit, resizePrecision, mean, deviation,
            orientation
    }

    /// The names of the JSON fields. They are not nested: they stand beside the other fields of the value that holds these settings.
    package static var fieldNames: [String] {
        CodingKeys.allCases.map(\.rawValue) + Augmentation.fieldNames + Tiling.fieldNames
    }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        let mean = try values.decodeIfPresent([Double].self, forKey: .mean)
        let deviation = try values.decodeIfPresent([Double].self, forKey: .deviation)
        self.init(
            height: try values.decode(Int.self, forKey: .inputHeight),
            width: try values.decode(Int.self, forKey: .inputWidth),
            resize: try values.decodeIfPresent(Int.self, forKey: .resize),
            crop: try values.decodeIfPresent(Int.self, forKey: .crop),
            scaledJPEG: try values.decodeIfPresent(Bool.self, forKey: .scaledJPEG) ?? false,
            whiteLevel: try values.decodeIfPresent(Int.self, forKey: .whiteLevel) ?? Self.fullWhite,
            resizePrecision: try values.decodeIfPresent(ResizePrecision.self, forKey: .resizePrecision) ?? .byte,
            normalization: mean == nil && deviation == nil
                ? nil : PixelNormalization(mean: mean ?? [], deviation: deviation ?? []),
            orientation: try values.decodeIfPresent(OrientationRule.self, forKey: .orientation) ?? .ignore,
            augmentation: try Augmentation(ifPresentIn: decoder), tiling: try Tiling(ifPresentIn: decoder))
        fit = try values.decodeIfPresent(ImageFit.self, forKey: .fit) ?? .stretch
    }

    /// A setting with its usual value is left out, so that files without it stay as they always were, byte for byte.
    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(height, forKey: .inputHeight)
        try values.encode(width, forKey: .inputWidth)
        try values.encodeIfPresent(resize, forKey: .resize)
        try values.encodeIfPresent(crop, forKey: .crop)
        if scaledJPEG { try values.encode(true, forKey: .scaledJPEG) }
        if whiteLevel != Self.fullWhite { try values.encode(whiteLevel, forKey: .whiteLevel) }
        if resizePrecision != .byte { try values.encode(resizePrecision, forKey: .resizePrecision) }
        try values.encodeIfPresent(normalization?.mean, forKey: .mean)
        try values.encodeIfPresent(normalization?.deviation, forKey: .deviation)
        if orientation != .ignore { try values.encode(orientation, forKey: .orientation) }
        if fit != .stretch { try values.encode(fit, forKey: .fit) }
        try augmentation?.encode(to: encoder)
        try tiling?.encode(to: encoder)
    }
}
