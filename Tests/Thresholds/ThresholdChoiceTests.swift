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
        let worst = try #require(warning.worst)
        #expect(worst.index == 2 && worst.images == 50 && worst.flagged >= 49)
        // The lot's 50 of 300, and a twentieth of the others.
        #expect(warning.falseAlarmRate > 0.17 && warning.falseAlarmRate < 0.27)
        #expect(choice.lines.count == 3 && choice.lines[2].contains("lot 2 (counted from 0) stands out"))
    }

    /// Lots of so many images, of which so many score above all by image, beside scores by image of which a twentieth is above the
    /// threshold.
    static func choice(_ lots: [(images: Int, high: Int)], basis: CalibrationBasis = .image) throws -> ThresholdChoice {
        try ThresholdChoice(
            byImage: CalibrationScores((1...400).map { Float($0) / 400 }),
            byLot: CalibrationLots(
                lots.map { lot in (0..<lot.images).map { $0 < lot.high ? 2 + Float($0) / 100 : 0.5 } }),
            rate: #require(rate), basis: basis)
    }

    /// A large lot has more flagged images, and a small one a share that chance does not explain.
    @Test func theLotIsNamedForItsShareAndNotForItsSize() throws {
        let alike = Array(repeating: (images: 20, high: 0), count: 4)
        let choice = try Self.choice([(600, 60)] + alike + [(20, 16)])
        #expect(try #require(choice.warning?.worst) == .init(index: 5, images: 20, flagged: 16))
        #expect(try #require(choice.caution).contains("16 of its 20 images"))
        // One of one image is the largest share, and is chance.
        let single = try Self.choice([(600, 60)] + alike + [(20, 16), (1, 1)])
        #expect(single.warning?.worst?.index == 5)
    }

    @Test func noLotIsNamedWhereAllDiffer() throws {
        let lots = Array(repeating: (images: 50, high: 10), count: 6)
        let choice = try Self.choice(lots)
        #expect(try #require(choice.warning).worst == nil)
        let caution = try #require(choice.caution)
        #expect(caution.contains("take the threshold by lot") && !caution.contains("stands out"))
    }

    /// Whoever took the threshold by lot is not told to take it.
    @Test func theThresholdByLotIsNotAskedForWhereItIsTaken() throws {
        let lots = Array(repeating: (images: 50, high: 10), count: 6)
        let alike = try Self.choice(lots, basis: .larger)
        #expect(alike.chosen.basis == .lot && alike.warning != nil && alike.caution == nil)
        let caution = try #require(try Self.choice(lots + [(50, 45)], basis: .larger).caution)
        #expect(caution.contains("lot 6 (counted from 0) stands out") && !caution.contains("take the threshold by lot"))
    }

    /// A promise for new lots says of how many lots it is.
    @Test func fewLotsMakeAGuess() throws {
        let few = try Self.choice(Array(repeating: (images: 50, high: 1), count: 3), basis: .lot).chosen
        #expect(few.lots == 3 && few.words.hasSuffix("; this is a guess from 3 lots only"), "\(few.words)")
        let more = try Self.choice(Array(repeating: (images: 50, high: 1), count: 5) + [(0, 0)], basis: .lot).chosen
        #expect(more.lots == 5 && more.words.hasSuffix("; this is from 5 lots"), "\(more.words)")
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
