import Backbone
import Foundation
import Storage
import Tensors
import TestSupport
import TestWeights
import Testing

/// The integer network beside what NumPy makes of the same section of docs/NUMERICS.md (Fixtures/integers), and beside PyTorch's emulation.
@Suite struct SecondImplementationTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        /// Of the synthetic weights.
        let gain: Double
        var testDescription: String { name }
    }

    static let cases = [
        Case(name: "resnet18", gain: 6), Case(name: "wide_resnet50_2", gain: 6),
        Case(name: "efficientnet_lite0", gain: 4), Case(name: "tf_efficientnet_b5", gain: 4),
    ]

    /// Of the networks that differ from these in numbers of channels and blocks alone.
    static let relatives = [
        Case(name: "resnet34", gain: 6), Case(name: "efficientnet_lite2", gain: 4),
        Case(name: "tf_efficientnet_b0", gain: 4),
    ]

    private static let quantizations = Dictionary(
        uniqueKeysWithValues: (cases + relatives).map { each in (each.name, Result { try quantization(each) }) })

    /// Of weights up to the deepest of the layers that are taken by default.
    private static func quantization(_ each: Case) throws -> Quantization {
        let backbone = try Backbone.named(each.name)
        var source = SyntheticWeights(backbone, gain: each.gain)
        let needed = try Set(backbone.parameters(upTo: backbone.defaultLayers).map(\.name))
        source.shapes = source.shapes.filter { needed.contains($0.key) }
        return try Quantization(source, digest: Digest(of: Array(each.name.utf8)), of: backbone)
    }

    @Test(arguments: cases + relatives) func theQuantisedNumbersAreEqual(_ each: Case) throws {
        let quantization = try #require(Self.quantizations[each.name]).get()
        let folder = try TemporaryFolder()
        try quantization.write(to: folder["ours"])
        let deepest = try #require(quantization.backbone.defaultLayers.last)
        try python(["quantise", each.name, "\(each.gain)", deepest, folder["theirs"]])
        let (ours, theirs) = (try SafetensorsFile(path: folder["ours"]), try SafetensorsFile(path: folder["theirs"]))
        #expect(Set(ours.tensors.map(\.name)) == Set(theirs.tensors.map(\.name)))
        for tensor in theirs.tensors {
            let name = tensor.name
            #expect(ours[name]?.type == tensor.type && ours[name]?.shape == tensor.shape, "\(name)")
            let bytes = try theirs.withBytes(of: name) { Array($0) }
            let areEqual = try ours.withBytes(of: name) { Array($0) == bytes }
            #expect(areEqual, "\(name)")
        }
    }

    @Test(arguments: cases, [(224, 224), (97, 130)]) func theFeaturesAreEqual(_ each: Case, size: (Int, Int)) throws {
        let quantization = try #require(Self.quantizations[each.name]).get()
        try compareFeatures(quantization, height: size.0, width: size.1)
    }

    @Test func theFeaturesOfTrainedWeightsAreEqual() throws {
        let file = try CachedWeights.efficientNetLite0()
        let quantization = try Quantization(file, digest: file.digest, of: Backbone.named("efficientnet_lite0"))
        try compareFeatures(quantization, height: 224, width: 224)
    }

    private func compareFeatures(_ quantization: Quantization, height: Int, width: Int) throws {
        let folder = try TemporaryFolder()
        let (backbone, layers) = (quantization.backbone, quantization.layers)
        try quantization.write(to: folder["weights"])
        let image = try Expectation.cat(height: height, width: width)
        try python([
            "features", backbone.name, folder["weights"], folder.file("image", image), "\(height)", "\(width)",
            layers.joined(separator: ","), folder["taps"],
        ])
        let engine = try Engine(
            backbone: backbone, weights: quantization.weights, layers: layers, inputHeight: height, inputWidth: width)
        let workspace = try engine.makeWorkspace()
        try engine.run([.bytes(image)], in: workspace)
        let taps = try SafetensorsFile(path: folder["taps"])
        for (number, tap) in engine.taps.enumerated() {
            #expect(taps[tap.name]?.shape == [tap.channels, tap.height, tap.width])
            let expected = try taps.floats(tap.name).map(\.bitPattern)
            let found = workspace.channelsFirst(number, image: 0).map(\.bitPattern)
            let different = zip(expected, found).filter { $0 != $1 }.count
            #expect(different == 0, "\(tap.name): \(different) of \(found.count) numbers")
            #expect(Set(found).count > 1)
        }
    }

    private struct Emulated: Decodable {
        let gain: Double
        let taps: [String: Double]
    }

    /// PyTorch rounds to the same grids, but not all that is Float32: so nearly the same is lost.
    @Test(arguments: cases) func asMuchIsLostAsInPyTorch(_ each: Case) throws {
        let quantization = try #require(Self.quantizations[each.name]).get()
        let data = try Data(contentsOf: URL(fileURLWithPath: Expectation.path("signal-to-noise.json")))
        let emulated = try #require(JSONDecoder().decode([String: Emulated].self, from: data)[each.name])
        #expect(emulated.gain == each.gain)
        let found = Dictionary(uniqueKeysWithValues: try quantization.signalToNoise().map { ($0.layer, $0.decibels) })
        for (layer, decibels) in emulated.taps {
            let ours = try #require(found[layer])
            #expect(abs(ours - decibels) < 0.5, "\(layer): \(ours) dB, \(decibels) dB by PyTorch")
        }
    }

    /// Runs Fixtures/integers where it lies, beside the synthetic weights that it imports.
    private func python(_ arguments: [String]) throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [TestPython.path, folder.appendingPathComponent("Fixtures/integers").path] + arguments
        process.environment = ProcessInfo.processInfo.environment.merging([
            "PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1",
        ]) { $1 }
        try process.run()
        process.waitUntilExit()
        try #require(
            process.terminationStatus == 0,
            "Fixtures/integers failed at \(arguments); scripts/setup --checks installs what it needs")
    }
}
