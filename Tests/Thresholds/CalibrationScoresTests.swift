import TestSupport
import Testing
import Thresholds

@Suite struct CalibrationScoresTests {
    @Test(arguments: 1...20 as ClosedRange<UInt64>) func pValuesAreThoseOfCounting(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        // Few different values, so that many are equal.
        let scores = (0..<random.below(60)).map { _ in Float(random.below(20)) / 4 }
        let calibration = try CalibrationScores(scores.shuffled(using: &random))
        for score in scores + [0, 1.1, 2.5, 100, -1] {
            let count = scores.count { $0 >= score }
            #expect(calibration.countAtLeast(score) == count)
            #expect(calibration.pValue(of: score) == Double(1 + count) / Double(scores.count + 1))
        }
    }

    @Test(arguments: [-1, -.leastNonzeroMagnitude, .nan, .infinity, .greatestFiniteMagnitude] as [Float])
    func impossibleScoresAreRefused(_ score: Float) {
        #expect(throws: ThresholdError.self) { try CalibrationScores([1, score, 2]) }
        #expect(throws: ThresholdError.self) { try CalibrationLots([[1], [score]]) }
    }

    /// Where normal images are alike, p-values are evenly distributed, as their name promises.
    @Test func pValuesOfNormalImagesAreRarelyLow() throws {
        var random = SeededGenerator(seed: 5)
        var low = 0
        for _ in 0..<4_000 {
            let calibration = try CalibrationScores((0..<39).map { _ in Float(random.below(1 << 20)) })
            if calibration.pValue(of: Float(random.below(1 << 20))) <= 0.1 { low += 1 }
        }
        // A share of exactly 0.1, whose deviation is 19 of 4,000.
        #expect(abs(low - 400) < 80)
    }
}
