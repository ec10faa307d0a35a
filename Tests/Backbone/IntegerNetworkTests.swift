import Backbone
import CKernels
import Checkpoints
import Compute
import Foundation
import Storage
import TestSupport
import TestWeights
import Testing

/// A network of integers gives the same bits whatever computes it.
@Suite struct IntegerNetworkTests {
    private static let variants = [
        IntegerBaseline, IntegerAVX2, IntegerAVXVNNI, IntegerAVX512, IntegerVNNI, IntegerAMX, IntegerNEON,
        IntegerNEONDot, IntegerNEONI8MM,
    ].filter { integer_variant_runs_here($0) }

    private static func quantization(_ name: String) throws -> Quantization {
        let backbone = try Backbone.named(name)
        return try Quantization(
            SyntheticWeights(backbone, gain: 4), digest: Digest(of: Array(name.utf8)), of: backbone)
    }

    private static func image(_ height: Int, _ width: Int, _ seed: Int) -> InputPixels {
        .bytes(
            SyntheticWeights.values(name: "image \(seed)", shape: [3 * height * width], gain: 1)
                .map { UInt8(($0 + 0.1) * 1275) })
    }

    @Test(arguments: BackboneKinds.names)
    func everyVariantGivesTheSameBits(name: String) throws {
        let backbone = try Backbone.named(name)
        let weights = try Self.quantization(name).weights
        for (height, width) in [(75, 98), (64, 64)] {
            let images = (0..<3).map { Self.image(height, width, $0) }
            var expected: [[[Float]]]?
            for variant in Self.variants {
                for group in [1, 3] {
                    let engine = try Engine(
                        backbone: backbone, weights: weights, layers: backbone.layers, inputHeight: height,
                        inputWidth: width, instructionSet: .best, groupSize: group, variant: variant)
                    let workspace = try engine.makeWorkspace()
                    var found: [[[Float]]] = []
                    for first in stride(from: 0, to: 3, by: group) {
                        try engine.run(Array(images[first..<first + group]), in: workspace)
                        found += (0..<group).map { image in
                            engine.taps.indices.map { workspace.channelsFirst($0, image: image) }
                        }
                    }
                    #expect(found.allSatisfy { $0.allSatisfy { $0.contains { $0 != 0 } } })
                    #expect(expected == nil || found == expected, "\(variant) in groups of \(group)")
                    expected = expected ?? found
                }
            }
        }
    }

    @Test(arguments: ["efficientnet_lite0", "tf_efficientnet_b5", "resnet18"])
    func scalesDependOnTheWeightsAlone(name: String) throws {
        let backbone = try Backbone.named(name)
        let weights = try BackboneWeights(
            SyntheticWeights(backbone, gain: 4), for: backbone, upTo: backbone.defaultLayers)
        let networks = try Self.variants.map {
            try IntegerQuantizer.network(
                backbone: backbone, weights: weights, layers: backbone.defaultLayers, pixels: backbone.scaling,
                variant: $0)
        }
        for network in networks { #expect(network.convolutions == networks[0].convolutions) }
    }

    @Test(arguments: ["efficientnet_lite0", "tf_efficientnet_b5"])
    func aFileGivesTheSameNetwork(name: String) throws {
        let quantization = try Self.quantization(name)
        let folder = try TemporaryFolder()
        try quantization.write(to: folder["a.safetensors"])
        try Self.quantization(name).write(to: folder["b.safetensors"])
        #expect(try Digest(ofFile: folder["a.safetensors"]) == Digest(ofFile: folder["b.safetensors"]))
        let read = try BackboneWeights(
            Checkpoint.open(folder["a.safetensors"]), for: quantization.backbone, upTo: quantization.layers)
        #expect(read.isQuantized)
        #expect(read.integers?.convolutions == quantization.weights.integers?.convolutions)
        #expect(Backbone.fits(try Checkpoint.open(folder["a.safetensors"])).first?.backbone == name)
    }

    @Test func littleIsLost() throws {
        for (layer, decibels) in try Self.quantization("efficientnet_lite0").signalToNoise() {
            #expect(decibels > 15, "\(layer)")
        }
    }

    @Test func floatsAreRefused() throws {
        let weights = try Self.quantization("efficientnet_lite0").weights
        let backbone = try Backbone.named("efficientnet_lite0")
        let engine = try Engine(
            backbone: backbone, weights: weights, layers: ["blocks.2"], inputHeight: 32, inputWidth: 32)
        let workspace = try engine.makeWorkspace()
        #expect(throws: BackboneError.self) {
            try engine.run([.floats(Array(repeating: 1, count: 3 * 32 * 32))], in: workspace)
        }
    }
}
