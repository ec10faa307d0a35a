import Foundation
import TestSupport
import Testing
import Thresholds

@Suite struct CalibratedThresholdTests {
    static func rate(_ value: Double) throws -> FalseAlarmRate { try FalseAlarmRate(value) }

    /// 1, 2, ... in a mixed order: the score of a rank is the rank.
    static func counting(_ count: Int) throws -> CalibrationScores {
        var random = SeededGenerator(seed: UInt64(count))
        return try CalibrationScores((1...count).map { Float($0) }.shuffled(using: &random))
    }

    /// Expected ranks: Fixtures/ranks_reference.py, by exact fractions and by SciPy.
    @Test func ranksAreThoseOfTheReference() throws {
        for row in try referenceRows("ranks") {
            let count = try #require(Int(row[0]))
            let scores = try Self.counting(count)
            let rate = try FalseAlarmRate(String(row[1]))
            let plain = try CalibratedThreshold(scores, rate: rate)
            let expected = try #require(Int(row[2]))
            #expect(plain.rank == (expected == 0 ? nil : expected), "\(row)")
            #expect(plain.rule == (expected == 0 ? .extrapolated : .conformal))
            if expected > 0 { #expect(plain.threshold == Float(expected).nextUp) }
            for (column, confidence) in [(3, "90%"), (4, "99%")] {
                let confidence = try Confidence(confidence)
                let tolerant = try? CalibratedThreshold(scores, rate: rate, confidence: confidence)
                #expect(tolerant?.rank ?? 0 == Int(row[column]), "\(row)")
            }
        }
    }

    /// For every number of images and every rate of whole per mille the rank is that of whole numbers.
    @Test func ranksAreExact() throws {
        for thousandths in 1..<1_000 {
            let rate = try Self.rate(Double(thousandths) / 1_000)
            for count in [20, 99, 199, 399, 499, 644, 999] {
                let rank = (((count + 1) * (1_000 - thousandths)) + 999) / 1_000
                let found = try CalibratedThreshold(try Self.counting(count), rate: rate)
                #expect(found.rank == (rank <= count - 2 ? rank : nil), "\(count) at \(thousandths)/1000")
            }
        }
    }

    /// The image of the rank's score is not flagged, and the next higher number is.
    @Test func theThresholdIsTheNextNumber() throws {
        let found = try CalibratedThreshold(Self.counting(644), rate: Self.rate(0.05))
        #expect(found.rank == 613)
        #expect(!found.flagging.flags(613) && found.flagging.flags(Float(613).nextUp))
    }

    /// At most the rate is flagged on average over calibrations, and less than one image of n + 1 below it.
    @Test(arguments: [0.05, 0.1]) func theRateIsKept(_ rate: Double) throws {
        var random = SeededGenerator(seed: 11)
        var share = 0.0
        let draws = 1_500
        for _ in 0..<draws {
            // Evenly distributed scores: the share above a threshold is 1 - threshold.
            let scores = (0..<60).map { _ in Float(random.below(1 << 24)) / Float(1 << 24) }
            let found = try CalibratedThreshold(try CalibrationScores(scores), rate: Self.rate(rate))
            share += 1 - Double(found.threshold)
        }
        // The rate has a deviation below 0.04 a draw.
        #expect(share / Double(draws) < rate + 0.004)
        #expect(share / Double(draws) > rate - 1.0 / 61 - 0.004)
    }

    @Test func theConfidenceIsKept() throws {
        var random = SeededGenerator(seed: 12)
        let (rate, confidence) = (try Self.rate(0.1), try Confidence("90%"))
        let draws = 1_500
        var kept = 0
        for _ in 0..<draws {
            let scores = (0..<60).map { _ in Float(random.below(1 << 24)) / Float(1 << 24) }
            let found = try CalibratedThreshold(try CalibrationScores(scores), rate: rate, confidence: confidence)
            if 1 - Double(found.threshold) <= 0.1 { kept += 1 }
        }
        #expect(Double(kept) / Double(draws) >= 0.88)
    }

    /// Twice the rate never has a higher threshold, also where one is extrapolated and the other is not.
    @Test(arguments: 1...20 as ClosedRange<UInt64>) func lowerRatesHaveNoLowerThresholds(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let scores = try CalibrationScores(
            (0..<(20 + random.below(200))).map { _ in Float(1 + random.below(1_000)) / 8 })
        var last = Float.infinity
        for power in 1...20 {
            let threshold = try CalibratedThreshold(scores, rate: Self.rate(1e-6 * pow(2, Double(power) - 1))).threshold
            #expect(threshold <= last)
            last = threshold
        }
    }

    /// Scores whose logarithms are exponentially distributed have the tail that is extrapolated: the quantile is known.
    @Test func theTailOfAnExponentialIsFound() throws {
        // The quantiles of x^-2 at (i - 0.5) / n: the sample of least chance.
        let count = 1_000
        let scores = try CalibrationScores((1...count).map { Float(pow((Double($0) - 0.5) / Double(count), -0.5)) })
        let found = try CalibratedThreshold(scores, rate: Self.rate(0.0005))
        #expect(found.rule == .extrapolated && found.tail == 200 && found.rank == nil && found.rateInterval == nil)
        let exact = pow(0.0005, -0.5)
        #expect(abs(Double(found.threshold) - exact) < 0.02 * exact)
    }

    /// The formula, in other words: 20 scores 1 to 20, of which the tail is the ten highest.
    @Test func theTailIsTheFormula() throws {
        let found = try CalibratedThreshold(Self.counting(20), rate: Self.rate(0.05))
        let excess = (11...20).reduce(0.0) { $0 + log(Double($1)) - log(10) } / 10
        let exact = exp(log(10) + excess * log(10 / (20 * 0.05)))
        #expect(abs(Double(found.threshold) - exact) < 1e-5 * exact)
        #expect(Double(found.threshold) >= exact)
    }

    @Test func zerosInTheTail() throws {
        let rate = try Self.rate(0.01)
        func scores(zeros: Int, positive: Int) throws -> CalibrationScores {
            try CalibrationScores([Float](repeating: 0, count: zeros) + (0..<positive).map { 1 + Float($0) })
        }
        // Eleven are above 0: the tail is ten of them.
        #expect(try CalibratedThreshold(try scores(zeros: 60, positive: 11), rate: rate).tail == 10)
        for positive in [0, 10] {
            #expect(throws: ThresholdError.self) {
                try CalibratedThreshold(try scores(zeros: 60, positive: positive), rate: rate)
            }
        }
        // Ranks need no logarithms.
        let ranked = try CalibratedThreshold(try scores(zeros: 60, positive: 0), rate: Self.rate(0.2))
        #expect(ranked.threshold == .leastNonzeroMagnitude)
    }

