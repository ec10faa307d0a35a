/// What a threshold gets right and wrong.
public struct Confusion: Codable, Equatable, Sendable {
    /// Anomalous and flagged.
    public var found = 0
    /// Anomalous and not flagged.
    public var missed = 0
    /// Normal and flagged.
    public var falseAlarms = 0
    /// Normal and not flagged.
    public var passed = 0

    public init(_ scores: [LabelledScore], threshold: Threshold) {
        for item in scores {
            switch (item.isAnomalous, threshold.flags(item.score)) {
            case (true, true): found += 1
            case (true, false): missed += 1
            case (false, true): falseAlarms += 1
            case (false, false): passed += 1
            }
        }
    }

    /// The share of the flagged that is anomalous; nil if nothing is flagged.
    public var precision: Double? { Self.share(found, of: found + falseAlarms) }
    /// The harmonic mean of precision and recall; nil if there is nothing to find and nothing flagged.
    public var f1: Double? { Self.share(2 * found, of: 2 * found + missed + falseAlarms) }

    private static func share(_ part: Int, of whole: Int) -> Double? {
        whole > 0 ? Double(part) / Double(whole) : nil
    }
}
