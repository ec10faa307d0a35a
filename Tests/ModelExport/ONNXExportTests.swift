import Backbone
import Compute
import Foundation
import Gaussian
import Imaging
import ModelExport
import PaDiM
import Settings
import Storage
import TestSupport
import TestWeights
import Testing

/// Exported models in ONNX Runtime and OpenVINO, beside the scores of the library. Weights are synthetic, inputs small.
@Suite(.serialized) struct ONNXExportTests {
    /// What check_onnx.py prints.
    private struct Found: Decodable {
        let runtime: String
        let scores: [Float]
        let flags: [Bool]?
        /// Of each image's map.
        let places: [[Int]]
        let mapShape: [Int]
        let metadata: [String: String]?
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let backbone: String
        let recipe: Recipe
        let features: Int
        let input: Int
        var form = ONNXExport.Input.bytes
        var border = BlurBorder.repeatingEdge
        var score = ImageScore.max
        /// Whether the tensors are in a file beside the model.
        var isSplit = false

        var testDescription: String { "\(backbone) \(recipe) \(form.rawValue)" }
    }

    static let cases = [
        Case(backbone: "resnet18", recipe: .paper, features: 20, input: 96),
        Case(backbone: "wide_resnet50_2", recipe: .paper, features: 30, input: 64),
        Case(backbone: "tf_efficientnet_b5", recipe: .paper, features: 24, input: 96, border: .mirror),
        Case(backbone: "efficientnet_lite0", recipe: .lean, features: 40, input: 128, score: .top(percent: 2)),
        Case(backbone: "efficientnet_lite0", recipe: .paper, features: 16, input: 80, form: .float, isSplit: true),
    ]

    @Test(arguments: cases) func otherRuntimesGiveTheSameScores(_ each: Case) throws {
        let folder = try TemporaryFolder()
        let backbone = try Backbone.named(each.backbone)
        var options = EmbeddingOptions(
            backbone: each.backbone, recipe: each.recipe, patchGrid: each.recipe.patchGrid,
            features: .count(each.features), input: InputSettings(height: each.input, width: each.input))
        options.seed = 4
        let space = try options.space(weights: Digest(of: [1]))
        let weights = try BackboneWeights(SyntheticWeights(backbone, gain: 3), for: backbone, upTo: space.layers)
        let embedder = try Embedder(space: space, weights: weights, crew: ThreadCrew(threads: 2))
        let files = try (0..<9).map { try write(picture(UInt64($0), side: each.input), "\($0).png", folder) }
        let fitter = try Fitter(embedder: embedder)
        _ = try fitter.fold(files)
        try StatisticsFileWriter.write(fitter.statistics, space: space, to: folder["statistics"])
        let settings = ModelSettings(
            epsilon: 0.01, shrinkage: each.recipe.model.shrinkage, blurBorder: each.border, imageScore: each.score)
        try ModelBuilder.build(
            from: StatisticsFile(path: folder["statistics"]), settings, to: folder["model"],
            crew: ThreadCrew(threads: 2))
        let model = try GaussianModel(path: folder["model"])

        let scoring = ScoreSettings(imageScore: each.score, blurBorder: each.border)
        let results = Locked([ScoredImage?](repeating: nil, count: files.count))
        try Scorer(model: model, embedder: embedder, settings: scoring).score(files) { index, result in
            let image = try result.get()
            results.withLock { $0[index] = image }
        }
        let expected = results.withLock { $0.compactMap { $0 } }
        let threshold = expected.map(\.score).sorted()[4]

        let export = ONNXExport(
            of: model, weights: weights, input: each.form, threshold: threshold * 0.999, release: "0")
        let written = try export.write(to: folder["model.onnx"], mostInlineBytes: each.isSplit ? 0 : nil)
        #expect(written == [folder["model.onnx"]] + (each.isSplit ? [folder["model.onnx.data"]] : []))
        let found = try check(folder["model.onnx"], files, each.form, backbone)
        #expect(found.map(\.runtime) == ["ONNX Runtime", "OpenVINO"])
        for runtime in found {
            #expect(runtime.mapShape == [files.count, 1, each.input, each.input])
            for (index, image) in expected.enumerated() {
                let error = abs(runtime.scores[index] / image.score - 1)
                #expect(error < 1e-4, "\(runtime.runtime): \(runtime.scores[index]) beside \(image.score)")
                #expect(runtime.places[index] == [image.maxRow, image.maxColumn])
            }
            #expect(runtime.flags == expected.map { $0.score >= threshold * 0.999 })
        }
        #expect(found[0].metadata?["padim.model"] == model.digest().hex)
    }

    private func picture(_ seed: UInt64, side: Int) -> RGBImage {
        var chance = SeededGenerator(seed: seed &+ 1)
        let (a, b) = (Double.random(in: 4...20, using: &chance), Double.random(in: 4...20, using: &chance))
        var pixels: [UInt8] = []
        for row in 0..<side {
            for column in 0..<side {
                let wave = 120 + 70 * sin(Double(row) / a) * cos(Double(column) / b)
                for channel in 0..<3 {
                    pixels.append(UInt8(wave + Double(10 * channel) + .random(in: 0...15, using: &chance)))
                }
            }
        }
        return RGBImage(width: side, height: side, pixels: pixels)
    }

    private func write(_ image: RGBImage, _ name: String, _ folder: TemporaryFolder) throws -> ImageLocation {
        .file(try folder.file(name, PNGEncoder.encode(image)))
    }

    private func check(
        _ model: String, _ files: [ImageLocation], _ form: ONNXExport.Input, _ backbone: Backbone
    ) throws -> [Found] {
        // The pixels, one image after the other, as Python reads them without a decoder.
        let pixels = try files.flatMap { try ImageDecoder.decode($0).pixels }
        try Data(pixels).write(to: URL(fileURLWithPath: model + ".pixels"))
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            TestPython.path, try script(), model, form.rawValue, "\(files.count)",
            backbone.mean.map { "\($0)" }.joined(separator: ","),
            backbone.deviation.map { "\($0)" }.joined(separator: ","),
        ]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        try #require(
            process.terminationStatus == 0, "check_onnx.py failed; scripts/setup --checks installs what it needs")
        return try JSONDecoder().decode([Found].self, from: data)
    }

    private func script() throws -> String {
        try #require(Bundle.module.resourceURL).appendingPathComponent("Fixtures/check_onnx.py").path
    }
}
