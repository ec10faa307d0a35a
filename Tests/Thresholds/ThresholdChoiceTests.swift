import TestSupport
import Testing
import Thresholds

@Suite struct ThresholdChoiceTests {
    static let rate = try? FalseAlarmRate("5%")

    /// Scores of 1 to 2 by image, and lots of 50 images with the same scores by lot but for `shift` in lot 2.
    static func choice(
        shift: Float, basis: CalibrationBasis = .larger, lots: Bool = true
    ) throws -> ThresholdChoice {
        var random = SeededGenerator(seed: 21)
        let byLot = (0..<6).map { lot in
            (0..<50).map { _ in Float(random.below(1_000)) / 1_000 + (lot == 2 ? 1 + shift : 1) }
        }
        let byImage = (0..<300).map { _ in 1 + Float(random.below(1_000)) / 1_000 }
        return try ThresholdChoice(
            byImage: CalibrationScores(byImage), byLot: lots ? CalibrationLots(byLot) : nil,
            rate: #require(rate), basis: basis)
    }

    @Test func theLargerIsTaken() throws {
        let choice = try Self.choice(shift: 1)
        let byLot = try #require(choice.byLot)
        #expect(byLot.threshold > choice.byImage.threshold && choice.chosen == byLot)
        #expect(try Self.choice(shift: 1, basis: .image).chosen == choice.byImage)
        let below = try Self.choice(shift: -0.5)
        #expect(
            below.chosen
                == (try #require(below.byLot).threshold > below.byImage.threshold ? below.byLot : below.byImage))
        #expect(try Self.choice(shift: -0.5, basis: .lot).chosen == below.byLot)
    }

    @Test func theDeviantLotIsNamed() throws {
        let choice = try Self.choice(shift: 1)
        let warning = try #require(choice.warning)
        #expect(warning.worst.index == 2 && warning.worst.images == 50 && warning.worst.flagged >= 49)
        // The lot's 50 of 300, and a twentieth of the others.
        #expect(warning.falseAlarmRate > 0.17 && warning.falseAlarmRate < 0.27)
        #expect(choice.lines.count == 3 && choice.lines[2].contains("lot 2 (counted from 0"))
    }

    /// What cannot be had of any scores is known before there are some.
    @Test func whatIsOutOfReachIsKnownBefore() throws {
        let rate = try #require(Self.rate)
        let sure = FalseAlarmLimit(rate: rate, confidence: try Confidence("90%"))
        // 1 - 0.1^(1/n) is below 5% from 45 on.
        try sure.requireReachable(images: 45, knowsLots: true)
        #expect(throws: ThresholdError.self) { try sure.requireReachable(images: 44, knowsLots: true) }
        let byLot = FalseAlarmLimit(rate: rate, basis: .lot)
        try byLot.requireReachable(images: 20, knowsLots: true)
        #expect(throws: ThresholdError.self) { try byLot.requireReachable(images: 19, knowsLots: true) }
        #expect(throws: ThresholdError.self) { try byLot.requireReachable(images: 20, knowsLots: false) }
        #expect(sure.named == ["false-alarm-rate": "5%", "confidence": "90%", "calibration": "larger"])
    }

    @Test func lotsThatAreAlikeAreNoReasonToWarn() throws {
        #expect(try Self.choice(shift: 0).warning == nil)
        #expect(try Self.choice(shift: 0).lines.count == 2)
    }

    @Test func withoutLotsThereIsOneThreshold() throws {
        let choice = try Self.choice(shift: 0, lots: false)
        #expect(choice.byLot == nil && choice.chosen == choice.byImage && choice.lines.count == 1)
        #expect(throws: ThresholdError.self) { try Self.choice(shift: 0, basis: .lot, lots: false) }
    }
}
