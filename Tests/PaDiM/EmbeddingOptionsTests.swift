import Backbone
import Gaussian
import PaDiM
import Storage
import Testing

@Suite struct EmbeddingOptionsTests {
    private let weights = Digest(of: [7])

    @Test(arguments: [
        ("resnet18", 100, 56), ("wide_resnet50_2", 550, 56), ("efficientnet_lite0", 100, 56),
        ("tf_efficientnet_b5", 200, 56),
    ])
    func defaultsAreThePapers(name: String, features: Int, grid: Int) throws {
        let space = try EmbeddingOptions(backbone: name).space(weights: weights)
        #expect(space.dimension == features)
        #expect(space.gridHeight == grid && space.gridWidth == grid)
        #expect(space.layers == (try Backbone.named(name).defaultLayers))
        #expect(space.weights == weights)
        #expect(space.inputHeight == 224 && space.resize == nil && space.crop == nil)
    }

    @Test func aListOfChannelsOverridesTheChoice() throws {
        let space = try EmbeddingOptions(backbone: "resnet18", features: 3, channels: [9, 0, 447]).space(
            weights: weights)
        #expect(space.channels == [0, 9, 447])
    }

    @Test func theSeedDecides() throws {
        let one = try EmbeddingOptions(backbone: "resnet18", seed: 1).space(weights: weights)
        let two = try EmbeddingOptions(backbone: "resnet18", seed: 2).space(weights: weights)
        #expect(one != two)
        #expect(try one == EmbeddingOptions(backbone: "resnet18", seed: 1).space(weights: weights))
    }

    @Test func fewLayersKeepAtMostWhatTheyHave() throws {
        let space = try EmbeddingOptions(backbone: "resnet18", layers: ["layer1"]).space(weights: weights)
        #expect(space.dimension == 64)
    }

    @Test func wrongOptionsAreExplained() throws {
        func explained(_ words: String, _ options: EmbeddingOptions) {
            do {
                _ = try options.space(weights: weights)
                Issue.record("was taken")
            } catch {
                #expect("\(error)".contains(words), "\(error)")
            }
        }
        explained("resnet19", EmbeddingOptions(backbone: "resnet19"))
        explained("layer9", EmbeddingOptions(backbone: "resnet18", layers: ["layer9"]))
        explained("features 449", EmbeddingOptions(backbone: "resnet18", features: 449))
        explained("features 0", EmbeddingOptions(backbone: "resnet18", features: 0))
        explained("448 is not in 0..<448", EmbeddingOptions(backbone: "resnet18", channels: [448]))
        explained("-1 is not in", EmbeddingOptions(backbone: "resnet18", channels: [-1, 3]))
        explained("5 comes twice", EmbeddingOptions(backbone: "resnet18", channels: [5, 1, 5]))
        explained("empty", EmbeddingOptions(backbone: "resnet18", channels: []))
        explained("needs a crop", EmbeddingOptions(backbone: "resnet18", resize: 256))
        explained("--input-size 200", EmbeddingOptions(backbone: "resnet18", resize: 256, crop: 200))
        explained("shorter side", EmbeddingOptions(backbone: "resnet18", resize: 200, crop: 224))
        explained("input", EmbeddingOptions(backbone: "resnet18", inputHeight: 0, inputWidth: -4))
        explained("input", EmbeddingOptions(backbone: "resnet18", inputHeight: Int.max, inputWidth: Int.max))
    }

    @Test func theWhiteLevelReachesThePixels() throws {
        let space = try EmbeddingOptions(backbone: "resnet18", whiteLevel: 4095).space(weights: weights)
        #expect(space.whiteLevel == 4095)
        #expect(try Preprocessing(space).whiteLevel == 4095)
        #expect(try Preprocessing(EmbeddingOptions(backbone: "resnet18").space(weights: weights)).whiteLevel == 65_535)
    }
}
