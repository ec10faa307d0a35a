/// The scores that normal images have under models fitted without their whole lots, lot by lot: images that were taken together, under
/// one light or from one delivery of parts.
///
/// By image, each image's like are in the model that scores it. A new lot's are not, and so its rate of false alarms is that of scores by
/// lot.
public struct CalibrationLots: Equatable, Sendable {
    /// In the order of the lots' numbers.
    public let lots: [CalibrationScores]
    /// Those of all lots.
    public let all: CalibrationScores

    /// - Parameter lots: the scores of each lot's images; a lot may have none.
    /// - Throws: ``ThresholdError`` if a score is negative or not finite.
    public init(_ lots: [[Float]]) throws(ThresholdError) {
        var made: [CalibrationScores] = []
        for lot in lots { made.append(try CalibrationScores(lot)) }
        self.lots = made
        all = try CalibrationScores(lots.flatMap { $0 })
    }

    /// How many lots have scores.
    public var count: Int { lots.count { $0.count > 0 } }

    /// The lot that a threshold flags the largest share of, among those that stand out: more of their images are flagged than chance
    /// explains, by the share that is expected or by that of the other lots, whichever is larger.
    /// - Returns: nil if no lot stands out.
    func outstanding(at threshold: Threshold, expecting rate: Double) -> LotWarning.Lot? {
        let found = lots.enumerated().map { index, lot in
            LotWarning.Lot(index: index, images: lot.count, flagged: lot.countAtLeast(threshold.value))
        }
        let flagged = all.countAtLeast(threshold.value)
        return found.filter { lot in
            guard lot.flagged > 0 else { return false }
            let (others, flaggedOthers) = (all.count - lot.images, flagged - lot.flagged)
            let expected = max(rate, others > 0 ? Double(flaggedOthers) / Double(others) : 0)
            // The probability that at least as many of the lot's images are flagged, by the binomial distribution.
            let chance = BetaDistribution(Double(lot.flagged), Double(lot.images - lot.flagged + 1)).cumulative(
                expected)
            // One test a lot: the significance level is divided by the number of tests (Bonferroni).
            return chance < Self.chance / Double(count)
        }.max { $0.share < $1.share }
    }

    /// The significance level: the probability that some lot is named although no lot differs.
    private static let chance = 0.01
}

/// Scores by lot are much higher than by image: a new lot would have more false alarms than the threshold by image promises.
public struct LotWarning: Codable, Equatable, Sendable {
    public struct Lot: Codable, Equatable, Sendable {
        /// Counted from 0, in the order of the calibration's lots.
        public let index: Int
        public let images: Int
        /// How many of them the threshold by image flags when the model does not know the lot.
        public let flagged: Int

        package init(index: Int, images: Int, flagged: Int) {
            (self.index, self.images, self.flagged) = (index, images, flagged)
        }

        var share: Double { Double(flagged) / Double(images) }
    }

    /// The share of all images that the threshold by image flags when the model does not know their lot.
    public let falseAlarmRate: Double
    /// The lot that stands out; nil where none does.
    public let worst: Lot?
}
