import Storage

/// An image as a list names it, before the journal gives it a number.
public struct ImageRecord: Equatable, Sendable {
    /// As the list gave it: what people know it by.
    public let path: String
    /// Where its bytes are.
    public let location: ImageLocation
    /// Where its map goes, relative to the folder of maps and without extension.
    public let output: String
    /// Of its content; nil where it was not read yet.
    public let digest: ContentDigest?
    /// The number of the lot that it belongs to; nil where lots are not known.
    public let lot: Int?
    /// The mask of its own region of interest; nil: it has none.
    public let region: ImageLocation?

    public init(
        path: String, location: ImageLocation, output: String, digest: ContentDigest? = nil, lot: Int? = nil,
        region: ImageLocation? = nil
    ) {
        self.region = region
        (self.path, self.location, self.output) = (path, location, output)
        (self.digest, self.lot) = (digest, lot)
    }
}

/// An image of a shard, to be worked on.
public struct JobImage: Equatable, Sendable {
    public let id: ImageID
    public let record: ImageRecord

    public init(id: ImageID, record: ImageRecord) { (self.id, self.record) = (id, record) }
}

/// What inspection found in one image.
public struct ImageResult: Equatable, Sendable {
    public let image: ImageID
    public let status: ImageStatus
    /// Finite if the status is ok, else nil.
    public let score: Float?
    /// Where the map has its maximum.
    public let maxRow: Int?
    public let maxColumn: Int?
    /// The same place in the pixels of the image as it was read; nil where it is not known.
    public let imageRow: Int?
    public let imageColumn: Int?
    /// Whether the score reaches the threshold; nil without a threshold.
    public let flagged: Bool?
    /// Relative to the job.
    public let mapPath: String?
    /// Of the image's content; nil where it was not told.
    public let digest: ContentDigest?
    /// Why the image was skipped.
    public let reason: String?

    public init(
        image: ImageID, score: Float, maxRow: Int, maxColumn: Int, imageRow: Int? = nil, imageColumn: Int? = nil,
        flagged: Bool? = nil, mapPath: String? = nil, digest: ContentDigest? = nil
    ) {
        self.digest = digest
        (self.imageRow, self.imageColumn) = (imageRow, imageColumn)
        (self.image, status, self.score) = (image, .ok, score)
        (self.maxRow, self.maxColumn, self.flagged, self.mapPath) = (maxRow, maxColumn, flagged, mapPath)
        reason = nil
    }

    public init(unreadable failure: ImageFailure) { self.init(failure, .unreadable) }

    public init(poison failure: ImageFailure) { self.init(failure, .poison) }

    private init(_ failure: ImageFailure, _ status: ImageStatus) {
        (image, self.status, reason) = (failure.id, status, failure.reason)
        (score, maxRow, maxColumn, flagged, mapPath) = (nil, nil, nil, nil, nil)
        (imageRow, imageColumn, digest) = (nil, nil, nil)
    }
}

/// An image with all that the journal knows of it: a row of the results.
public struct ImageRow: Equatable, Sendable {
    public let id: ImageID
    public let record: ImageRecord
    /// The list or folder that it comes from, as the command named it; nil where an earlier release began the job.
    public let source: String?
    /// Nil while the image is still to do.
    public let status: ImageStatus?
    public let reason: String?
    public let score: Float?
    public let maxRow: Int?
    public let maxColumn: Int?
    /// The same place in the image's pixels; nil where it is not known, as in jobs of earlier releases.
    public let imageRow: Int?
    public let imageColumn: Int?
    public let flagged: Bool?
    public let mapPath: String?

    public init(
        id: ImageID, record: ImageRecord, source: String? = nil, status: ImageStatus?, reason: String?, score: Float?,
        maxRow: Int?, maxColumn: Int?, imageRow: Int? = nil, imageColumn: Int? = nil, flagged: Bool?, mapPath: String?
    ) {
        (self.imageRow, self.imageColumn) = (imageRow, imageColumn)
        self.source = source
        (self.id, self.record, self.status, self.reason) = (id, record, status, reason)
        (self.score, self.maxRow, self.maxColumn) = (score, maxRow, maxColumn)
        (self.flagged, self.mapPath) = (flagged, mapPath)
    }
}

/// How many images of a role stand how.
public struct ImageCounts: Equatable, Sendable {
    public var ok = 0
    public var unreadable = 0
    public var poison = 0
    public var pending = 0
    /// Excluded from the fit; not part of the other counts.
    public var excluded = 0

    public init() {}

    /// All images but the excluded ones.
    public var total: Int { ok + unreadable + poison + pending }
    /// Skipped for good.
    public var failed: Int { unreadable + poison }

    /// - Parameter status: nil: still to do.
    mutating func set(_ images: Int, _ status: ImageStatus?) {
        switch status {
        case .ok: ok = images
        case .unreadable: unreadable = images
        case .poison: poison = images
        case .excluded: excluded = images
        case nil: pending = images
        }
    }
}
