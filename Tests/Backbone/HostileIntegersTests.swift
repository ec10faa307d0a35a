import Backbone
import Checkpoints
import Compute
import Foundation
import Settings
import Storage
import Tensors
import TestSupport
import TestWeights
import Testing

/// Quantised files that are damaged or made to harm, and weights that no integers can stand for: each is an error.
@Suite struct HostileIntegersTests {
    private let folder: TemporaryFolder
    private let backbone: Backbone

    init() throws {
        folder = try TemporaryFolder()
        backbone = try Backbone.named("tf_efficientnet_b5")
    }

    /// The weights of another source, with some tensors multiplied by a factor.
    private struct Altered: WeightSource {
        let origin = "altered weights"
        let own: SyntheticWeights
        let altered: [String: Float]
        var tensorNames: [String] { own.tensorNames }
        func shape(of tensor: String) -> [Int]? { own.shape(of: tensor) }
        func floats(_ tensor: String) throws -> [Float] {
            let values = try own.floats(tensor)
            return altered[tensor].map { factor in values.map { $0 * factor } } ?? values
        }
    }

    @Test(arguments: [
        ["conv_stem.weight": Float(1e38)], ["conv_stem.weight": 1e30, "bn1.weight": 1e30],
        ["blocks.1.0.se.conv_reduce.weight": 1e38], ["blocks.1.0.se.conv_expand.bias": 1e38],
    ])
    func weightsBeyondAllScalesAreRefused(altered: [String: Float]) throws {
        let source = Altered(own: SyntheticWeights(backbone, gain: 4), altered: altered)
        #expect(throws: BackboneError.self) {
            try Quantization(source, digest: Digest(of: [1]), of: backbone)
        }
    }

    @Test func aMeanThatIsNoPixelIsRefused() throws {
        let normalization = PixelNormalization(mean: [1.5, 0, 0], deviation: [1, 1, 1])
        #expect(throws: BackboneError.self) {
            try Quantization(
                SyntheticWeights(backbone, gain: 4), digest: Digest(of: [1]), of: backbone,
                normalization: normalization)
        }
    }

    /// Any byte of the numbers may be another one: reading and computing end in an error or in other numbers, and in nothing else.
    @Test func damagedFilesAreRefusedOrComputed() throws {
        let lite = try Backbone.named("efficientnet_lite0")
        let path = folder["whole.safetensors"]
        try Quantization(SyntheticWeights(lite, gain: 4), digest: Digest(of: [1]), of: lite).write(to: path)
        let whole = try Array(Data(contentsOf: URL(fileURLWithPath: path)))
        let image = InputPixels.bytes(Array(repeating: 77, count: 3 * 32 * 32))
        var refused = 0
        for round in 0..<60 {
            var bytes = whole
            // Scales and biases lie in front, for they have the larger elements.
            let part = round < 30 ? 20_000..<60_000 : 60_000..<bytes.count
            bytes[part.lowerBound + round * 104_729 % part.count] ^= UInt8(1 + round * 37 % 255)
            let damaged = try folder.file("damaged.safetensors", bytes)
            do {
                let weights = try BackboneWeights(Checkpoint.open(damaged), for: lite, upTo: ["blocks.2"])
                let engine = try Engine(
                    backbone: lite, weights: weights, layers: ["blocks.2"], inputHeight: 32, inputWidth: 32)
                try engine.run([image], in: engine.makeWorkspace())
            } catch {
                refused += 1
            }
        }
        #expect(refused < 60)
    }

    @Test func aDamagedFileInTheCacheIsMadeAgain() throws {
        let lite = try Backbone.named("efficientnet_lite0")
        let weights = folder["lite0.safetensors"]
        let synthetic = SyntheticWeights(lite, gain: 4)
        let writer = try SafetensorsWriter(
            path: weights,
            tensors: lite.parameters.map { try TensorDescription(name: $0.name, type: .f32, shape: $0.shape) })
        for parameter in lite.parameters {
            try synthetic.floats(parameter.name).withUnsafeBytes { try writer.write($0, to: parameter.name) }
        }
        try writer.commit()
        let finder = WeightsFinder(cache: CacheDirectory(folder["cache"]))
        let found = try finder.find(weights, for: lite.name)
        let made = try finder.quantized(found, for: lite, normalization: nil)
        #expect(try finder.quantized(found, for: lite, normalization: nil).path == made.path)
        // The float weights stand for their integers, made or not.
        #expect(try finder.find(weights, for: lite.name, digest: made.digest, normalization: nil).path == made.path)
        var bytes = try Array(Data(contentsOf: URL(fileURLWithPath: made.path)))
        bytes[bytes.count / 2] ^= 1
        try Data(bytes).write(to: URL(fileURLWithPath: made.path))
        #expect(try finder.quantized(found, for: lite, normalization: nil).digest == made.digest)
        #expect(try Digest(ofFile: made.path) == made.digest)
        try FileManager.default.removeItem(atPath: folder["cache"])
        #expect(try finder.find(weights, for: lite.name, digest: made.digest, normalization: nil).digest == made.digest)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder["cache/quantized"]).count == 1)
    }
}