    @Test func fewScoresAreRefused() throws {
        let error = #expect(throws: ThresholdError.self) {
            try CalibratedThreshold(try Self.counting(19), rate: Self.rate(0.3))
        }
        #expect(error?.description.contains("19 calibration scores") == true)
    }

    @Test func anImpossibleConfidenceNamesTheRateThatCanBeHad() throws {
        let scores = try Self.counting(60)
        let confidence = try Confidence("90%")
        let error = #expect(throws: ThresholdError.self) {
            try CalibratedThreshold(scores, rate: Self.rate(0.01), confidence: confidence)
        }
        // 1 - 0.1^(1/60) is 0.03765.
        #expect(error?.description.contains("3.77% at best") == true, "\(error?.description ?? "")")
        #expect(try CalibratedThreshold(scores, rate: Self.rate(0.0377), confidence: confidence).rank == 60)
    }

    @Test func theWordsSayWhatIsPromised() throws {
        let rate = try Self.rate(0.01)
        let many = try CalibratedThreshold(Self.counting(644), rate: rate)
        #expect(
            many.words
                == "of new normal images like these at most 1% will be flagged on average; for this calibration of 644 images the rate is "
                + "between 0.41% and 1.6% with 90% confidence")
        #expect(try CalibratedThreshold(Self.counting(644), rate: rate, lots: 10).rateInterval == nil)
        #expect(
            try CalibratedThreshold(Self.counting(100), rate: rate).words.contains(
                "extrapolated from the highest 20 of 100"))
        let sure = try CalibratedThreshold(Self.counting(644), rate: rate, confidence: Confidence("90%"))
        #expect(
            sure.words.hasPrefix("of new normal images like these at most 1% will be flagged, with 90% confidence;"))
    }

    /// Programs read what the JSON says, so its names do not change.
    @Test func namesInJSONStay() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let found = try CalibratedThreshold(Self.counting(644), rate: Self.rate(0.01), lots: 10)
        let json = try encoder.encode(found)
        #expect(
            String(decoding: json, as: UTF8.self)
                == #"{"basis":"lot","falseAlarmRate":0.01,"images":644,"lots":10,"rank":639,"rule":"conformal","threshold":639.00006}"#
        )
        #expect(try JSONDecoder().decode(CalibratedThreshold.self, from: json) == found)
    }
}
