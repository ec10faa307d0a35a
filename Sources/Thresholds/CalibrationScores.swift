/// Scores that normal images have under models fitted without them, all made by one rule (maximum, or the mean of the highest): what a
/// new normal image's score is compared with.
public struct CalibrationScores: Equatable, Sendable {
    /// Lowest first. Finite, not negative.
    public let ascending: [Float]

    public var count: Int { ascending.count }

    /// Fewer say too little about a rate of any use.
    public static let fewest = 20

    /// - Parameter scores: in any order.
    /// - Throws: ``ThresholdError`` if one is negative or not finite, or so large that no Float32 is above it.
    public init(_ scores: [Float]) throws(ThresholdError) {
        if let wrong = scores.first(where: { !($0 >= 0 && $0.nextUp.isFinite) }) {
            throw ThresholdError("a calibration score is \(wrong), where scores are finite and not negative")
        }
        ascending = scores.sorted()
    }

    /// How many scores are at least this high. The time grows with the logarithm of their number.
    public func countAtLeast(_ score: Float) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = low + (high - low) / 2
            if ascending[middle] >= score { high = middle } else { low = middle + 1 }
        }
        return count - low
    }

    /// The conformal p-value of an image: how often a normal image scores at least as high as this one.
    ///
    /// (1 + the number of scores that are at least as high) / (n + 1): for a normal image like those of the calibration it is at most p
    /// with a probability of at most p (Vovk, Gammerman and Shafer, Algorithmic Learning in a Random World, 2005).
    public func pValue(of score: Float) -> Double { Double(1 + countAtLeast(score)) / Double(count + 1) }

    /// The rank-th lowest score.
    /// - Precondition: `rank` is 1 to `count`.
    func score(ofRank rank: Int) -> Float { ascending[rank - 1] }
}
