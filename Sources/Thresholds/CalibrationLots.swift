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

    /// The lot with the most images at or above a threshold beyond the share that is expected.
    /// - Returns: nil if no lot has more than that.
    func worst(at threshold: Threshold, expecting rate: Double) -> LotWarning.Lot? {
        func excess(_ lot: CalibrationScores) -> Double {
            Double(lot.countAtLeast(threshold.value)) - rate * Double(lot.count)
        }
        let worst = lots.indices.max { excess(lots[$0]) < excess(lots[$1]) }
        guard let worst, excess(lots[worst]) > 0 else { return nil }
        return .init(
            index: worst, images: lots[worst].count, flagged: lots[worst].countAtLeast(threshold.value))
    }
}

/// Scores by lot are much higher than by image: a new lot would have more false alarms than the threshold by image promises.
public struct LotWarning: Codable, Equatable, Sendable {
    public struct Lot: Codable, Equatable, Sendable {
        /// Counted from 0, in the order of the calibration's lots.
        public let index: Int
        public let images: Int
        /// How many of them the threshold by image flags when the model does not know the lot.
        public let flagged: Int
    }

    /// The share of all images that the threshold by image flags when the model does not know their lot.
    public let falseAlarmRate: Double
    /// The lot that is most to blame.
    public let worst: Lot
}
