import Backbone
import Compute
import TestWeights
import Testing
import TestWeights

@Suite struct BackboneWeightsTests {
    private struct Damaged: WeightSource {
        var inner: SyntheticWeights
        let value: Float
        let tensor: String
        var origin: String { "damaged.pth" }
        var tensorNames: [String] { inner.tensorNames }
        func shape(of tensor: String) -> [Int]? { inner.shape(of: tensor) }
        func floats(_ name: String) throws -> [Float] {
            var values = try inner.floats(name)
            if name == tensor { values[values.count / 2] = value }
            return values
        }
    }

    @Test func everyMissingAndMisshapenTensorIsNamed() throws {
        let backbone = try Backbone.named("resnet18")
        var source = SyntheticWeights(backbone)
        source.shapes["layer1.0.bn1.running_var"] = nil
        source.shapes["layer2.0.conv1.weight"] = [128, 64, 5, 5]
        let error = #expect(throws: BackboneError.self) {
            try BackboneWeights(source, for: backbone, upTo: ["layer2"])
        }
        let text = error?.description ?? ""
        #expect(text.contains("layer1.0.bn1.running_var is missing (shape [64])"))
        #expect(text.contains("layer2.0.conv1.weight has shape [128, 64, 5, 5], expected [128, 64, 3, 3]"))
        // What lies deeper than the layers asked for is not needed.
        source.shapes["layer1.0.bn1.running_var"] = [64]
        _ = try BackboneWeights(source, for: backbone, upTo: ["layer1"])
    }

    @Test(arguments: Backbone.all.map(\.name))
    func weightsOfAnotherBackboneAreTold(other: String) throws {
        let theirs = try Backbone.named(other)
        let source = SyntheticWeights(theirs)
        let fits = Backbone.fits(source)
        #expect(fits.first?.backbone == other)
        #expect(fits.filter(\.isUsable).map(\.backbone) == [other])
        #expect(fits.first?.usableLayers == theirs.layers)
        for backbone in try BackboneKinds.all() where backbone.name != other {
            let error = #expect(throws: BackboneError.self) {
                try BackboneWeights(source, for: backbone, upTo: backbone.defaultLayers)
            }
            #expect(error?.description.hasSuffix("it fits \(other)") == true)
        }
    }

    @Test func aDeeperRelativeIsRefused() throws {
        let backbone = try Backbone.named("resnet18")
        var source = SyntheticWeights(backbone)
        source.shapes["layer1.2.conv1.weight"] = [64, 64, 3, 3]
        source.shapes["fc.weight"] = [1000, 512]
        source.shapes["layer1.0.bn1.num_batches_tracked"] = []
        let error = #expect(throws: BackboneError.self) {
            try BackboneWeights(source, for: backbone, upTo: backbone.defaultLayers)
        }
        #expect(
            error?.description.contains("layer1.2.conv1.weight (shape [64, 64, 3, 3]) is not part of this network")
                == true)
        #expect(error?.description.contains("fc.weight") == false)
        #expect(error?.description.contains("num_batches_tracked") == false)
    }

    @Test(arguments: ["backbone.", "encoder.", "model.", "model.backbone.", "module.encoder."])
    func aPartOfALargerNetworkIsFound(prefix: String) throws {
        let backbone = try Backbone.named("efficientnet_lite0")
        let plain = SyntheticWeights(backbone)
        var source = SyntheticWeights(backbone) { prefix + $0 }
        source.shapes["decoder.blocks.0.conv1.weight"] = [16, 320, 3, 3]
        source.shapes["head.weight"] = [10, 320]
        let fit = try #require(Backbone.fits(source).first)
        #expect(fit.isUsable && fit.backbone == backbone.name && fit.usableLayers == backbone.layers)
        #expect(fit.naming == "timm, behind \(prefix)")
        let weights = try BackboneWeights(source, for: backbone, upTo: backbone.layers)
        #expect(weights.naming == fit.naming)
        let tensor = "blocks.1.0.conv_dw.weight"
        #expect(try weights.floats(tensor) == source.floats(prefix + tensor))
        #expect(try weights.floats(tensor) != plain.floats(tensor))
        // A deeper relative is refused there as well.
        source.shapes[prefix + "blocks.1.2.conv_dw.weight"] = [144, 1, 3, 3]
        let error = #expect(throws: BackboneError.self) {
            try BackboneWeights(source, for: backbone, upTo: backbone.layers)
        }
        #expect(error?.description.contains("\(prefix)blocks.1.2.conv_dw.weight") == true)
        #expect(error?.description.contains("decoder.blocks") == false)
    }

    /// Where a file has the network itself and a part of the same names, the network itself counts.
    @Test func thePlainNameComesFirst() throws {
        let backbone = try Backbone.named("resnet18")
        var source = SyntheticWeights(backbone)
        for (name, shape) in SyntheticWeights(backbone).shapes { source.shapes["encoder." + name] = shape }
        let weights = try BackboneWeights(source, for: backbone, upTo: backbone.layers)
        #expect(weights.naming == "torchvision and timm")
        #expect(try weights.floats("conv1.weight") == source.floats("conv1.weight"))
    }

    @Test(arguments: [Float.nan, .infinity])
    func valuesThatAreNotFiniteAreRefused(value: Float) throws {
        let backbone = try Backbone.named("resnet18")
        let source = Damaged(inner: SyntheticWeights(backbone), value: value, tensor: "layer1.1.conv2.weight")
        let error = #expect(throws: BackboneError.self) {
            try BackboneWeights(source, for: backbone, upTo: backbone.defaultLayers)
        }
        #expect(error?.description.contains("layer1.1.conv2.weight") == true)
    }

    @Test func negativeVariancesAreRefused() throws {
        let backbone = try Backbone.named("resnet18")
        let source = Damaged(inner: SyntheticWeights(backbone), value: -3, tensor: "bn1.running_var")
        let weights = try BackboneWeights(source, for: backbone, upTo: ["layer1"])
        #expect(throws: BackboneError.self) {
            try Engine(backbone: backbone, weights: weights, layers: ["layer1"], inputHeight: 64, inputWidth: 64)
        }
    }

    @Test func bothNamingsOfTheLiteNetworkGiveTheSameNumbers() throws {
        let backbone = try Backbone.named("efficientnet_lite0")
        let file = try CachedWeights.efficientNetLite0()
        #expect(Backbone.fits(file).first?.usableLayers == backbone.layers)
        #expect(Backbone.fits(SyntheticWeights(backbone)).first?.naming == "timm")
        let weights = try BackboneWeights(file, for: backbone, upTo: backbone.layers)
        #expect(try weights.floats("blocks.2.1.conv_pwl.weight") == file.floats("_blocks.4._project_conv.weight"))
        #expect(try weights.floats("blocks.0.0.bn1.bias") == file.floats("_blocks.0._bn1.bias"))
        #expect(try weights.floats("blocks.1.0.bn1.bias") == file.floats("_blocks.1._bn0.bias"))
    }

    @Test func parametersAreThoseOfThePapers() throws {
        func millions(_ name: String) throws -> Double {
            // Without running means and variances, as networks' sizes are counted.
            let learned = try Backbone.named(name).parameters.filter { !$0.name.contains("running") }
            return Double(learned.reduce(0) { $0 + $1.elementCount }) / 1e6
        }
        // Those of torchvision's and timm's networks, less the heads.
        let expected = [
            "resnet18": 11.176512, "resnet34": 21.284672, "resnet50": 23.508032, "resnet101": 42.50016,
            "wide_resnet50_2": 66.83424, "wide_resnet101_2": 124.837696, "efficientnet_lite0": 2.958848,
            "efficientnet_lite1": 3.72352, "efficientnet_lite2": 4.357952, "efficientnet_lite3": 6.422016,
            "efficientnet_lite4": 11.149568, "tf_efficientnet_b0": 3.595388, "tf_efficientnet_b1": 6.101024,
            "tf_efficientnet_b2": 7.202562, "tf_efficientnet_b3": 10.103336, "tf_efficientnet_b4": 16.742216,
            "tf_efficientnet_b5": 27.288112, "tf_efficientnet_b6": 39.403992, "tf_efficientnet_b7": 62.14344,
        ]
        #expect(Set(expected.keys) == Set(Backbone.all.map(\.name)))
        for (name, count) in expected { #expect(try abs(millions(name) - count) < 1e-9, "\(name)") }
    }
}
