import Foundation

/// Which scores stand out among those of normal images: whose logarithm is more than 3.5 standard deviations above the median, where the
/// deviation is 1.4826 times the median of the absolute differences from it (Iglewicz and Hoaglin 1993).
public struct ScoreOutliers: Sendable {
    /// A score above this stands out. Nil where the scores are too few, or more than half of them are equal.
    public let limit: Double?

    private static let fewest = 3
    private static let deviations = 3.5
    private static let consistency = 1.4826

    public init(_ scores: [Float]) {
        let logarithms = scores.filter { $0 > 0 }.map { log(Double($0)) }
        let median = Self.median(logarithms)
        let spread = Self.median(logarithms.map { abs($0 - median) })
        limit =
            logarithms.count >= Self.fewest && spread > 0
            ? exp(median + Self.deviations * Self.consistency * spread) : nil
    }

    public func has(_ score: Float) -> Bool { limit.map { Double(score) > $0 } ?? false }

    private static func median(_ numbers: [Double]) -> Double {
        guard !numbers.isEmpty else { return 0 }
        let sorted = numbers.sorted()
        return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
    }
}
