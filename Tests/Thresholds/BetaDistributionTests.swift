import TestSupport
import Testing
import Thresholds

/// Expected values: Fixtures/beta_reference.py (SciPy), for calibrations of up to a million images.
@Suite struct BetaDistributionTests {
    @Test func valuesAreThoseOfTheReference() throws {
        var rows = 0
        for row in try referenceRows("beta") {
            let count = try #require(Double(row[0]))
            let rank = try #require(Double(row[1]))
            let distribution = BetaDistribution(count + 1 - rank, rank)
            let (probability, quantile) = (try #require(Double(row[2])), try #require(Double(row[3])))
            let (place, cumulative) = (try #require(Double(row[4])), try #require(Double(row[5])))
            #expect(abs(distribution.cumulative(place) - cumulative) < 1e-7 * max(cumulative, 1e-12), "\(row)")
            if place == quantile {
                #expect(abs(distribution.quantile(probability) - quantile) < 1e-8 * quantile, "\(row)")
            }
            rows += 1
        }
        #expect(rows > 1_000)
    }

    @Test func theEndsAreCertain() {
        let distribution = BetaDistribution(3, 7)
        #expect(distribution.cumulative(0) == 0 && distribution.cumulative(-1) == 0)
        #expect(distribution.cumulative(1) == 1 && distribution.cumulative(2) == 1)
        #expect(distribution.quantile(0) == 0 || distribution.quantile(0) < 1e-300)
    }

    /// Turned round it is the distribution of 1 - x.
    @Test func bothSidesAddUp() {
        var random = SeededGenerator(seed: 3)
        for _ in 0..<500 {
            let (alpha, beta) = (Double(1 + random.below(3_000)), Double(1 + random.below(3_000)))
            let x = Double(random.below(1_000)) / 1_000
            let sum = BetaDistribution(alpha, beta).cumulative(x) + BetaDistribution(beta, alpha).cumulative(1 - x)
            #expect(abs(sum - 1) < 1e-10)
        }
    }
}
