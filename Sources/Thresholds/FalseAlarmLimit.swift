/// How many false alarms a threshold may give, and by which calibration scores that is judged.
public struct FalseAlarmLimit: Equatable, Sendable {
    public var rate: FalseAlarmRate
    /// Nil: the rate is kept on average.
    public var confidence: Confidence?
    public var basis: CalibrationBasis

    public init(rate: FalseAlarmRate, confidence: Confidence? = nil, basis: CalibrationBasis = .larger) {
        (self.rate, self.confidence, self.basis) = (rate, confidence, basis)
    }

    /// The values by the names that the command line gives them, as a job's record has them.
    public var named: [String: String] { Self.named(rate: rate.value, confidence: confidence?.value, basis: basis) }

    /// The names of the values that say how a threshold is chosen.
    public static let names = ["false-alarm-rate", "calibration", "confidence"]

    static func named(rate: Double, confidence: Double?, basis: CalibrationBasis) -> [String: String] {
        var named = ["false-alarm-rate": Percent.text(rate, digits: 15), "calibration": basis.rawValue]
        named["confidence"] = confidence.map { Percent.text($0, digits: 15) }
        return named
    }

    /// Looks whether a calibration of this size can keep the limit, before it is made. What its scores are may still speak against it.
    /// - Parameters:
    ///   - images: the most scores that it can have.
    ///   - knowsLots: whether images are also scored by lot.
    /// - Throws: ``ThresholdError`` where it cannot.
    public func requireReachable(images: Int, knowsLots: Bool) throws(ThresholdError) {
        // Ranks ask for nothing but the scores' number and order.
        let scores = (0..<images).map { 1 + Float($0) }
        _ = try ThresholdChoice(
            byImage: CalibrationScores(scores), byLot: knowsLots ? CalibrationLots([scores]) : nil, limit: self)
    }
}
