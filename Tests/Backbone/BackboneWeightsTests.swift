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

    @Test(arguments: Backbone.all.map(\.name), Backbone.all.map(\.name))
    func weightsOfAnotherBackboneAreTold(name: String, other: String) throws {
        let (backbone, theirs) = (try Backbone.named(name), try Backbone.named(other))
        let source = SyntheticWeights(theirs)
        let fits = Backbone.fits(source)
        #expect(fits.first?.backbone == other)
        #expect(fits.filter(\.isUsable).map(\.backbone) == [other])
        #expect(fits.first?.usableLayers == theirs.layers)
        guard name != other else { return }
        let error = #expect(throws: BackboneError.self) {
            try BackboneWeights(source, for: backbone, upTo: backbone.defaultLayers)
        }
        #expect(error?.description.hasSuffix("it fits \(other)") == true)
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
        // torchvision's 11.69 and 68.88 and timm's 4.65 and 30.39 million, less the heads.
        #expect(try abs(millions("resnet18") - 11.176512) < 1e-9)
        #expect(try abs(millions("wide_resnet50_2") - 66.834496) < 1e-2)
        #expect(try abs(millions("efficientnet_lite0") - 2.96) < 0.02)
        #expect(try abs(millions("tf_efficientnet_b5") - 27.29) < 0.02)
    }
}
