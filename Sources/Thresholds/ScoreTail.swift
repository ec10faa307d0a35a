import Foundation

/// The highest scores as an exponential tail: the amounts by which their logarithms exceed that of the next lower score are taken as
/// exponentially distributed, with their mean (Hill's estimator; Hill, Annals of Statistics 3, 1975). It reaches to rates that ranks cannot.
struct ScoreTail {
    /// How many scores the tail has.
    let scores: Int
    private let all: CalibrationScores
    /// The logarithm of the score below the tail.
    private let begin: Double
    private let mean: Double

    /// The fewest scores that a tail is estimated from.
    private static let fewest = 10

    /// The highest fifth, at least ten. The logarithm of 0 is not finite: scores of 0 are left out of the tail.
    /// - Throws: ``ThresholdError`` where too few scores are positive.
    init(_ all: CalibrationScores) throws(ThresholdError) {
        let positive = all.countAtLeast(.leastNonzeroMagnitude)
        let wanted = max(Self.fewest, Int((0.2 * Double(all.count)).rounded()))
        scores = min(wanted, positive - 1)
        guard scores >= Self.fewest else {
            throw ThresholdError(
                "only \(positive) of \(all.count) calibration scores are above 0: too few to extrapolate from; calibrate on more normal "
                    + "images, or ask for a higher false-alarm rate")
        }
        self.all = all
        let begin = log(Double(all.score(ofRank: all.count - scores)))
        self.begin = begin
        mean = all.ascending.suffix(scores).reduce(0) { $0 + log(Double($1)) - begin } / Double(scores)
    }

    /// Where the tail is left with the probability `rate`: exp(u + b ln(m / (n rate))), for m of n scores, u the logarithm of the score
    /// below them, and b the mean excess. It is not below the threshold of any rate that ranks give, so that a lower rate never has a lower
    /// threshold.
    /// - Throws: ``ThresholdError`` where that is no number.
    func threshold(_ rate: FalseAlarmRate) throws(ThresholdError) -> Float {
        let exact = exp(begin + mean * log(Double(scores) / (Double(all.count) * rate.value)))
        let nearest = Float(exact)
        let above = Double(nearest) < exact ? nearest.nextUp : nearest
        guard above.isFinite else {
            throw ThresholdError(
                "the calibration scores spread so widely that a false-alarm rate of \(rate) has no threshold; look for images "
                    + "that are not normal among the highest of them")
        }
        return max(above, all.score(ofRank: all.count - 2).nextUp)
    }
}
