import Backbone
import Checkpoints
import Compute
import Foundation
import Gaussian
import Imaging
import PaDiM
import Settings
import Storage
import Tensors
import TestProcesses
import TestSupport
import Testing

/// Of equal features the worker in Python makes equal sums: the taps of this repository's engine, gathered, rounded and added up by both.
@Suite(.serialized) struct IntegerPathTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let patchGrid: PatchGrid
        /// So high that features are beyond the grid, where it is above 9.
        let exponent: Int
        var testDescription: String { "\(patchGrid) 2^-\(exponent)" }
    }

    static let cases = [
        Case(patchGrid: .finest, exponent: 9), Case(patchGrid: .finest, exponent: 17),
        Case(patchGrid: .coarsest, exponent: 9), Case(patchGrid: .coarsest, exponent: 17),
    ]

    private struct Found: Decodable {
        let images: Int64
        let clamped: Int64
    }

    @Test(arguments: cases) func recordsAreEqual(_ each: Case) throws {
        let workspace = try Workspace()
        let backbone = try Backbone.named("efficientnet_lite0")
        let options = EmbeddingOptions(
            backbone: backbone.name, patchGrid: each.patchGrid, features: .count(30),
            input: InputSettings(height: 80, width: 104), gridExponent: each.exponent)
        let space = try options.space(weights: Digest(of: [1]))
        let weights = try BackboneWeights(
            Checkpoint.open(Workspace.weights), for: backbone, upTo: space.layers)
        let embedder = try Embedder(space: space, weights: weights, crew: ThreadCrew(threads: 1))
        _ = try workspace.makeImages(11)
        let files = (0..<11).map { workspace.file("good/\($0).png") }
        let fitter = try Fitter(embedder: embedder)
        #expect(try fitter.fold(files.map { .file($0) }).isEmpty)
        let statistics = fitter.statistics
        #expect((statistics.clamped > 0) == (each.exponent > 9))

        try writeTaps(of: files, space, backbone, weights, to: workspace.file("taps.safetensors"))
        try JSONEncoder().encode(space).write(to: URL(fileURLWithPath: workspace.file("space.json")))
        let script = try PythonWorker.start(
            [
                PythonWorker.script("records.py"), workspace.file("space.json"), workspace.file("taps.safetensors"),
                workspace.file("records"),
            ])
        try #require(script.wait() == 0, "\(script.standardError)")
        let found = try JSONDecoder().decode(Found.self, from: Data(script.standardOutput.utf8))
        #expect(found.images == 11)
        #expect(found.clamped == statistics.clamped)
        let records = try statistics.withChunk(patches: 0..<space.patches) { Data($0) }
        #expect(try Data(contentsOf: URL(fileURLWithPath: workspace.file("records"))) == records)
    }

    /// The taps of images as tensors, F32 [images, channels, rows, columns].
    private func writeTaps(
        of files: [String], _ space: FeatureSpace, _ backbone: Backbone, _ weights: BackboneWeights, to path: String
    ) throws {
        let engine = try Engine(
            backbone: backbone, weights: weights, layers: space.layers, inputHeight: space.input.height,
            inputWidth: space.input.width)
        let workspace = try engine.makeWorkspace()
        var taps = engine.taps.map { _ in [Float]() }
        let preprocessing = try Preprocessing(space.input)
        for file in files {
            try engine.run([preprocessing.prepare(ImageDecoder.decode(file: file))], in: workspace)
            for number in taps.indices {
                workspace.withTap(number, image: 0) { view in taps[number] += channelsFirst(view) }
            }
        }
        let writer = try SafetensorsWriter(
            path: path,
            tensors: engine.taps.map {
                try TensorDescription(
                    name: $0.name, type: .f32, shape: [files.count, $0.channels, $0.height, $0.width])
            }, metadata: [:])
        for (tap, values) in zip(engine.taps, taps) {
            try values.withUnsafeBytes { _ = try writer.write($0, to: tap.name) }
        }
        try writer.commit()
    }

    private func channelsFirst(_ view: TapView) -> [Float] {
        let (area, channels) = (view.height * view.width, view.channels)
        return (0..<channels * area).map { place in
            let (row, column) = (place % area / view.width, place % view.width)
            return view.pixels[row * view.rowStride + column * view.pixelStride + place / area]
        }
    }
}
