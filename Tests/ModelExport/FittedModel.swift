import Backbone
import Compute
import Foundation
import Gaussian
import Imaging
import PaDiM
import Settings
import Storage
import TestSupport
import TestWeights

/// A small model of a few synthetic pictures, with synthetic weights.
struct FittedModel {
    let folder: TemporaryFolder
    let model: GaussianModel
    let backbone: Backbone

    init(
        _ backbone: String = "resnet18", layers: [String]? = nil, features: Int = 6,
        input: InputSettings = InputSettings(height: 32, width: 48), patchGrid: PatchGrid = .finest,
        settings: ModelSettings = ModelSettings(epsilon: 0.01), calibratedBy scores: [Float] = []
    ) throws {
        let folder = try TemporaryFolder()
        self.folder = folder
        self.backbone = try Backbone.named(backbone)
        let options = EmbeddingOptions(
            backbone: backbone, layers: layers, patchGrid: patchGrid, features: .count(features), input: input)
        let space = try options.space(weights: Digest(of: [1]))
        let weights = try BackboneWeights(
            SyntheticWeights(self.backbone, gain: 3), for: self.backbone, upTo: space.layers)
        let fitter = try Fitter(embedder: Embedder(space: space, weights: weights, crew: ThreadCrew(threads: 1)))
        var chance = SeededGenerator(seed: 8)
        let files: [ImageLocation] = try (0..<7).map { number in
            let pixels = (0..<3 * 60 * 60).map { _ in UInt8.random(in: 0...255, using: &chance) }
            let image = RGBImage(width: 60, height: 60, pixels: pixels)
            return .file(try folder.file("\(number).png", PNGEncoder.encode(image)))
        }
        _ = try fitter.fold(files)
        try StatisticsFileWriter.write(fitter.statistics, space: space, to: folder["statistics"])
        let crew = ThreadCrew(threads: 1)
        try ModelBuilder.build(
            from: StatisticsFile(path: folder["statistics"]), settings, to: folder["plain"], crew: crew)
        let plain = try GaussianModel(path: folder["plain"])
        guard !scores.isEmpty else {
            model = plain
            return
        }
        let images = scores.enumerated().map { number, score in
            Calibration.Image(
                digest: [UInt8(number)].withUnsafeBytes { ContentDigest(of: $0) }, lot: nil, scores: [score],
                lotScores: nil)
        }
        let calibration = try Calibration(
            rules: [settings.imageScore], images: images, lots: [],
            meanSquares: [Double](repeating: 1, count: space.patches))
        _ = try plain.write(with: calibration, to: folder["model"], crew: crew)
        model = try GaussianModel(path: folder["model"])
    }

    func weights(upTo layers: [String]? = nil) throws -> BackboneWeights {
        try BackboneWeights(
            SyntheticWeights(backbone, gain: 3), for: backbone, upTo: layers ?? model.space.layers)
    }

    /// W'W of a patch, added up one by one.
    func inverseCovariance(patch: Int) throws -> [Double] {
        let dimension = model.space.dimension
        return try model.withParameters(patches: patch..<patch + 1) { _, packed in
            func entry(_ row: Int, _ column: Int) -> Double {
                column <= row ? Double(packed[row * (row + 1) / 2 + column]) : 0
            }
            return (0..<dimension * dimension).map { place in
                let (row, column) = (place / dimension, place % dimension)
                return (0..<dimension).reduce(0) { $0 + entry($1, row) * entry($1, column) }
            }
        }
    }

    func mean(patch: Int) throws -> [Float] {
        try model.withParameters(patches: patch..<patch + 1) { means, _ in
            Array(UnsafeBufferPointer(start: means, count: model.space.dimension))
        }
    }
}
