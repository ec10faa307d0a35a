import Foundation

/// Which of n scores a threshold is taken from, and what rate of false alarms follows.
///
/// The share of normal images above the k-th lowest of n scores has the distribution Beta(n + 1 - k, k), whatever the scores'
/// distribution is, if it is continuous (Wilks, Annals of Mathematical Statistics 12, 1941); where scores are equal, the share is lower.
enum Ranks {
    /// The conformal rule: k = ceil((n + 1) (1 - rate)), so that at most `rate` of new normal images score more than the k-th, on average
    /// over the draw of the calibration's images.
    /// - Returns: nil where k is above n - 2, at rates below about 3 / (n + 1).
    static func conformal(_ count: Int, _ rate: FalseAlarmRate) -> Int? {
        // ceil((n + 1) (1 - a)) is (n + 1) - floor((n + 1) a), in whole numbers.
        let rank = count + 1 - rate.share.part(of: count + 1)
        return rank <= count - 2 && rank >= 1 ? rank : nil
    }

    /// The lowest rank whose rate is at most `rate` with the wanted confidence.
    /// - Throws: ``ThresholdError`` where not even the highest score is such a rank; it says which rate can be had.
    static func tolerant(
        _ count: Int, _ rate: FalseAlarmRate, _ confidence: Confidence
    ) throws(ThresholdError) -> Int {
        func reaches(_ rank: Int) -> Bool {
            distribution(count, rank).cumulative(rate.value) >= confidence.value
        }
        guard reaches(count) else {
            // Above the highest score the distribution is Beta(1, n), which has a quantile in closed form.
            let reachable = -expm1(log1p(-confidence.value) / Double(count))
            throw ThresholdError(
                "\(count) calibration scores cannot show a false-alarm rate of \(rate) with \(confidence) confidence: they show "
                    + "\(Percent.text((reachable * 10_000).rounded(.up) / 10_000)) at best; calibrate on more normal images, ask for "
                    + "a higher rate, or leave the confidence out")
        }
        // The higher the rank, the lower the rate.
        var (low, high) = (1, count)
        while low < high {
            let middle = low + (high - low) / 2
            if reaches(middle) { high = middle } else { low = middle + 1 }
        }
        return low
    }

    /// The middle 90% of the distribution of the rate.
    static func rateInterval(_ count: Int, rank: Int) -> CalibratedThreshold.RateInterval {
        let rates = distribution(count, rank)
        return .init(lower: rates.quantile(0.05), upper: rates.quantile(0.95), confidence: 0.9)
    }

    private static func distribution(_ count: Int, _ rank: Int) -> BetaDistribution {
        BetaDistribution(Double(count + 1 - rank), Double(rank))
    }
}
