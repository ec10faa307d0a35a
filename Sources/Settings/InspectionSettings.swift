/// What an inspection is told: how images are scored, and what is written for each of them.
///
/// The value is given once, on the command line, and goes unchanged into the job's record and to the workers.
public struct InspectionSettings: Equatable, Sendable {
    public var scoring: ScoreSettings
    public var maps: MapChoice
    /// Whether only the maps of images that reach the threshold are kept: a whole night's take tens of gigabytes.
    public var keepsMapsOfFlaggedOnly: Bool
    public var overlays: OverlayChoice
    /// How much of an overlay's pixel is the map's colour, in per cent; the rest is the image's.
    public var overlayOpacity: Int
    /// Images with a score of at least this are flagged; nil: none is.
    public var threshold: Float?
    /// Where copies of maps, overlays and tables go, as `s3://bucket/prefix/`; nil: nowhere.
    public var artifacts: String?

    public init(
        scoring: ScoreSettings = ScoreSettings(), maps: MapChoice = .png16, keepsMapsOfFlaggedOnly: Bool = false,
        overlays: OverlayChoice = .none, overlayOpacity: Int = usualOpacity, threshold: Float? = nil,
        artifacts: String? = nil
    ) {
        (self.scoring, self.maps, self.overlays) = (scoring, maps, overlays)
        self.keepsMapsOfFlaggedOnly = keepsMapsOfFlaggedOnly
        (self.overlayOpacity, self.threshold, self.artifacts) = (overlayOpacity, threshold, artifacts)
    }

    /// The opacity of overlays unless something else is asked for, in per cent.
    public static let usualOpacity = 50

    /// By which a job's record says that maps are centred.
    public static let centeringName = "center-maps"

    /// By which a job's record says which maps it has.
    public static let mapsName = "maps"

    /// By which a job's record says the threshold that was given.
    public static let thresholdName = "threshold"

    /// What is written of maps, in the command line's words.
    public var mapSelection: MapSelection { MapSelection(maps, ofFlagged: keepsMapsOfFlaggedOnly) }

    /// In words, what is impossible about the values; nil where nothing is.
    public var fault: String? {
        if let threshold, !threshold.isFinite { return "the threshold must be a finite number" }
        if let fault = scoring.imageScore.fault ?? scoring.augmentation?.fault { return fault }
        guard !keepsMapsOfFlaggedOnly || maps != .none else { return "there are no maps, so none of flagged images" }
        if let artifacts, !artifacts.hasPrefix("s3://") || !artifacts.hasSuffix("/") {
            return "artifacts go to a prefix of a bucket, as s3://BUCKET/PREFIX/"
        }
        guard (1...100).contains(overlayOpacity) else { return "the opacity of overlays must be 1 to 100 per cent" }
        return nil
    }

    /// The settings by the names that the command line gives them, as a job's record has them.
    ///
    /// A setting that an earlier release did not have is left out where it has its usual value: jobs of that release then go on.
    public var named: [String: String] {
        var named = [
            Self.mapsName: mapSelection.description, "map-size": scoring.mapSize.rawValue,
            "overlays": overlays.rawValue,
            "blur-border": scoring.blurBorder.rawValue, "image-score": scoring.imageScore.description,
        ]
        named[Self.thresholdName] = threshold.map { "\($0)" }
        if overlayOpacity != Self.usualOpacity { named["overlay-opacity"] = "\(overlayOpacity)" }
        if scoring.centersMaps { named[Self.centeringName] = "yes" }
        named["artifacts"] = artifacts
        named[Augmentation.name] = scoring.augmentation?.description
        return named
    }
}

/// How an image's map and score are made of its patches' distances.
public struct ScoreSettings: Equatable, Sendable {
    public var imageScore: ImageScore
    public var blurBorder: BlurBorder
    public var mapSize: MapSize
    /// Whether the maps given out have the mean distance of their image's patches subtracted. Scores and overlays are of maps without
    /// this.
    public var centersMaps: Bool
    /// By which each image is turned and moved before it is scored; nil: images are scored as they are.
    public var augmentation: Augmentation?

    public init(
        imageScore: ImageScore = .max, blurBorder: BlurBorder = .repeatingEdge, mapSize: MapSize = .input,
        centersMaps: Bool = false, augmentation: Augmentation? = nil
    ) {
        self.augmentation = augmentation
        (self.imageScore, self.blurBorder, self.mapSize) = (imageScore, blurBorder, mapSize)
        self.centersMaps = centersMaps
    }
}

extension InspectionSettings: Codable {
    private enum CodingKeys: String, CodingKey, CaseIterable {
        case topPercent, blurBorder, mapSize, centerMaps, maps, flaggedMapsOnly, overlays, overlayOpacity, threshold,
            artifacts
    }

    /// The names of the JSON fields. They are not nested: they stand beside the other fields of the value that holds these settings.
    package static var fieldNames: [String] { CodingKeys.allCases.map(\.rawValue) + Augmentation.fieldNames }

    /// - Throws: `DecodingError` also where a value is impossible: see `fault`.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        let percent = try values.decodeIfPresent(Double.self, forKey: .topPercent)
        self.init(
            scoring: ScoreSettings(
                imageScore: percent.map { .top(percent: $0) } ?? .max,
                blurBorder: try values.decode(BlurBorder.self, forKey: .blurBorder),
                mapSize: try values.decode(MapSize.self, forKey: .mapSize),
                centersMaps: try values.decodeIfPresent(Bool.self, forKey: .centerMaps) ?? false,
                augmentation: try Augmentation(ifPresentIn: decoder)),
            maps: try values.decode(MapChoice.self, forKey: .maps),
            keepsMapsOfFlaggedOnly: try values.decodeIfPresent(Bool.self, forKey: .flaggedMapsOnly) ?? false,
            overlays: try values.decode(OverlayChoice.self, forKey: .overlays),
            overlayOpacity: try values.decodeIfPresent(Int.self, forKey: .overlayOpacity) ?? Self.usualOpacity,
            threshold: try values.decodeIfPresent(Float.self, forKey: .threshold),
            artifacts: try values.decodeIfPresent(String.self, forKey: .artifacts))
        if let fault {
            throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: fault))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encodeIfPresent(scoring.imageScore.topPercent, forKey: .topPercent)
        try values.encode(scoring.blurBorder, forKey: .blurBorder)
        try values.encode(scoring.mapSize, forKey: .mapSize)
        if scoring.centersMaps { try values.encode(true, forKey: .centerMaps) }
        try values.encode(maps, forKey: .maps)
        if keepsMapsOfFlaggedOnly { try values.encode(true, forKey: .flaggedMapsOnly) }
        try values.encode(overlays, forKey: .overlays)
        if overlayOpacity != Self.usualOpacity { try values.encode(overlayOpacity, forKey: .overlayOpacity) }
        try values.encodeIfPresent(threshold, forKey: .threshold)
        try values.encodeIfPresent(artifacts, forKey: .artifacts)
        try scoring.augmentation?.encode(to: encoder)
    }
}
