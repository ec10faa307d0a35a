import Thresholds

/// What a threshold gets right and wrong.
public struct Confusion: Codable, Equatable, Sendable {
    /// Anomalous and flagged.
    public var truePositives = 0
    /// Anomalous and not flagged.
    public var falseNegatives = 0
    /// Normal and flagged.
    public var falsePositives = 0
    /// Normal and not flagged.
    public var trueNegatives = 0

    // What `padim evaluate --json` has printed since its first release.
    private enum CodingKeys: String, CodingKey {
        case truePositives = "found"
        case falseNegatives = "missed"
        case falsePositives = "falseAlarms"
        case trueNegatives = "passed"
    }

    public init(_ scores: [LabelledScore], threshold: Threshold) {
        for item in scores {
            switch (item.isAnomalous, threshold.flags(item.score)) {
            case (true, true): truePositives += 1
            case (true, false): falseNegatives += 1
            case (false, true): falsePositives += 1
            case (false, false): trueNegatives += 1
            }
        }
    }

    /// The share of the flagged that is anomalous; nil if nothing is flagged.
    public var precision: Double? { Self.share(truePositives, of: truePositives + falsePositives) }
    /// The share of the anomalous that is flagged; nil if nothing is anomalous.
    public var recall: Double? { Self.share(truePositives, of: truePositives + falseNegatives) }
    /// The share of the normal that is flagged; nil if nothing is normal.
    public var falseAlarmRate: Double? { Self.share(falsePositives, of: falsePositives + trueNegatives) }
    /// The harmonic mean of precision and recall; nil if there is nothing to find and nothing flagged.
    public var f1: Double? { Self.share(2 * truePositives, of: 2 * truePositives + falseNegatives + falsePositives) }

    private static func share(_ part: Int, of whole: Int) -> Double? {
        whole > 0 ? Double(part) / Double(whole) : nil
    }
}
