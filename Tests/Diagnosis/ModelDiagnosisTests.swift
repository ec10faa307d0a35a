import Compute
import Diagnosis
import Foundation
import Gaussian
import Settings
import Storage
import TestSupport
import Testing

@Suite struct ModelDiagnosisTests {
    private let folder: TemporaryFolder
    private static let (patches, dimension) = (20, 6)

    init() throws { folder = try TemporaryFolder() }

    /// A model of random images whose channel 4 is always the same, where it is to be dead.
    private func model(images: Int, dead: Bool = false, shrinkage: Shrinkage = .none, _ calibration: Calibration? = nil)
        throws -> GaussianModel
    {
        var random = SeededGenerator(seed: 9)
        let statistics = try Statistics(patches: Self.patches, dimension: Self.dimension)
        let rows = (0..<Self.patches * images).flatMap { _ in
            (0..<Self.dimension).map { dead && $0 == 4 ? 77 : Int32.random(in: -3_000...3_000, using: &random) }
        }
        try rows.withUnsafeBufferPointer { rows in
            guard let start = rows.baseAddress else { return }
            try statistics.fold(start, images: images, patches: 0..<Self.patches)
        }
        statistics.didFold(images: images, clamped: 0)
        let channels = [2, 3, 5, 7, 11, 13]
        let space = try FeatureSpace(
            backbone: "resnet18", weights: Digest(of: [1]), layers: ["layer1"], channels: channels,
            input: InputSettings(height: 64, width: 64), gridHeight: 4, gridWidth: 5,
            grid: FixedPointGrid(layerChannels: [64], kept: channels))
        try StatisticsFileWriter.write(statistics, space: space, to: folder["sums"])
        let crew = ThreadCrew(threads: 1)
        try ModelBuilder.build(
            from: StatisticsFile(path: folder["sums"]), ModelSettings(epsilon: 0.01, shrinkage: shrinkage),
            to: folder["plain"], crew: crew)
        _ = try GaussianModel(path: folder["plain"]).write(with: calibration, to: folder["model"], crew: crew)
        return try GaussianModel(path: folder["model"])
    }

    private func calibration(lots: [Double], images: Int = 60) throws -> Calibration {
        let size = lots.isEmpty ? images : images / lots.count
        return try Calibration(
            rules: [.max, .top(percent: 1)],
            images: (0..<images).map { number in
                Calibration.Image(
                    digest: Data("\(number)".utf8).withUnsafeBytes { ContentDigest(of: $0) },
                    lot: lots.isEmpty ? nil : number / size, scores: [Float(number + 1), Float(number + 1) / 2],
                    lotScores: lots.isEmpty ? nil : [Float(number + 2), Float(number)])
            }, lots: lots.map { .init(images: Int64(size), drift: $0) },
            meanSquares: [Double](repeating: 6, count: Self.patches))
    }

    private func warnings(_ model: GaussianModel) throws -> [String] { try ModelDiagnosis(of: model).warnings }

    @Test func aSoundModelHasNoWarning() throws {
        let found = try ModelDiagnosis(of: model(images: 60, calibration(lots: [1, 1.2, 2, 0.9, 3, 1.1])))
        #expect(found.warnings.isEmpty && found.spectrum.deadChannels.isEmpty)
        #expect(found.spectrum.positions.count == 16 && Set(found.spectrum.positions).count == 16)
        #expect(found.spectrum.positions.allSatisfy { (0..<20).contains($0) })
        // Uniform over 6,000 steps of 2^-9: variances of about 11.4, and no direction is epsilon's.
        #expect(found.spectrum.condition.highest < 10 && found.spectrum.condition.lowest >= 1)
        #expect(found.spectrum.effectiveRank.median > 5 && found.spectrum.effectiveRank.highest <= 6)
        #expect(found.spectrum.shareOfEpsilon.highest == 0)
    }

    @Test func deadChannelsAreNamedAsTheLayersCountThem() throws {
        let found = try ModelDiagnosis(of: model(images: 60, dead: true))
        #expect(found.spectrum.deadChannels == [11] && found.calibration == nil)
        #expect(found.spectrum.shareOfEpsilon.lowest == 1.0 / 6)
        #expect(found.warnings.count == 1 && found.warnings[0].contains("(11)"))
    }

    @Test func fewImagesAreWarnedOf() throws {
        #expect(try warnings(model(images: 6)).first?.contains("pooled:30") == true)
        #expect(try warnings(model(images: 6, shrinkage: .pooled(images: 30))).first?.contains("shrinkage") == true)
        #expect(try warnings(model(images: 7)).isEmpty)
    }

    @Test func lotsFarFromAllOthersAreNamed() throws {
        let found = try ModelDiagnosis(of: model(images: 60, calibration(lots: [1, 30, 2, 0.9, 12, 1.1])))
        #expect(found.warnings.count == 1 && found.warnings[0].contains("lots 1 (30.0), 4 (12.0)"))
        #expect(found.calibration?.lots.map(\.lot) == [1, 4, 2, 5, 0, 3])
        // All lots alike far from each other are no two products, and two lots say nothing of each other.
        #expect(try warnings(model(images: 60, calibration(lots: [20, 25, 30]))).isEmpty)
        #expect(try warnings(model(images: 60, calibration(lots: [30, 30]))).isEmpty)
        #expect(try warnings(model(images: 60, calibration(lots: [0, 1, 1, 50]))).count == 1)
    }

    @Test func scoresAndThresholdsAreTheCalibrations() throws {
        let found = try #require(ModelDiagnosis(of: model(images: 60, calibration(lots: [1, 1, 1]))).calibration)
        #expect(found.images == 60 && found.rule == "max" && found.rules == ["max", "top:1.0"])
        #expect(found.scores.map(\.basis) == [.image, .lot, .image, .lot])
        // Scores 1 to 60.
        #expect(found.scores[0].quantiles.map(\.score) == [3, 15, 30, 45, 57, 60])
        #expect(found.thresholds.map(\.falseAlarmRate) == [0.05, 0.01, 0.001])
        // ceil(61 * 0.95) = 58; by lot the scores are one higher.
        #expect(found.thresholds[0].choice?.byImage.threshold == Float(58).nextUp)
        #expect(found.thresholds[0].choice?.chosen.threshold == Float(59).nextUp)
        #expect(found.thresholds[2].choice?.chosen.rule == .extrapolated)
        let few = try #require(ModelDiagnosis(of: model(images: 60, calibration(lots: [], images: 19))).calibration)
        #expect(few.thresholds.allSatisfy { $0.choice == nil && $0.words[0].contains("too few") })
        #expect(few.lots.isEmpty && few.scores.map(\.basis) == [.image, .image])
    }

    @Test func itIsWrittenAsJSON() throws {
        let found = try ModelDiagnosis(of: model(images: 60, dead: true, calibration(lots: [1, 0, 3])))
        let text = String(decoding: try JSONEncoder().encode(found), as: UTF8.self)
        #expect(text.contains("\"deadChannels\":[11]") && text.contains("\"warnings\":[\""))
    }
}
