import Settings
import Storage

/// What a model knows of normal images that it has not seen: the scores of its own images by the model without each of them, and by the
/// model without each one's whole lot.
public struct Calibration: Equatable, Sendable {
    /// One of the model's images.
    public struct Image: Equatable, Sendable {
        public let digest: ContentDigest
        /// Its lot, by its place in `lots`; nil where there are no lots.
        public let lot: Int?
        /// By the model without the image, one a rule.
        public let scores: [Float]
        /// By the model without the lot, one a rule; nil where there are no lots.
        public let lotScores: [Float]?

        public init(digest: ContentDigest, lot: Int?, scores: [Float], lotScores: [Float]?) {
            (self.digest, self.lot, self.scores, self.lotScores) = (digest, lot, scores, lotScores)
        }
    }

    /// Images that were taken together.
    public struct Lot: Codable, Equatable, Sendable {
        /// Of the model, scored or not.
        public let images: Int64
        /// How far the lot's mean is from the model without the lot, beside what is usual (1): the mean over all positions of
        /// d^2 / ((1/n' + 1/g) t), where t is the mean squared distance of one image.
        public let drift: Double

        public init(images: Int64, drift: Double) { (self.images, self.drift) = (images, drift) }
    }

    /// How maps became scores.
    public let rules: [ImageScore]
    /// By their digests, ascending.
    public let images: [Image]
    /// Empty where there are none, or where they are not known.
    public let lots: [Lot]
    /// At each patch the mean squared distance of an image from the model without it.
    public let meanSquares: [Double]

    /// - Throws: `GaussianError` where the parts do not fit each other.
    public init(rules: [ImageScore], images: [Image], lots: [Lot], meanSquares: [Double]) throws {
        // Among equal pictures the order is that of their lots: what else they have is equal where those are.
        let images = images.sorted { ($0.digest, $0.lot ?? 0) < ($1.digest, $1.lot ?? 0) }
        func require(_ condition: Bool, _ what: String) throws {
            guard condition else { throw GaussianError("calibration", what) }
        }
        try require(!rules.isEmpty && !images.isEmpty && !meanSquares.isEmpty, "has no rules, images or patches")
        for image in images {
            let all = image.scores + (image.lotScores ?? [])
            try require(
                image.scores.count == rules.count && image.lotScores.map { $0.count == rules.count } ?? true,
                "an image has another number of scores than there are rules")
            try require(
                (image.lot == nil) == lots.isEmpty && (image.lotScores == nil) == lots.isEmpty
                    && lots.indices.contains(image.lot ?? 0) != lots.isEmpty, "an image is of a lot that is not known")
            try require(all.allSatisfy { $0.isFinite && $0 >= 0 }, "a score is not a finite number from 0 on")
        }
        try require(
            meanSquares.allSatisfy { $0.isFinite && $0 >= 0 }, "a mean distance is not a finite number from 0 on")
        try require(
            lots.allSatisfy { $0.images > 0 && $0.drift.isFinite && $0.drift >= 0 },
            "a lot's count or drift is impossible")
        (self.rules, self.images, self.lots, self.meanSquares) = (rules, images, lots, meanSquares)
    }

    /// The scores of all images by one rule.
    /// - Returns: nil where there are none of that rule, or none by lot.
    public func scores(_ rule: ImageScore, byLot: Bool = false) -> [Float]? {
        guard let place = rules.firstIndex(of: rule), !byLot || !lots.isEmpty else { return nil }
        return images.map { byLot ? $0.lotScores?[place] ?? 0 : $0.scores[place] }
    }

    /// The scores by the model without the lot, lot by lot.
    /// - Returns: nil where there are none of that rule, or no lots.
    public func scoresOfLots(_ rule: ImageScore) -> [[Float]]? {
        guard let place = rules.firstIndex(of: rule), !lots.isEmpty else { return nil }
        return lots.indices.map { lot in images.filter { $0.lot == lot }.map { $0.lotScores?[place] ?? 0 } }
    }
}
