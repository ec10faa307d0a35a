import Foundation
import Testing
import Thresholds

@Suite struct ScoreOutliersTests {
    /// Median 2 and median absolute difference 1 of the logarithms: the limit is e^(2 + 3.5 * 1.4826).
    @Test func theLimitIsThatOfTheRule() throws {
        let scores = [0, 1, 2, 3, 4].map { Float(exp(Double($0))) }
        let limit = try #require(ScoreOutliers(scores).limit)
        #expect(abs(limit / exp(2 + 3.5 * 1.4826) - 1) < 1e-6)
        #expect(!ScoreOutliers(scores).has(Float(limit * 0.999)) && ScoreOutliers(scores).has(Float(limit * 1.001)))
    }

    @Test func thatOfFewOrEqualScoresIsNone() {
        #expect(ScoreOutliers([]).limit == nil && ScoreOutliers([1, 2]).limit == nil)
        #expect(ScoreOutliers([5, 5, 5, 5, 100]).limit == nil)
        #expect(!ScoreOutliers([5, 5, 5, 5, 100]).has(100))
    }

    /// A scale makes no difference, as another exposure makes.
    @Test(arguments: [Float(0.001), 1, 1_000]) func aScaleMakesNoDifference(scale: Float) {
        let scores: [Float] = [8, 9, 10, 11, 12, 13, 90]
        let outliers = ScoreOutliers(scores.map { $0 * scale })
        #expect(scores.map { outliers.has($0 * scale) } == [false, false, false, false, false, false, true])
    }
}
