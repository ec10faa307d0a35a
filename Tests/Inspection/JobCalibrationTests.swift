import Foundation
import Gaussian
import Inspection
import Journal
import Settings
import Storage
import TestSupport
import Testing
import Thresholds

/// A threshold that is found from what a model knows of normal images.
@Suite struct JobCalibrationTests {
    static let model = Digest(of: [1, 2, 3])

    /// Scores of 0 to 20, by the maximum and by the mean of the highest; those of lots are higher by `shift`.
    private func calibration(_ count: Int = 60, lots: Int = 6, shift: Float = 2, seed: UInt64 = 5) throws -> Calibration
    {
        var random = SeededGenerator(seed: seed)
        let images = try (0..<count).map { number in
            let score = Float(random.below(1_000)) / 50
            return Calibration.Image(
                digest: try #require(ContentDigest(bytes: [UInt8](repeating: UInt8(number), count: 16))),
                lot: lots > 0 ? number % lots : nil, scores: [score, score / 2],
                lotScores: lots > 0 ? [score + shift, score / 2 + shift] : nil)
        }
        return try Calibration(
            rules: [.max, .top(percent: 1)], images: images,
            lots: (0..<lots).map { _ in .init(images: Int64(count / lots), drift: 1) }, meanSquares: [1])
    }

    private func kept(
        _ calibration: Calibration?, _ scoring: ScoreSettings = ScoreSettings(), border: BlurBorder = .repeatingEdge
    ) throws -> JobCalibration {
        try JobCalibration(calibration, of: ("fit/model.safetensors", Self.model, border), scoring: scoring)
    }

    private func limit(_ rate: String, _ basis: CalibrationBasis = .larger) throws -> FalseAlarmLimit {
        FalseAlarmLimit(rate: try FalseAlarmRate(rate), basis: basis)
    }

    private func table(_ job: FinishedJob) throws -> [[String]] {
        try String(contentsOfFile: job.journal.directory.results, encoding: .utf8).split(separator: "\n").dropFirst()
            .map { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
    }

    /// By the conformal rule an image is flagged exactly if its p-value is at most the rate.
    @Test(arguments: CalibrationBasis.allCases, ["5%", "10%", "37%"])
    func flaggedIsWhoseTableSaysSo(_ basis: CalibrationBasis, _ rate: String) throws {
        let job = try FinishedJob(threshold: nil)
        let (calibration, limit) = (try calibration(), try limit(rate, basis))
        try job.journal.set(.calibration, to: kept(calibration))
        let choice = try job.journal.threshold(keeping: limit)
        try Flagging.run(job.journal, threshold: choice.chosen.flagging, foundBy: choice)
        let byImage = try #require(calibration.scores(.max))
        let byLot = try #require(calibration.scores(.max, byLot: true))
        for row in try table(job).dropLast() {
            let score = try #require(Float(row[2]))
            func pValue(_ scores: [Float]) -> Double { Double(1 + scores.count { $0 >= score }) / 61 }
            let expected =
                switch basis {
                case .image: pValue(byImage)
                case .lot: pValue(byLot)
                case .larger: max(pValue(byImage), pValue(byLot))
                }
            #expect(row.count == ResultsTable.header.count && Double(row[11]) == expected)
            #expect((row[5] == "1") == (expected <= limit.rate.value), "\(score)")
        }
        #expect(try table(job).last?.suffix(2) == ["", ""])
    }

    /// What a threshold promises is in the report, until another is given.
    @Test func theReportSaysHowTheThresholdWasFound() throws {
        let job = try FinishedJob()
        try job.journal.set(.calibration, to: kept(calibration()))
        let choice = try job.journal.threshold(keeping: limit("5%", .image))
        try Flagging.run(job.journal, threshold: choice.chosen.flagging, foundBy: choice)
        #expect(try job.journal.value(.thresholdChoice) == choice)
        let report = { try String(contentsOfFile: job.journal.directory.report, encoding: .utf8) }
        let sentence = "at most 5% will be flagged on average"
        #expect(try report().contains(sentence) && report().contains("by lot, not taken"))
        let pValues = try table(job).map { $0[11] }
        try Flagging.run(job.journal, threshold: Threshold(5))
        #expect(try !report().contains(sentence) && job.journal.value(.thresholdChoice) == nil)
        // Then the larger p-value is given, which is that by lot here.
        #expect(try table(job).map { $0[11] } != pValues)
    }

    /// The scores are those of the inspection's rule, and the journal keeps all that a choice needs.
    @Test func scoresAreOfTheInspectionsRule() throws {
        let calibration = try calibration()
        for rule in calibration.rules {
            let job = try FinishedJob()
            try job.journal.set(.calibration, to: kept(calibration, ScoreSettings(imageScore: rule)))
            let expected = try ThresholdChoice(
                byImage: CalibrationScores(#require(calibration.scores(rule))),
                byLot: CalibrationLots(#require(calibration.scoresOfLots(rule))), limit: limit("5%"))
            #expect(try job.journal.threshold(keeping: limit("5%")) == expected)
            #expect(try job.journal.value(.calibration)?.model == Self.model)
        }
        let withoutLots = try kept(self.calibration(lots: 0))
        #expect(try withoutLots.threshold(keeping: limit("5%")).byLot == nil)
        #expect(throws: ThresholdError.self) { try withoutLots.threshold(keeping: limit("5%", .lot)) }
    }

    @Test func whatDoesNotCompareIsRefused() throws {
        func refusal(_ make: () throws -> JobCalibration) -> String {
            do {
                _ = try make()
                return ""
            } catch { return "\(error)" }
        }
        let calibration = try calibration()
        let uncalibrated = refusal { try kept(nil) }
        #expect(
            uncalibrated.contains("fit/model.safetensors is not calibrated")
                && uncalibrated.contains("--calibrate none"))
        let border = refusal { try kept(calibration, border: .mirror) }
        #expect(border.contains("mirror") && border.contains("repeatingEdge"))
        let rule = refusal { try kept(calibration, ScoreSettings(imageScore: .top(percent: 2))) }
        #expect(rule.contains("max and top:1.0") && rule.contains("top:2.0"))
        let job = try FinishedJob()
        #expect(throws: InspectionError.self) { try job.journal.threshold(keeping: limit("5%")) }
    }
}
