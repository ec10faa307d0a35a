import Backbone
import Checkpoints
import Compute
import Foundation
import Gaussian
import PaDiM
import Settings
import Storage
import Testing
import TestSupport
import TestWeights

/// `--recipe anomalib` against scores that anomalib 2.7 itself gave to the same images. Takes about half a minute.
@Suite(.serialized) struct AnomalibTests {
    struct Case: CustomTestStringConvertible {
        let backbone: String
        let side: Int

        var name: String { "\(backbone)-\(side)" }
        var testDescription: String { name }
    }

    private static let cases = [
        Case(backbone: "resnet18", side: 224), Case(backbone: "resnet18", side: 256),
        Case(backbone: "efficientnet_lite0", side: 256),
    ]

    @Test(arguments: cases)
    func scoresAreAnomalibs(_ example: Case) throws {
        let recipe = Recipe.anomalib
        var input = recipe.input
        (input.height, input.width) = (example.side, example.side)
        let cells = try AnomalibCells(example.name)
        let backbone = try Backbone.named(example.backbone)
        let options = EmbeddingOptions(
            backbone: backbone.name, channels: cells.channels, input: input,
            gridExponent: recipe.gridExponent)
        let space = try options.space(weights: Digest(of: [1]))
        let crew = ThreadCrew(threads: max(ProcessInfo.processInfo.activeProcessorCount, 1))
        let embedder = try Embedder(
            space: space, weights: weights(of: backbone, upTo: space.layers, cells), crew: crew)

        let fitter = try Fitter(embedder: embedder)
        #expect(try fitter.fold(cells.training.map { .file($0) }).isEmpty)
        #expect(fitter.statistics.clamped == 0)
        let folder = try TemporaryFolder()
        try StatisticsFileWriter.write(fitter.statistics, space: space, to: folder["statistics"])
        try ModelBuilder.build(
            from: StatisticsFile(path: folder["statistics"]), recipe.model,
            to: folder["model"], crew: crew)
        let model = try GaussianModel(path: folder["model"])

        let scored = Scores(cells.scores.count)
        try Scorer(model: model, embedder: embedder, settings: ScoreSettings(blurBorder: model.settings.blurBorder))
            .score(
                cells.scores.map { .file($0.file) }
            ) { scored.put($0, try $1.get()) }
        let found = try scored.all
        var worst = 0.0
        for (image, expected) in zip(found, cells.scores) {
            worst = max(worst, abs(Double(image.score) - expected.score) / expected.score)
            #expect(
                (image.maxRow, image.maxColumn) == (expected.maxRow, expected.maxColumn), "\(expected.file)")
        }
        print("anomalib \(example.name): largest relative error of \(found.count) scores \(worst)")
        #expect(worst < 1e-4)
    }

    private func weights(
        of backbone: Backbone, upTo layers: [String], _ cells: AnomalibCells
    ) throws -> BackboneWeights {
        guard backbone.name == "resnet18" else {
            return try BackboneWeights(Checkpoint.open(cells.lite0), for: backbone, upTo: layers)
        }
        // With this gain features stay below 8, far from the recipe's range of 64.
        return try BackboneWeights(SyntheticWeights(backbone, gain: 3), for: backbone, upTo: layers)
    }
}

/// The images, and what anomalib found.
private struct AnomalibCells {
    struct Cell {
        let file: String
        let score: Double
        let maxRow: Int
        let maxColumn: Int
    }

    let training: [String]
    let scores: [Cell]
    let channels: [Int]
    let lite0: String

    init(_ name: String) throws {
        let cache = SetupCache()
        let data = try cache.require("datasets/elpv")
        lite0 = try cache.require("weights/efficientnet_lite0.pth")
        let fixtures = try #require(Bundle.module.path(forResource: "Fixtures", ofType: nil))
        func lines(_ path: String) throws -> [String] {
            try String(contentsOfFile: fixtures + "/" + path, encoding: .utf8).split(whereSeparator: \.isNewline).map(
                String.init)
        }
        training = try lines("elpv/mono-train.txt").prefix(240).map { data + "/" + $0 }
        scores = try lines("anomalib/\(name).csv").dropFirst().map { line in
            let fields = line.split(separator: ",")
            return Cell(
                file: data + "/" + fields[0], score: try #require(Double(fields[1])),
                maxRow: try #require(Int(fields[2])), maxColumn: try #require(Int(fields[3])))
        }
        channels = try ChannelSelection.read(fixtures + "/anomalib/\(name).channels")
    }
}
