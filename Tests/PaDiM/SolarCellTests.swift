import Backbone
import Checkpoints
import Compute
import Foundation
import Gaussian
import Imaging
import PaDiM
import Settings
import Storage
import TestSupport
import Testing

/// The whole method on real weights and photographs, against float64 NumPy over PyTorch features. Takes about a minute.
@Suite(.serialized) struct SolarCellTests {
    /// What float64 NumPy found of leave-one-out scores: of so many good and defective cells, so many are above the k-th of them.
    struct HeldOut: Sendable {
        let mean: Double
        let thresholds: [(k: Int, score: Double, alarms: Int, found: Int)]
    }

    private static let mono = HeldOut(
        mean: 23.3037,
        thresholds: [(373, 35.32660, 12, 251), (394, 39.16627, 7, 242), (410, 48.81642, 0, 211)])
    private static let poly = HeldOut(
        mean: 16.6364,
        thresholds: [(581, 20.49443, 23, 257), (613, 22.08500, 11, 200), (639, 28.44947, 2, 121)])

    @Test(arguments: [("mono", 0.95335, mono), ("poly", 0.87747, poly)])
    func scoresAreThoseOfTheReference(kind: String, auroc: Double, heldOut: HeldOut) throws {
        let cells = try SolarCells(kind)
        let crew = ThreadCrew(threads: max(ProcessInfo.processInfo.activeProcessorCount, 1))
        let checkpoint = try Checkpoint.open(cells.weights)
        let options = EmbeddingOptions(backbone: "efficientnet_lite0", channels: try cells.channels)
        let space = try options.space(weights: checkpoint.digest)
        let embedder = try Embedder(
            space: space, weights: BackboneWeights(checkpoint, for: Backbone.named(space.backbone), upTo: space.layers),
            crew: crew)
        let folder = try TemporaryFolder()
        let model = try fit(cells.training, embedder, crew, folder)

        let expected = cells.scores
        let found = Scores(expected.count)
        try Scorer(model: model, embedder: embedder).score(expected.map { .file($0.file) }) {
            found.put($0, try $1.get())
        }
        let scores = try found.all
        #expect(scores.count > 400)
        var worst: (error: Double, file: String) = (0, "")
        var moved = 0
        for (cell, image) in zip(expected, scores) {
            let error = abs(Double(image.score) - cell.score) / cell.score
            if error > worst.error { worst = (error, cell.file) }
            if image.maxRow != cell.maxRow || image.maxColumn != cell.maxColumn { moved += 1 }
        }
        #expect(worst.error < 2e-4, "\(worst.file)")
        // Where two places are almost equally high, rounding decides which is first.
        #expect(moved <= expected.count / 100, "\(moved) of \(expected.count) maxima are elsewhere")
        let reached = Self.auroc(scores.map { Double($0.score) }, expected.map(\.isDefective))
        #expect(abs(reached - auroc) < 5e-4, "\(reached)")
        let calibrated = try calibrate(model, cells.training, embedder)
        #expect(abs(calibrated.reduce(0, +) / Double(calibrated.count) / heldOut.mean - 1) < 1e-3)
        for (k, score, alarms, caught) in heldOut.thresholds {
            let threshold = calibrated.sorted()[k - 1]
            #expect(abs(threshold / score - 1) < 1e-3, "\(threshold) beside \(score)")
            func above(_ isDefective: Bool) -> Int {
                zip(scores, expected).count { Double($0.score) > threshold && $1.isDefective == isDefective }
            }
            #expect(abs(above(false) - alarms) <= 1 && abs(above(true) - caught) <= 1)
        }
        print(
            "ELPV \(kind): AUROC \(reached), largest relative error of a score \(worst.error), \(moved) maxima elsewhere"
        )
    }

    /// What float64 NumPy found with the recipe `lean`, by one rule for scores.
    struct Lean: Sendable {
        let rule: ImageScore
        let auroc: Double
        /// The k-th of the scores of the model's own images by models without them, and how many cells are above.
        let threshold: (k: Int, score: Double, alarms: Int, found: Int)
    }

    private static let leanMono = [
        Lean(rule: .max, auroc: 0.96144, threshold: (394, 39.14147, 5, 241)),
        Lean(rule: .top(percent: 1), auroc: 0.96405, threshold: (394, 33.10942, 5, 248)),
    ]
    private static let leanPoly = [
        Lean(rule: .max, auroc: 0.92145, threshold: (613, 23.63828, 9, 289)),
        Lean(rule: .top(percent: 1), auroc: 0.92233, threshold: (613, 21.62682, 14, 290)),
    ]

