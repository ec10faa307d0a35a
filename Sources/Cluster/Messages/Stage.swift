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

/// What workers do with the images of a shard, or with a range of patches.
public enum Work: Codable, Equatable, Sendable {
    /// Fold the images into exact sums.
    /// - folder: where a worker that sees it writes its sums itself; nil where all are sent.
    /// - audit: what to say fingerprints by; nil where none are wanted.
    case accumulate(space: FeatureSpace, weights: Blob, folder: SharedFolder? = nil, audit: AuditOrder? = nil)
    /// Embed images that other workers have folded, and say the fingerprints of their features.
    case audit(space: FeatureSpace, weights: Blob, audit: AuditOrder)
    /// Score the images against a model, and write their maps.
    case inspect(model: Blob, weights: Blob, order: InspectionOrder)
    /// Score images that the model has by the model without them.
    /// - withoutLot: the model of all images but those of the lot that all of the stage's images are of; nil where no lot has such a model.
    case calibrate(space: FeatureSpace, model: Blob, weights: Blob, order: CalibrationOrder, withoutLot: Blob?)
    /// Read the images, as they are read to be embedded in the space, and find the digests of their contents.
    case identify(space: FeatureSpace)

    /// Add sums up, and make a model of them, range by range.
    case merge(order: MergeOrder)

    /// The files a worker must hold before it can start.
    public var blobs: [Blob] {
        switch self {
        case .accumulate(_, let weights, _, _), .audit(_, let weights, _): [weights]
        case .inspect(let model, let weights, _): [weights, model]
        case .calibrate(_, let model, let weights, _, let withoutLot):
            [weights, model] + (withoutLot.map { [$0] } ?? [])
        case .identify: []
        case .merge(let order): order.pooled.map { [$0] } ?? []
        }
    }

    /// How a calibration leaves images' lots out of the model.
    public var lotsLeftOut: LotsLeftOut {
        guard case .calibrate(_, _, _, let order, let withoutLot) = self else { return .none }
        return withoutLot != nil ? .byOwnModel : order.leavesLotsOut ? .dealtAsOne : .none
    }

    /// Patches of the grid, kept channels, and how many samples an image may give, where the work makes sums.
    var sums: (patches: Int, dimension: Int, samplesPerImage: ClosedRange<Int>)? {
        guard case .accumulate(let space, _, _, _) = self else { return nil }
        return (space.gridHeight * space.gridWidth, space.channels.count, space.input.samplesPerImage)
    }
}

/// One stage of a job: the same work on many shards.
public struct Stage: Codable, Equatable, Sendable {
    /// Never reused within one run of the coordinator.
    public let number: Int
    public let work: Work
    /// The instruction set that every worker must use, for a mixed fleet; nil leaves it to each worker. By name: a worker that does
    /// not know it has to answer.
    public let instructionSet: String?
    /// Whether workers may ask for images that they do not see; nil: no.
    private let servesImages: Bool?

    public init(number: Int, work: Work, instructionSet: String? = nil, servesImages: Bool = false) {
        (self.number, self.work, self.instructionSet) = (number, work, instructionSet)
        self.servesImages = servesImages ? true : nil
    }

    public var isServingImages: Bool { servesImages ?? false }
}
