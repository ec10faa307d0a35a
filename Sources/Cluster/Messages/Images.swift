import Storage

/// An image of a dealt shard.
public struct ImageTask: Codable, Equatable, Sendable {
    /// Its place in the job's list.
    public let id: ImageID
    /// Where its bytes are.
    public let location: ImageLocation
    /// Where its map and overlay go, below `maps/` and `overlays/`, without extension.
    public let output: String
    /// Of the content that the image had when it was folded, or identified; only where a model is calibrated.
    public let digest: ContentDigest?
    /// Whether the image is of the lot, and another shard reports it; nil: no.
    public let context: Bool?
    /// Whether a model that is calibrated does not have the image; nil: it has.
    public let outside: Bool?
    /// The mask of the image's own region of interest; nil: it has none.
    public let region: ImageLocation?

    public init(
        id: ImageID, location: ImageLocation, output: String, digest: ContentDigest? = nil, isContext: Bool = false,
        isOutside: Bool = false, region: ImageLocation? = nil
    ) {
        self.region = region
        (self.id, self.location, self.output, self.digest) = (id, location, output, digest)
        context = isContext ? true : nil
        outside = isOutside ? true : nil
    }

    public var isContext: Bool { context ?? false }
    public var isOutside: Bool { outside ?? false }

    private enum CodingKeys: String, CodingKey { case id, file, place, output, digest, context, outside, roi, roiPlace }

    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        id = try fields.decode(ImageID.self, forKey: .id)
        location = try fields.location(try fields.decode(String.self, forKey: .file), placeAt: .place)
        region = try fields.decodeIfPresent(String.self, forKey: .roi).map {
            try fields.location($0, placeAt: .roiPlace)
        }
        output = try fields.decode(String.self, forKey: .output)
        digest = try fields.decodeIfPresent(ContentDigest.self, forKey: .digest)
        context = try fields.decodeIfPresent(Bool.self, forKey: .context)
        outside = try fields.decodeIfPresent(Bool.self, forKey: .outside)
    }

    public func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(id, forKey: .id)
        try fields.encode(location.text, forKey: .file)
        try fields.encodeIfPresent(location.place, forKey: .place)
        try fields.encode(output, forKey: .output)
        try fields.encodeIfPresent(digest, forKey: .digest)
        try fields.encodeIfPresent(context, forKey: .context)
        try fields.encodeIfPresent(outside, forKey: .outside)
        try fields.encodeIfPresent(region?.text, forKey: .roi)
        try fields.encodeIfPresent(region?.place, forKey: .roiPlace)
    }
}

extension KeyedDecodingContainer {
    fileprivate func location(_ text: String, placeAt key: Key) throws -> ImageLocation {
        guard let location = ImageLocation(text: text, place: try decodeIfPresent(ImagePlace.self, forKey: key)) else {
            throw DecodingError.dataCorruptedError(
                forKey: key, in: self, debugDescription: "the place does not fit the file, or is impossible")
        }
        return location
    }
}

/// What inspecting one image gave: a score and its place, or the reason why there is none.
public struct ImageOutcome: Codable, Equatable, Sendable {
    public let id: ImageID
    public private(set) var failure: String?
    public let score: Float?
    public let maxRow: Int?
    public let maxColumn: Int?
    /// The same place in the pixels of the image as it was read; nil where it was not told.
    public let imageRow: Int?
    public let imageColumn: Int?
    public let flagged: Bool?
    /// Of the image's content; nil where it was not told.
    public let digest: ContentDigest?

    /// No image has a longer side.
    static let longestSide = 65_535

    public init(
        id: ImageID, score: Float, maxRow: Int, maxColumn: Int, imageRow: Int? = nil, imageColumn: Int? = nil,
        flagged: Bool?, digest: ContentDigest? = nil
    ) {
        self.digest = digest
        (self.id, self.failure, self.score) = (id, nil, score)
        (self.maxRow, self.maxColumn, self.flagged) = (maxRow, maxColumn, flagged)
        (self.imageRow, self.imageColumn) = (imageRow, imageColumn)
    }

    /// The same outcome with its text cleaned.
    var cleaned: ImageOutcome {
        var cleaned = self
        cleaned.failure = failure.map(ReportedText.reason)
        return cleaned
    }

    public init(id: ImageID, failure: String) {
        (self.id, self.failure, self.score) = (id, failure, nil)
        (self.maxRow, self.maxColumn, self.flagged) = (nil, nil, nil)
        (imageRow, imageColumn, digest) = (nil, nil, nil)
    }
}

/// What is written for one image beside its score.
public enum Artifact: String, Codable, Sendable, CaseIterable { case map, overlay }

/// One of an image's artifacts.
public struct ArtifactOfImage: Hashable, Sendable {
    public let image: ImageID
    public let kind: Artifact

    public init(image: ImageID, kind: Artifact) { (self.image, self.kind) = (image, kind) }
}

/// Artifacts that belong to a shard's results and have no names yet: they lie in the job's directory under names by their lease.
public struct WaitingArtifacts: Equatable, Sendable {
    public let lease: LeaseID
    public let artifacts: [ArtifactOfImage]

    public init(lease: LeaseID, of artifacts: [ArtifactOfImage]) { (self.lease, self.artifacts) = (lease, artifacts) }
}
