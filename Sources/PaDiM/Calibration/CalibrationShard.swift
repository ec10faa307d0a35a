import Imaging
import Settings
import Storage

/// Images that a model has, to be scored by models without them. They are computed together: a batch holds them all.
public struct CalibrationShard: Shard {
    /// How an image's map becomes a number, one after the other.
    public typealias Scores = [Float]

    /// What one image gives.
    public struct Held: Equatable, Sendable {
        /// Where the map by the model without the image has its maximum.
        public let maxRow: Int
        public let maxColumn: Int
        /// Scores of the image by the model without it, one a score rule.
        public let image: Scores
        /// Scores by the model without its lot; nil where no lot is left out.
        public let lot: Scores?
        /// By the model without the image, at the network's input size; nil unless the calibrator keeps maps.
        public var map: FloatImage?
    }

    /// What the shard gives as a whole.
    public struct Whole: Equatable, Sendable {
        /// At each patch the sum of the scored images' squared distances from the model without them, in steps of 2^-16: whole numbers add
        /// up to the same whatever shard has which image.
        public let sums: [Int64]
        /// At each patch the squared distance of the lot's mean from the model without the lot; nil where no lot is left out.
        public let lotMean: [Double]?
    }

    /// All images of the lot where one is left out, else those to score.
    public let images: [ImageLocation]
    /// The content that each image had when it was folded.
    let digests: [ContentDigest]
    /// Those of the images to score, by their indices.
    let scored: [Int]
    let leavesLotOut: Bool
    /// Whether the model does not have an image: it is scored by the model as it is. Empty where the model has all.
    let outside: [Bool]
    /// The masks of images' own regions of interest; empty where none has one.
    private let regions: [ImageLocation?]
    let each: @Sendable (Int, Result<Held, UnusableImage>) throws -> Void
    let finished: @Sendable (Whole) throws -> Void

    /// - Parameters:
    ///   - images: those to score, and those that scoring needs besides.
    ///   - digests: of the images' contents, as they were folded.
    ///   - scored: the indices of the images to score.
    ///   - leavesLotOut: whether the images are a whole lot, and are scored by the model without it as well.
    ///   - outside: indices of images that the model does not have; none where a lot is left out.
    ///   - regions: of each image the mask of its own region of interest; empty where none has one.
    ///   - each: told once of every image to score, by its index. It is called on the crew's threads, several at a time.
    ///   - finished: called once `each` has been told of all, while others may wait for it: short.
    public init(
        images: [ImageLocation], digests: [ContentDigest], scored: [Int], leavesLotOut: Bool,
        outside: Set<Int> = [], regions: [ImageLocation?] = [],
        each: @escaping @Sendable (Int, Result<Held, UnusableImage>) throws -> Void,
        finished: @escaping @Sendable (Whole) throws -> Void
    ) {
        assert(images.count == digests.count && scored.allSatisfy(images.indices.contains))
        assert(outside.isEmpty || !leavesLotOut)
        assert(regions.isEmpty || regions.count == images.count)
        self.regions = regions
        self.outside = outside.isEmpty ? [] : images.indices.map(outside.contains)
        (self.images, self.digests, self.scored, self.leavesLotOut) = (images, digests, scored, leavesLotOut)
        (self.each, self.finished) = (each, finished)
    }

    func region(of image: Int) -> ImageLocation? { regions.isEmpty ? nil : regions[image] }

    /// The calibrator calls `finished` itself.
    public func end(_ outcome: ShardOutcome) {}

    /// Squared distances count in steps of 2^-16, up to 2^30: a sum over 2^17 images fits 64 bits.
    static func fixedPoint(_ square: Double) -> Int64 { Int64((min(square, 0x1p30) * stepsOfSum).rounded()) }
    public static let stepsOfSum = 0x1p16
    public static let mostImages = 1 << 17
}
