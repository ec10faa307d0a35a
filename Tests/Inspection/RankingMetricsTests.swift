import Foundation
import Inspection
import TestSupport
import Testing
import Thresholds

/// Expected values: Fixtures/metrics_reference.py (scikit-learn).
@Suite struct RankingMetricsTests {
    @Test(arguments: [
        ("mono", 0.9533546325878596, 0.9761953438470603, 0.9131832797427654, Float(29.87933158874511)),
        ("poly", 0.8774695363760905, 0.9168629485161535, 0.8373702422145328, Float(17.104034423828125)),
    ])
    func solarCells(_ name: String, auroc: Double, precision: Double, f1: Double, threshold: Float) throws {
        let metrics = try #require(RankingMetrics(try Self.fixture(name)))
        #expect(abs(metrics.auroc - auroc) < 1e-14)
        #expect(abs(metrics.averagePrecision - precision) < 1e-12)
        #expect(abs(metrics.bestF1 - f1) < 1e-14)
        #expect(metrics.bestThreshold == threshold)
    }

    @Test func tiesCountHalf() throws {
        let metrics = try #require(RankingMetrics(Self.tied))
        #expect(abs(metrics.auroc - 0.6722264663441133) < 1e-14)
        #expect(abs(metrics.averagePrecision - 0.46174112552000346) < 1e-12)
        #expect(abs(metrics.bestF1 - 0.48611111111111116) < 1e-14)
        #expect(metrics.bestThreshold == 4)
    }

    @Test func orderDoesNotMatter() {
        var generator = SeededGenerator(seed: 3)
        #expect(RankingMetrics(Self.tied.shuffled(using: &generator)) == RankingMetrics(Self.tied))
    }

    @Test func risingTransformsChangeNothing() throws {
        let plain = try #require(RankingMetrics(Self.tied))
        for transform: (Float) -> Float in [{ $0 * 3 - 100 }, { sqrt($0) }, { $0 * $0 * $0 }] {
            let other = Self.tied.map { LabelledScore(transform($0.score), isAnomalous: $0.isAnomalous) }
            let metrics = try #require(RankingMetrics(other))
            #expect(metrics.auroc == plain.auroc && metrics.averagePrecision == plain.averagePrecision)
            #expect(metrics.bestF1 == plain.bestF1 && metrics.bestThreshold == transform(plain.bestThreshold))
        }
    }

    @Test func swappedLabelsGiveTheRest() throws {
        let plain = try #require(RankingMetrics(Self.tied))
        let swapped = try #require(
            RankingMetrics(Self.tied.map { LabelledScore($0.score, isAnomalous: !$0.isAnomalous) }))
        #expect(abs(plain.auroc + swapped.auroc - 1) < 1e-15)
    }

    @Test func theBestThresholdReachesTheBestF1() throws {
        let metrics = try #require(RankingMetrics(Self.tied))
        let threshold = Threshold(metrics.bestThreshold)
        #expect(Confusion(Self.tied, threshold: threshold).f1 == metrics.bestF1)
        for score in Set(Self.tied.map(\.score)) {
            let f1 = try #require(Confusion(Self.tied, threshold: Threshold(score)).f1)
            #expect(f1 <= metrics.bestF1)
        }
    }

    @Test func extremes() throws {
        func metrics(_ normal: [Float], _ anomalous: [Float]) -> RankingMetrics? {
            RankingMetrics(
                normal.map { LabelledScore($0, isAnomalous: false) }
                    + anomalous.map { LabelledScore($0, isAnomalous: true) })
        }
        #expect(metrics([1, 2], [3, 4])?.auroc == 1)
        #expect(metrics([3, 4], [1, 2])?.auroc == 0)
        #expect(metrics([1, 1], [1])?.auroc == 0.5)
        #expect(metrics([1, 2], [3])?.bestThreshold == 3)
        #expect(metrics([], [1]) == nil)
        #expect(metrics([1], []) == nil)
        #expect(metrics([.nan], [1]) == nil)
    }

    static let tied: [LabelledScore] = {
        var generator = SeededGenerator(seed: 7)
        return (0..<500).map { _ in
            let isAnomalous = generator.below(4) == 0
            return LabelledScore(Float(generator.below(40) + (isAnomalous ? 6 : 0)) / 4, isAnomalous: isAnomalous)
        }
    }()

    static func fixture(_ name: String) throws -> [LabelledScore] {
        let url = try #require(Bundle.module.url(forResource: "Fixtures/\(name)-scores", withExtension: "csv"))
        return try String(contentsOf: url, encoding: .utf8).split(whereSeparator: \.isNewline).dropFirst().map { line in
            let fields = line.split(separator: ",")
            return LabelledScore(try #require(Float(fields[2])), isAnomalous: fields[1] == "1")
        }
    }
}
