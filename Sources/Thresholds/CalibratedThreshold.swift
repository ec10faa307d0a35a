/// A threshold that follows from calibration scores and a wanted rate of false alarms, with what is known about it.
public struct CalibratedThreshold: Codable, Equatable, Sendable {
    /// How the threshold was found.
    public enum Rule: String, Codable, Sendable {
        /// The rank of the conformal rule: the rate is kept on average over the draw of the calibration's images.
        case conformal
        /// The lowest rank that keeps the rate with the wanted confidence.
        case tolerance
        /// Beyond what ranks can say: by an exponential tail of the logarithms of the highest scores.
        case extrapolated
    }

    /// What the calibration's scores were left out by.
    public enum Basis: String, Codable, CaseIterable, Sendable {
        /// Each image is scored by the model without this image.
        case image
        /// Each image is scored by the model without its whole lot.
        case lot
    }

    /// A range of rates.
    public struct RateInterval: Codable, Equatable, Sendable {
        public let lower: Double
        public let upper: Double
        /// The probability that the rate of this calibration lies within.
        public let confidence: Double
    }

    /// An image that scores at least this much is flagged.
    public let threshold: Float
    public let rule: Rule
    public let basis: Basis
    /// The wanted rate of false alarms, as a fraction.
    public let falseAlarmRate: Double
    /// Of the tolerance rule.
    public let confidence: Double?
    /// How many scores the calibration has.
    public let images: Int
    /// The threshold is the next number above the score of this rank, counted from the lowest, 1; nil where it is extrapolated.
    public let rank: Int?
    /// How many lots the scores are of, where each is scored by the model without its lot; nil for scores by image, and where an earlier
    /// release did not count them.
    public let lots: Int?
    /// The highest scores that an extrapolation is from; nil where there is none.
    public let tail: Int?
    /// Where the rate of false alarms of this calibration lies; nil where nobody knows: for scores by lot, and where it is extrapolated.
    public let rateInterval: RateInterval?

    /// The rule that flags.
    public var flagging: Threshold { Threshold(threshold) }
}

extension CalibratedThreshold {
    /// Finds the threshold: by the rank of the conformal rule (see ``Rule``), by the tolerance rule where a confidence is wanted, and by
    /// an extrapolation where the conformal rank is above n - 2, and the scores there say too little.
    ///
    /// The threshold is the next Float32 above the score of the rank. The rule flags scores that are greater than the score of the rank, and
    /// this program flags scores that are greater than or equal to the threshold.
    /// - Parameter lots: how many lots the scores are of, if each is scored by the model without its lot; nil for scores by image.
    /// - Throws: ``ThresholdError`` where the scores are too few, or do not reach the rate or the confidence.
    public init(
        _ scores: CalibrationScores, rate: FalseAlarmRate, confidence: Confidence? = nil, lots: Int? = nil
    ) throws(ThresholdError) {
        guard scores.count >= CalibrationScores.fewest else {
            throw ThresholdError(
                "\(scores.count) calibration scores are too few for a threshold: it takes at least "
                    + "\(CalibrationScores.fewest) normal images")
        }
        if let confidence {
            let rank = try Ranks.tolerant(scores.count, rate, confidence)
            self.init(scores, rank: rank, .tolerance, lots, rate, confidence)
        } else if let rank = Ranks.conformal(scores.count, rate) {
            self.init(scores, rank: rank, .conformal, lots, rate, nil)
        } else {
            try self.init(scores, ScoreTail(scores), lots, rate)
        }
    }

    private init(
        _ scores: CalibrationScores, _ tail: ScoreTail, _ lots: Int?, _ rate: FalseAlarmRate
    ) throws(ThresholdError) {
        self.init(
            threshold: try tail.threshold(rate), rule: .extrapolated, basis: lots == nil ? .image : .lot,
            falseAlarmRate: rate.value, confidence: nil, images: scores.count, rank: nil, lots: lots, tail: tail.scores,
            rateInterval: nil)
    }

    private init(
        _ scores: CalibrationScores, rank: Int, _ rule: Rule, _ lots: Int?, _ rate: FalseAlarmRate,
        _ confidence: Confidence?
    ) {
        self.init(
            threshold: scores.score(ofRank: rank).nextUp, rule: rule, basis: lots == nil ? .image : .lot,
            falseAlarmRate: rate.value, confidence: confidence?.value, images: scores.count, rank: rank, lots: lots,
            tail: nil,
            // Images of one lot are alike: their number is not that of independent draws.
            rateInterval: lots == nil ? Ranks.rateInterval(scores.count, rank: rank) : nil)
    }
}
