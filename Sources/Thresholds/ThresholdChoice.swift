/// Which of the two thresholds of a calibration is taken.
public enum CalibrationBasis: String, CaseIterable, Codable, Sendable {
    /// That of scores by image: honest for images of the lots that the model was fitted on.
    case image
    /// That of scores by lot: honest for new lots.
    case lot
    /// The larger one of both, where there are both.
    case larger
}

/// The threshold that was chosen of a calibration, and what it was chosen from.
public struct ThresholdChoice: Codable, Equatable, Sendable {
    public let chosen: CalibratedThreshold
    /// Which one was asked for.
    public let basis: CalibrationBasis
    public let byImage: CalibratedThreshold
    /// Nil where lots are not known.
    public let byLot: CalibratedThreshold?
    /// Where the two differ much.
    public let warning: LotWarning?

    /// The limit that was asked for, by the names that the command line gives its values, as a job's record has them.
    public var limit: [String: String] {
        FalseAlarmLimit.named(rate: chosen.falseAlarmRate, confidence: chosen.confidence, basis: basis)
    }

    /// - Parameters:
    ///   - byImage: each image scored by the model without it.
    ///   - byLot: each image scored by the model without its lot; nil where lots are not known.
    /// - Throws: ``ThresholdError`` where a threshold cannot be had, or lots are asked for and not known.
    public init(
        byImage scores: CalibrationScores, byLot lots: CalibrationLots? = nil, rate: FalseAlarmRate,
        confidence: Confidence? = nil, basis: CalibrationBasis = .larger
    ) throws(ThresholdError) {
        guard basis != .lot || lots != nil else {
            throw ThresholdError(
                "this calibration knows no lots, so it has no threshold by lot; take the one by image, or calibrate with lots"
            )
        }
        let byImage = try CalibratedThreshold(scores, rate: rate, confidence: confidence)
        var byLot: CalibratedThreshold?
        var warning: LotWarning?
        if let lots {
            byLot = try CalibratedThreshold(lots.all, rate: rate, confidence: confidence, lots: lots.count)
            warning = Self.warning(byImage, lots, rate.value)
        }
        (self.byImage, self.byLot, self.warning, self.basis) = (byImage, byLot, warning, basis)
        chosen =
            switch (basis, byLot) {
            case (.lot, let byLot?): byLot
            case (.larger, let byLot?) where byLot.threshold > byImage.threshold: byLot
            default: byImage
            }
    }

    /// The same, for a limit.
    public init(
        byImage scores: CalibrationScores, byLot lots: CalibrationLots?, limit: FalseAlarmLimit
    ) throws(ThresholdError) {
        try self.init(
            byImage: scores, byLot: lots, rate: limit.rate, confidence: limit.confidence, basis: limit.basis)
    }

    /// There is one if the threshold by image flags more than twice as many images by lot as it should, and more than chance explains.
    private static func warning(_ byImage: CalibratedThreshold, _ lots: CalibrationLots, _ rate: Double) -> LotWarning?
    {
        let flagged = lots.all.countAtLeast(byImage.threshold)
        let share = Double(flagged) / Double(lots.all.count)
        guard share > 2 * rate, share > byImage.rateInterval?.upper ?? 0, flagged >= 3 else { return nil }
        return LotWarning(falseAlarmRate: share, worst: lots.outstanding(at: byImage.flagging, expecting: rate))
    }
}