    @Test(arguments: [("mono", leanMono), ("poly", leanPoly)])
    func leanTellsCellsApartAsItsReference(kind: String, rules: [Lean]) throws {
        let cells = try SolarCells(kind)
        let crew = ThreadCrew(threads: max(ProcessInfo.processInfo.activeProcessorCount, 1))
        let checkpoint = try Checkpoint.open(cells.weights)
        let recipe = Recipe.lean
        let space = try EmbeddingOptions(
            backbone: "efficientnet_lite0", recipe: recipe, patchGrid: recipe.patchGrid
        ).space(weights: checkpoint.digest)
        let embedder = try Embedder(
            space: space, weights: BackboneWeights(checkpoint, for: Backbone.named(space.backbone), upTo: space.layers),
            crew: crew)
        let model = try fit(cells.training, embedder, crew, TemporaryFolder(), recipe.model)
        for lean in rules {
            let found = Scores(cells.scores.count)
            try Scorer(model: model, embedder: embedder, settings: ScoreSettings(imageScore: lean.rule)).score(
                cells.scores.map { .file($0.file) }
            ) { found.put($0, try $1.get()) }
            let scores = try found.all.map { Double($0.score) }
            let reached = Self.auroc(scores, cells.scores.map(\.isDefective))
            #expect(abs(reached - lean.auroc) < 5e-4, "\(reached)")
            let calibrated = try calibrate(model, cells.training, embedder, lean.rule).sorted()
            let threshold = calibrated[lean.threshold.k - 1]
            #expect(abs(threshold / lean.threshold.score - 1) < 1e-3, "\(threshold)")
            func above(_ isDefective: Bool) -> Int {
                zip(scores, cells.scores).count { $0 > threshold && $1.isDefective == isDefective }
            }
            #expect(abs(above(false) - lean.threshold.alarms) <= 1 && abs(above(true) - lean.threshold.found) <= 1)
        }
    }

    private func fit(
        _ files: [String], _ embedder: Embedder, _ crew: ThreadCrew, _ folder: TemporaryFolder,
        _ settings: ModelSettings = ModelSettings(epsilon: 0.01)
    ) throws -> GaussianModel {
        let fitter = try Fitter(embedder: embedder)
        #expect(try fitter.fold(files.map { .file($0) }).isEmpty)
        #expect(fitter.statistics.clamped == 0)
        try StatisticsFileWriter.write(
            fitter.statistics, space: embedder.space, to: folder["statistics"])
        try ModelBuilder.build(
            from: StatisticsFile(path: folder["statistics"]), settings, to: folder["model"], crew: crew)
        return try GaussianModel(path: folder["model"])
    }

    /// The scores that the images have by models without them.
    private func calibrate(
        _ model: GaussianModel, _ files: [String], _ embedder: Embedder, _ rule: ImageScore = .max
    ) throws -> [Double] {
        let calibrator = try Calibrator(
            model: model, embedder: embedder, rules: [rule], blurBorder: .repeatingEdge, leavesLotsOut: false)
        let scores = Locked<[Double]>([])
        let shards = try stride(from: 0, to: files.count, by: 64).map { first in
            let files = Array(files[first..<min(first + 64, files.count)])
            return CalibrationShard(
                images: files.map { .file($0) },
                digests: try files.map { try EncodedImage(reading: .file($0)).digest }, scored: Array(files.indices),
                leavesLotOut: false
            ) { _, result in
                let score = try result.get().image[0]
                scores.withLock { $0.append(Double(score)) }
            } finished: { _ in
            }
        }
        try calibrator.score(WorkSource(shards))
        return scores.withLock { $0 }
    }

    /// The probability that a defective cell scores higher than a good one; ties count half.
    private static func auroc(_ scores: [Double], _ defective: [Bool]) -> Double {
        let good = zip(scores, defective).filter { !$1 }.map(\.0)
        let bad = zip(scores, defective).filter { $1 }.map(\.0)
        let wins = bad.reduce(0.0) { sum, score in
            good.reduce(sum) { $0 + (score > $1 ? 1 : score == $1 ? 0.5 : 0) }
        }
        return wins / Double(good.count * bad.count)
    }
}

/// The data set and the weights, as `scripts/setup` fetches them, and what the reference found.
struct SolarCells {
    struct Cell {
        let file: String
        let isDefective: Bool
        let score: Double
        let maxRow: Int
        let maxColumn: Int
    }

    let weights: String
    let training: [String]
    let scores: [Cell]
    private let fixtures: String

    init(_ kind: String) throws {
        let cache = SetupCache()
        let data = try cache.require("datasets/elpv")
        weights = try cache.require("weights/efficientnet_lite0.pth")
        fixtures = try #require(Bundle.module.path(forResource: "Fixtures/elpv", ofType: nil))
        training = try Self.lines(fixtures + "/\(kind)-train.txt").map { data + "/" + $0 }
        scores = try Self.lines(fixtures + "/\(kind)-scores.csv").dropFirst().map { line in
            let fields = line.split(separator: ",")
            return Cell(
                file: data + "/" + fields[0], isDefective: fields[1] == "1", score: try #require(Double(fields[2])),
                maxRow: try #require(Int(fields[4])), maxColumn: try #require(Int(fields[5])))
        }
    }

    var channels: [Int] { get throws { try ChannelSelection.read(fixtures + "/selection.txt") } }

    private static func lines(_ path: String) throws -> [String] {
        try String(contentsOfFile: path, encoding: .utf8).split(whereSeparator: \.isNewline).map(String.init)
    }
}
