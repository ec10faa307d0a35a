import Backbone
import Foundation
import Gaussian
import ModelExport
import Settings
import Storage
import TestWeights
import Testing

/// Checkpoints for anomalib: names, shapes, types and values of what its `Padim` loads. docs/NUMERICS.md says how they were compared with anomalib itself.
@Suite struct AnomalibExportTests {
    private static let input = InputSettings(
        height: 32, width: 48, resizePrecision: .float, normalization: .imageNet)
    private static let settings = ModelSettings(epsilon: 0.01001, blurBorder: .mirror)

    @Test(arguments: [
        ("resnet18", ["layer1", "layer2"], "resnet18", ["layer1", "layer2"]),
        (
            "efficientnet_lite0", ["blocks.2", "blocks.4", "blocks.10"], "tf_efficientnet_lite0",
            ["blocks.1", "blocks.2", "blocks.4"]
        ),
        (
            "efficientnet_lite1", ["blocks.3", "blocks.6", "blocks.14"], "tf_efficientnet_lite1",
            ["blocks.1", "blocks.2", "blocks.4"]
        ),
    ])
    func thePartsAreAnomalibs(backbone: String, layers: [String], name: String, theirs: [String]) throws {
        let fitted = try FittedModel(backbone, layers: layers, input: Self.input, settings: Self.settings)
        let (model, path) = (fitted.model, fitted.folder["model.ckpt"])
        let weights = try fitted.weights(upTo: AnomalibExport.layersNeeded(of: model.space))
        let export = try AnomalibExport(
            of: model, weights: weights, limits: .init(threshold: 4.5, normal: 1...3))
        try export.write(to: path)
        try export.write(to: fitted.folder["again"])
        #expect(
            try Data(contentsOf: URL(fileURLWithPath: path))
                == Data(contentsOf: URL(fileURLWithPath: fitted.folder["again"])))
        let found = try ReadArchive.read("torch", path)
        let (patches, dimension) = (model.space.patches, model.space.dimension)
        let means = try found.array("model.gaussian.mean", "float32", [dimension, patches])
        let inverses = try found.array("model.gaussian.inv_covariance", "float32", [patches, dimension, dimension])
        for patch in 0..<patches {
            let mean = (0..<dimension).map { means[$0 * patches + patch] }
            #expect(mean == (try fitted.mean(patch: patch).map { Double($0) }))
            let expected = try fitted.inverseCovariance(patch: patch)
            let largest = expected.map(abs).max() ?? 0
            for (one, other) in zip(inverses[(patch * dimension * dimension)...], expected) {
                #expect(abs(one - other) <= 1e-7 * largest)
            }
        }
        #expect(try found.array("model.idx", "int64", [dimension]) == model.space.channels.map { Double($0) })
        let kernel = try found.array("model.anomaly_map_generator.blur.kernel", "float32", [1, 1, 33, 33])
        #expect(abs(kernel.reduce(0, +) - 1) < 1e-6 && kernel[16 * 33 + 16] == kernel.max())
        let prefix = "model.feature_extractor.feature_extractor."
        let parameters = try fitted.backbone.parameters(upTo: AnomalibExport.layersNeeded(of: model.space))
        for parameter in parameters {
            _ = try found.array(prefix + parameter.name, "float32", parameter.shape)
            let expected = SyntheticWeights.values(name: parameter.name, shape: parameter.shape, gain: 3)
            let digest = expected.withUnsafeBytes { Digest(of: $0).hex }
            #expect(found.arrays[prefix + parameter.name]?.digest == digest, "\(parameter.name)")
        }
        let counts = found.arrays.keys.filter { $0.hasSuffix("num_batches_tracked") }
        #expect(counts.count == parameters.count { $0.name.hasSuffix("running_var") })
        #expect(found.arrays.keys.count { $0.hasPrefix(prefix) } == parameters.count + counts.count)
        for (limit, value) in [
            ("_image_threshold", Double(Float(4.5).nextDown)), ("_pixel_threshold", Double(Float(4.5).nextDown)),
            ("image_min", 1), ("image_max", 3), ("pixel_min", 0), ("pixel_max", 3),
        ] {
            #expect(try found.array("post_processor." + limit, "float32", []) == [value])
        }
        let plain = try #require(try JSONSerialization.jsonObject(with: Data(found.plain.utf8)) as? [String: Any])
        let hyper = try #require(plain["hyper_parameters"] as? [String: Any])
        #expect(hyper["backbone"] as? String == name)
        #expect(hyper["layers"] as? [String] == theirs)
        #expect(hyper["n_features"] as? Int == dimension)
        #expect(found.plain.contains("torchvision.transforms.v2.Resize"))
        #expect(found.plain.contains("\"size\": [32, 48]") && found.plain.contains("0.485"))
        #expect(
            export.differences == [
                "the model's features are rounded to a coarse grid and anomalib's are not (--grid-exponent 13)"
            ])
    }

    @Test func withoutLimitsThereAreNone() throws {
        let fitted = try FittedModel(layers: ["layer1"], input: Self.input)
        let path = fitted.folder["model.ckpt"]
        try AnomalibExport(of: fitted.model, weights: fitted.weights(), limits: nil).write(to: path)
        let found = try ReadArchive.read("torch", path)
        for name in ["_image_threshold", "image_min", "pixel_max"] {
            #expect(try found.array("post_processor." + name, "float32", []) == [-1], "NaN is told as -1")
        }
    }

    @Test func whatAnomalibCannotDoIsRefused() throws {
        var padded = Self.input
        padded.fit = .pad
        let region = try #require(
            RegionOfInterest(width: 60, height: 60, bits: [0x80] + [UInt8](repeating: 0, count: 449)))
        for (fitted, words) in try [
            (FittedModel(patchGrid: .coarsest), "the coarsest layer"),
            (FittedModel(settings: ModelSettings(epsilon: 0.01, imageScore: .top(percent: 1))), "image score is top:1"),
            (FittedModel(settings: ModelSettings(epsilon: 0.01, region: region)), "region of interest"),
            (FittedModel(input: padded), "pads images"),
            (FittedModel(input: InputSettings(height: 32, width: 32, tiling: Tiling(side: 32, overlap: 0))), "tiles"),
            (
                FittedModel("efficientnet_lite0", layers: ["blocks.2", "blocks.6"]),
                "blocks.0, blocks.2, blocks.4, blocks.10"
            ),
            (FittedModel("resnet18", layers: ["layer2", "layer1"]), "in this order"),
        ] {
            let error = #expect(throws: GaussianError.self) {
                try AnomalibExport(of: fitted.model, weights: fitted.weights(), limits: nil)
            }
            #expect(error?.description.contains(words) == true, "\(String(describing: error))")
        }
    }

    /// The ONNX graph cannot do these either, and carries what it can of the others.
    @Test func whatAGraphCannotDoIsRefused() throws {
        var padded = Self.input
        padded.fit = .pad
        let region = try #require(
            RegionOfInterest(width: 60, height: 60, bits: [0x80] + [UInt8](repeating: 0, count: 449)))
        for (fitted, words) in try [
            (FittedModel(settings: ModelSettings(epsilon: 0.01, region: region)), "region of interest"),
            (FittedModel(input: padded), "pads them"),
            (FittedModel(input: InputSettings(height: 32, width: 32, tiling: Tiling(side: 32, overlap: 0))), "tiles"),
        ] {
            let export = ONNXExport(
                of: fitted.model, weights: try fitted.weights(), input: .bytes, threshold: nil, release: "0")
            let error = #expect(throws: GaussianError.self) { try export.write(to: fitted.folder["model.onnx"]) }
            #expect(error?.description.contains(words) == true, "\(String(describing: error))")
            #expect(!FileManager.default.fileExists(atPath: fitted.folder["model.onnx"]))
        }
    }
}
