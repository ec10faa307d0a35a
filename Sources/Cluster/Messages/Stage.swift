import Gaussian
import Storage

/// A file that workers need and the coordinator serves in chunks, addressed by its content.
public struct Blob: Codable, Hashable, Sendable {
    public let digest: Digest
    public let byteCount: Int64
    /// Where the coordinator has it: a worker that sees the same file need not fetch it.
    public let path: String

    public init(digest: Digest, byteCount: Int64, path: String) {
        (self.digest, self.byteCount, self.path) = (digest, byteCount, path)
    }
}

/// What workers do with the images of a shard.
public enum Work: Codable, Equatable, Sendable {
    /// Fold the images into exact sums.
    case accumulate(space: FeatureSpace, weights: Blob)
    /// Score the images against a model, and write their maps.
    case inspect(model: Blob, weights: Blob, order: InspectionOrder)

    /// The files a worker must hold before it can start.
    public var blobs: [Blob] {
        switch self {
        case .accumulate(_, let weights): [weights]
        case .inspect(let model, let weights, _): [weights, model]
        }
    }

    /// Patches of the grid and kept channels, where the work makes sums.
    var sums: (patches: Int, dimension: Int)? {
        guard case .accumulate(let space, _) = self else { return nil }
        return (space.gridHeight * space.gridWidth, space.channels.count)
    }
}

/// How scores and maps are made, and where maps go.
public struct InspectionOrder: Codable, Equatable, Sendable {
    /// Nil: an image's score is its map's maximum. Else the mean of this share (percent) of its highest pixels.
    public var topPercent: Double?
    /// What the blur takes for the pixels beyond a map's border: repeatingEdge or mirror.
    public var blurBorder: String
    /// png16, tiff, npy or none.
    public var maps: String
    /// The file extension of such maps.
    public var mapExtension: String
    /// A png16 sample is a distance times 2^mapScaleExponent; a map that this does not hold has a smaller exponent of its own.
    public var mapScaleExponent: Int
    /// input or original.
    public var mapSize: String
    /// all, flagged or none.
    public var overlays: String
    /// The distances of an overlay's first and last colour.
    public var firstColor: Float
    public var lastColor: Float
    /// Images with a score of at least this are flagged.
    public var threshold: Float?
    /// The job's directory as the coordinator sees it. A worker that sees the same one writes maps there itself.
    public var directory: String
    /// A file in that directory, and what the coordinator wrote into it: how a worker knows that it sees the same one.
    public var probe: String
    public var probeValue: String

    public init(
        topPercent: Double?, blurBorder: String, maps: String, mapExtension: String, mapScaleExponent: Int,
        mapSize: String, overlays: String, firstColor: Float, lastColor: Float, threshold: Float?, directory: String,
        probe: String, probeValue: String
    ) {
        self.topPercent = topPercent
        self.blurBorder = blurBorder
        self.maps = maps
        self.mapExtension = mapExtension
        self.mapScaleExponent = mapScaleExponent
        self.mapSize = mapSize
        self.overlays = overlays
        self.firstColor = firstColor
        self.lastColor = lastColor
        self.threshold = threshold
        self.directory = directory
        self.probe = probe
        self.probeValue = probeValue
    }
}

extension InspectionOrder {
    /// Whether anything is written for an image beside its score.
    public var hasPictures: Bool { maps != "none" || overlays != "none" }

    /// Where an image's map or overlay goes, relative to the job's directory; nil where none is asked for.
    /// - Parameter output: the image's own place, without extension.
    public func path(of kind: Picture, output: String) -> String? {
        switch kind {
        case .map: maps == "none" ? nil : "maps/\(output).\(mapExtension)"
        case .overlay: overlays == "none" ? nil : "overlays/\(output).png"
        }
    }
}

/// One stage of a job: the same work on many shards.
public struct Stage: Codable, Equatable, Sendable {
    /// Never reused within one run of the coordinator.
    public let number: Int
    public let work: Work
    /// The instruction set that every worker must use, for a mixed fleet; nil leaves it to each worker.
    public let instructionSet: String?

    public init(number: Int, work: Work, instructionSet: String? = nil) {
        (self.number, self.work, self.instructionSet) = (number, work, instructionSet)
    }
}
