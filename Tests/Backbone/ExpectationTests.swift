import Backbone
import Compute
import Foundation
import Tensors
import TestWeights
import Testing
import TestWeights

/// Every backbone against PyTorch, with every instruction set that runs here.
@Suite struct ExpectationTests {
    static let tolerance = 1e-4

    @Test(arguments: ["resnet18", "wide_resnet50_2", "tf_efficientnet_b5"])
    func photographsWithSyntheticWeights(name: String) throws {
        let backbone = try Backbone.named(name)
        let weights = try BackboneWeights(SyntheticWeights(backbone), for: backbone, upTo: backbone.defaultLayers)
        try compare(backbone, weights, "\(name)-synthetic") { $0 }
    }

    @Test func photographsWithRealWeights() throws {
        let backbone = try Backbone.named("efficientnet_lite0")
        let checkpoint = try CachedWeights.efficientNetLite0()
        let weights = try BackboneWeights(checkpoint, for: backbone, upTo: backbone.defaultLayers)
        #expect(weights.naming == "efficientnet_lite_pytorch")
        try compare(backbone, weights, "efficientnet_lite0-pretrained") { "_" + $0 }
    }

    /// The taps of the two photographs.
    private func compare(
        _ backbone: Backbone, _ weights: BackboneWeights, _ fixture: String, tapName: (String) -> String
    ) throws {
        let expectation = try Expectation(fixture)
        let images = [try Expectation.image("cat"), try Expectation.image("coffee")]
        for set in InstructionSet.available {
            let engine = try Engine(
                backbone: backbone, weights: weights, layers: backbone.defaultLayers, inputHeight: 224, inputWidth: 224,
                instructionSet: set)
            let workspace = try engine.makeWorkspace()
            try engine.run(images.map { .bytes($0) }, in: workspace)
            for (tap, layer) in backbone.defaultLayers.enumerated() {
                let errors = try images.indices.map {
                    try expectation.error(
                        tapName(layer), row: $0, computed: workspace.channelsFirst(tap, image: $0))
                }
                report("\(backbone.name) 224x224 \(layer) \(set)", errors)
                let tolerance = Self.tolerance(layer, fixture)
                #expect(errors.allSatisfy { $0 < tolerance }, "\(layer) with \(set): \(errors)")
            }
        }
    }

    /// With He's gain the squeezed network's gates saturate and amplify rounding noise: the stored float32 sample of blocks.4 is
    /// 5e-4 of the maximum away from PyTorch's float64. Fixtures with a calmer gain hold all layers to the tolerance.
    private static func tolerance(_ layer: String, _ fixture: String) -> Double {
        fixture == "tf_efficientnet_b5-synthetic" && layer != "blocks.1" ? 1e-2 : tolerance
    }

    /// The networks that differ from others in numbers of channels and blocks alone.
    static let relatives = Backbone.all.map(\.name).filter { !BackboneKinds.names.contains($0) }

    @Test(arguments: relatives) func everyLayerOfRelatives(name: String) throws {
        try compareEveryLayer(name, height: 66, width: 97, sets: [.best])
    }

    /// Odd sizes, every layer at once.
    @Test(arguments: [
        ("resnet18", 225, 193), ("resnet18", 64, 64), ("resnet18", 33, 50), ("wide_resnet50_2", 96, 160),
        ("efficientnet_lite0", 225, 193), ("efficientnet_lite0", 96, 160), ("tf_efficientnet_b5", 97, 66),
        ("tf_efficientnet_b5", 224, 224),
    ])
    func everyLayerOfOddSizes(name: String, height: Int, width: Int) throws {
        try compareEveryLayer(name, height: height, width: width, sets: InstructionSet.available)
    }

    private func compareEveryLayer(_ name: String, height: Int, width: Int, sets: [InstructionSet]) throws {
        let backbone = try Backbone.named(name)
        let expectation = try Expectation("\(name)-\(height)x\(width)")
        let gain = try #require(expectation.file.metadata["gain"].flatMap { Double($0) })
        let weights = try BackboneWeights(
            SyntheticWeights(backbone, gain: gain), for: backbone, upTo: backbone.layers)
        let image = try Expectation.cat(height: height, width: width)
        for set in sets {
            let engine = try Engine(
                backbone: backbone, weights: weights, layers: backbone.layers, inputHeight: height, inputWidth: width,
                instructionSet: set)
            let workspace = try engine.makeWorkspace()
            try engine.run([.bytes(image)], in: workspace)
            for (tap, layer) in backbone.layers.enumerated() {
                let error = try expectation.error(layer, computed: workspace.channelsFirst(tap, image: 0))
                report("\(name) \(height)x\(width) \(layer) \(set)", [error])
                #expect(error < Self.tolerance, "\(layer) with \(set): \(error)")
            }
        }
    }

    /// Prints the errors reached, on demand.
    private func report(_ what: String, _ errors: [Double]) {
        guard ProcessInfo.processInfo.environment["PADIM_REPORT_ERRORS"] != nil else { return }
        print("error/absmax \(what): \(errors.map { String(format: "%.1e", $0) }.joined(separator: " "))")
    }
}
