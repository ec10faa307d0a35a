import Inspection
import Settings
import TestSupport
import Testing
import Thresholds

@Suite struct OperatingPointTests {
    /// Scores with many ties, of both kinds.
    static func scores(_ seed: UInt64) -> [LabelledScore] {
        var random = SeededGenerator(seed: seed)
        return [LabelledScore(3, isAnomalous: true), LabelledScore(2, isAnomalous: false)]
            + (0..<random.below(80)).map { _ in
                let isAnomalous = random.percent(40)
                return LabelledScore(Float(random.below(30) + (isAnomalous ? 8 : 0)) / 4, isAnomalous: isAnomalous)
            }
    }

    static func chosen(_ point: OperatingPoint, _ scores: [LabelledScore]) -> Threshold {
        point.threshold(among: ScoreGroup.groups(of: scores))
    }

    /// All thresholds that tell sets of images apart.
    static func candidates(_ scores: [LabelledScore]) -> [Threshold] {
        let all = Set(scores.map(\.score)).sorted(by: >)
        return [Threshold((all.first ?? 0).nextUp)] + all.map { Threshold($0) }
    }

    @Test(arguments: 1...30 as ClosedRange<UInt64>) func theRecallIsReachedByTheHighestThreshold(seed: UInt64) throws {
        let scores = Self.scores(seed)
        for share in [0.001, 0.1, 0.25, 0.5, 0.9, 0.95, 1] {
            let chosen = Self.chosen(.recall(share), scores)
            #expect(try #require(Confusion(scores, threshold: chosen).recall) >= share)
            for higher in Self.candidates(scores) where higher.value > chosen.value {
                #expect(try #require(Confusion(scores, threshold: higher).recall) < share)
            }
        }
    }

    @Test(arguments: 1...30 as ClosedRange<UInt64>) func noThresholdCostsLess(seed: UInt64) {
        let scores = Self.scores(seed)
        for (miss, alarm) in [(1, 1), (50, 1), (1, 50), (0.5, 0.75)] as [(Double, Double)] {
            func cost(_ threshold: Threshold) -> Double {
                let confusion = Confusion(scores, threshold: threshold)
                return miss * Double(confusion.falseNegatives) + alarm * Double(confusion.falsePositives)
            }
            let point = OperatingPoint.costs(miss: miss, alarm: alarm)
            let chosen = Self.chosen(point, scores)
            for other in Self.candidates(scores) {
                #expect(other.value > chosen.value ? cost(other) > cost(chosen) : cost(other) >= cost(chosen))
            }
            let evaluation = ThresholdEvaluation(
                scores.map { .init($0) }, at: chosen, origin: .costs, point: point)
            #expect(evaluation.cost == cost(chosen))
        }
    }

    /// Nine of ten are a share of 0.9, whatever 0.9 is in binary.
    @Test(arguments: 1...100) func sharesOfWholeNumbersAreExact(_ found: Int) {
        let scores = (1...100).map { LabelledScore(Float($0), isAnomalous: true) } + [.init(0, isAnomalous: false)]
        #expect(Self.chosen(.recall(Double(found) / 100), scores).value == Float(101 - found))
    }

    @Test func flaggingNothingMayCostLeast() {
        let scores = [LabelledScore(5, isAnomalous: false), LabelledScore(1, isAnomalous: true)]
        #expect(Self.chosen(.costs(miss: 1, alarm: 10), scores).value == Float(5).nextUp)
        #expect(Self.chosen(.costs(miss: 10, alarm: 1), scores).value == 1)
        #expect(Self.chosen(.threshold(2.5), scores).value == 2.5)
    }

    @Test(
        arguments: [
            .threshold(.nan), .threshold(.infinity), .recall(0), .recall(1.1), .recall(.nan), .costs(miss: 0, alarm: 1),
            .costs(miss: 1, alarm: -1), .costs(miss: .infinity, alarm: 1), .costs(miss: 1, alarm: .nan),
        ] as [OperatingPoint]) func impossibleValuesAreNamed(_ point: OperatingPoint)
    {
        #expect(point.fault != nil)
        #expect(OperatingPoint.recall(1).fault == nil && OperatingPoint.costs(miss: 50, alarm: 1).fault == nil)
    }

    @Test func partsAddUpToTheWhole() {
        var random = SeededGenerator(seed: 9)
        let images = Self.scores(31).map {
            ThresholdEvaluation.Image(
                $0, category: ["bottle", "cable"][random.below(2)],
                defect: $0.isAnomalous ? ["crack", "stain"][random.below(2)] : nil,
                lot: ["Monday", "Tuesday"][random.below(2)])
        }
        let evaluation = ThresholdEvaluation(images, at: Threshold(4), origin: .threshold)
        #expect(evaluation.categories.map(\.name) == ["bottle", "cable"])
        #expect(evaluation.defects.map(\.name) == ["crack", "stain"])
        func sum(_ parts: [ThresholdEvaluation.Part], _ count: (Confusion) -> Int) -> Int {
            parts.reduce(0) { $0 + count($1.confusion) }
        }
        let whole = evaluation.confusion
        for parts in [evaluation.categories, evaluation.lots, evaluation.defects] {
            #expect(sum(parts, \.truePositives) == whole.truePositives)
            #expect(sum(parts, \.falseNegatives) == whole.falseNegatives)
        }
        #expect(sum(evaluation.categories, \.falsePositives) == whole.falsePositives)
        #expect(sum(evaluation.categories, \.trueNegatives) == whole.trueNegatives)
        #expect(evaluation.lots.map(\.name) == ["Monday", "Tuesday"])
        #expect(sum(evaluation.lots, \.trueNegatives) == whole.trueNegatives)
        #expect(sum(evaluation.defects, \.falsePositives) == 0)
        #expect(evaluation.falseAlarmRate == whole.falseAlarmRate && evaluation.recall == whole.recall)
    }
}
