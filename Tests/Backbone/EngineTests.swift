import Backbone
import Compute
import TestWeights
import Testing
import TestWeights

@Suite struct EngineTests {
    private static let backbone = Backbone.all[0]

    private static func engine(side: Int = 64) throws -> Engine {
        let weights = try BackboneWeights(SyntheticWeights(backbone), for: backbone, upTo: ["layer2"])
        return try Engine(
            backbone: backbone, weights: weights, layers: ["layer2"], inputHeight: side, inputWidth: side)
    }

    @Test func tapShapesNeedNoWeights() throws {
        let taps = try Engine.tapShapes(
            backbone: Backbone.named("efficientnet_lite0"), layers: ["blocks.10", "blocks.2"], inputHeight: 225,
            inputWidth: 130)
        #expect(taps.map(\.name) == ["blocks.10", "blocks.2"])
        #expect(taps.map(\.channels) == [112, 24])
        #expect(taps.map(\.height) == [15, 57])
        #expect(taps.map(\.width) == [9, 33])
        #expect(
            try Self.engine().taps
                == Engine.tapShapes(backbone: Self.backbone, layers: ["layer2"], inputHeight: 64, inputWidth: 64))
    }

    @Test func defaultsAreTheMethods() throws {
        let channels = try Backbone.all.map { backbone in
            try Engine.tapShapes(
                backbone: backbone, layers: backbone.defaultLayers, inputHeight: 224, inputWidth: 224
            ).reduce(0) { $0 + $1.channels }
        }
        let residual = ([448, 448, 1792, 1792, 1792, 1792], [100, 100, 550, 550, 550, 550])
        let lite = ([176, 176, 192, 216, 248], [100, 100, 110, 120, 140])
        let squeezed = ([216, 216, 232, 264, 304, 344, 384, 432], [120, 120, 130, 150, 180, 200, 220, 250])
        #expect(channels == residual.0 + lite.0 + squeezed.0)
        #expect(Backbone.all.map(\.defaultFeatures) == residual.1 + lite.1 + squeezed.1)
    }

    @Test func unknownNamesAreToldTheKnownOnes() {
        #expect(throws: BackboneError.self) { try Backbone.named("resnet19") }
        let error = #expect(throws: BackboneError.self) {
            try Engine.tapShapes(backbone: Self.backbone, layers: ["layer5"], inputHeight: 224, inputWidth: 224)
        }
        #expect(error?.description == "resnet18 has no layer 'layer5'; its layers are layer1, layer2, layer3, layer4")
    }

    @Test(arguments: [[], ["layer1", "layer1"]])
    func unusableChoicesOfLayers(layers: [String]) {
        #expect(throws: BackboneError.self) {
            try Engine.tapShapes(backbone: Self.backbone, layers: layers, inputHeight: 224, inputWidth: 224)
        }
    }

    @Test(arguments: [(0, 224), (-1, 224), (224, 0), (Int.max, 224), (1 << 20, 1 << 20), (Int.min, Int.min)])
    func unusableSizes(height: Int, width: Int) {
        for backbone in Backbone.all {
            #expect(throws: BackboneError.self) {
                try Engine.tapShapes(
                    backbone: backbone, layers: backbone.defaultLayers, inputHeight: height, inputWidth: width)
            }
        }
    }

    @Test func theSmallestInputsRun() throws {
        for backbone in try BackboneKinds.all() where backbone.name != "wide_resnet50_2" {
            let weights = try BackboneWeights(SyntheticWeights(backbone), for: backbone, upTo: backbone.layers)
            for (height, width) in [(1, 1), (2, 3), (17, 1), (1, 40), (31, 33)] {
                let engine = try Engine(
                    backbone: backbone, weights: weights, layers: backbone.layers, inputHeight: height,
                    inputWidth: width)
                let workspace = try engine.makeWorkspace()
                try engine.run([.bytes(Array(repeating: 200, count: 3 * height * width))], in: workspace)
                let isFinite = workspace.channelsFirst(3, image: 0).allSatisfy(\.isFinite)
                #expect(isFinite)
            }
        }
    }

    @Test func wrongGroupsAreRefused() throws {
        let engine = try Self.engine()
        let workspace = try engine.makeWorkspace()
        let image = [UInt8](repeating: 0, count: 3 * 64 * 64)
        #expect(throws: BackboneError.self) { try engine.run([], in: workspace) }
        #expect(throws: BackboneError.self) {
            try engine.run(Array(repeating: .bytes(image), count: engine.groupSize + 1), in: workspace)
        }
        #expect(throws: BackboneError.self) { try engine.run([.bytes(image), .bytes([1, 2, 3])], in: workspace) }
        #expect(throws: BackboneError.self) { try Self.engine(side: 96).run([.bytes(image)], in: workspace) }
        try engine.run([.bytes(image)], in: workspace)
        #expect(workspace.imageCount == 1)
    }

    @Test func absentInstructionSetsAreRefused() throws {
        let weights = try BackboneWeights(SyntheticWeights(Self.backbone), for: Self.backbone, upTo: ["layer1"])
        for set in InstructionSet.allCases where !set.runsHere {
            #expect(throws: BackboneError.self) {
                try Engine(
                    backbone: Self.backbone, weights: weights, layers: ["layer1"], inputHeight: 64, inputWidth: 64,
                    instructionSet: set)
            }
        }
    }

    /// The fixtures test these kernels only where the plan takes them.
    @Test func thePlanTakesEveryKernelOfTheResidualNetworks() throws {
        let kernels = try Self.engine().steps.map(\.kernel)
        #expect(
            Set(kernels) == [
                "normalise", "stem 7x7, max pool 3x3", "winograd 4x4,3x3", "winograd 4x4,3x3 stride 2", "direct 1x1",
            ])
    }

    @Test func theProfileNamesEveryStep() throws {
        let engine = try Self.engine()
        let steps = try engine.profile(rounds: 1)
        #expect(steps.map(\.layer) == engine.steps.map(\.layer))
        #expect(steps.allSatisfy { $0.seconds > 0 && $0.operations > 0 && !$0.kernel.isEmpty })
        #expect(steps.last?.output == "8x8x128")
    }

    @Test func wideMapsOfInvertedResidualsAreNotMade() throws {
        let backbone = try Backbone.named("efficientnet_lite0")
        let engine = try Engine(
            backbone: backbone,
            weights: BackboneWeights(SyntheticWeights(backbone), for: backbone, upTo: ["blocks.1", "blocks.2"]),
            layers: ["blocks.1", "blocks.2"], inputHeight: 224, inputWidth: 224)
        let block = try #require(engine.steps.first { $0.layer.hasPrefix("blocks.1.1.") })
        #expect(block.layer == "blocks.1.1.conv_pw+conv_dw+conv_pwl")
        #expect(block.kernel == "rows of direct 1x1, depthwise 3x3, direct 1x1")
        #expect(block.operations == 2 * 56 * 56 * 144 * (24 + 9 + 24))
        // The widest map, 112 x 112 x 96 floats, would alone take 4.8 MB.
        #expect(try engine.makeWorkspace().byteCount < 4_800_000)
    }
}
