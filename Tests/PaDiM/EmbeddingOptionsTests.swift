import Backbone
import Gaussian
import PaDiM
import Settings
import Storage
import Testing

@Suite struct EmbeddingOptionsTests {
    private let weights = Digest(of: [7])

    @Test(arguments: [
        ("resnet18", 100, 56), ("wide_resnet50_2", 550, 56), ("efficientnet_lite0", 100, 56),
        ("tf_efficientnet_b5", 200, 56), ("resnet34", 100, 56), ("wide_resnet101_2", 550, 56),
        ("efficientnet_lite2", 110, 56), ("tf_efficientnet_b0", 120, 56),
    ])
    func defaultsAreThePapers(name: String, features: Int, grid: Int) throws {
        let space = try EmbeddingOptions(backbone: name).space(weights: weights)
        #expect(space.dimension == features)
        #expect(space.gridHeight == grid && space.gridWidth == grid)
        #expect(space.layers == (try Backbone.named(name).defaultLayers))
        #expect(space.weights == weights)
        #expect(space.input == InputSettings())
    }

    @Test(arguments: [
        ("resnet18", 448, 14), ("wide_resnet50_2", 550, 14), ("efficientnet_lite0", 144, 14),
        ("tf_efficientnet_b5", 344, 14), ("resnet50", 550, 14), ("efficientnet_lite4", 200, 14),
        ("tf_efficientnet_b7", 432, 14),
    ])
    func leanHasItsOwnLayersAndNumbersOfChannels(name: String, features: Int, grid: Int) throws {
        let options = EmbeddingOptions(backbone: name, recipe: .lean, patchGrid: .coarsest)
        let space = try options.space(weights: weights)
        #expect(space.dimension == features && space.patchGrid == .coarsest)
        #expect(space.gridHeight == grid && space.gridWidth == grid)
        #expect(space.layers == (try Backbone.named(name).leanLayers))
        // Each of its settings can be another.
        var other = options
        (other.layers, other.patchGrid) = (try Backbone.named(name).defaultLayers, .finest)
        #expect(try other.space(weights: weights).gridHeight == 56)
        other.features = .count(7)
        #expect(try other.space(weights: weights).dimension == 7)
        other.features = .all
        let taps = try #require(try other.space(weights: weights).grid.layers).channels
        #expect(try other.space(weights: weights).channels == Array(0..<taps.reduce(0, +)))
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
        explained("needs a crop", EmbeddingOptions(backbone: "resnet18", input: InputSettings(resize: 256)))
        explained(
            "--input-size 200", EmbeddingOptions(backbone: "resnet18", input: InputSettings(resize: 256, crop: 200)))
        explained("shorter side", EmbeddingOptions(backbone: "resnet18", input: InputSettings(resize: 200, crop: 224)))
        explained("input", EmbeddingOptions(backbone: "resnet18", input: InputSettings(height: 0, width: -4)))
        explained(
            "input", EmbeddingOptions(backbone: "resnet18", input: InputSettings(height: Int.max, width: Int.max)))
    }

    @Test func theWhiteLevelReachesThePixels() throws {
        let space = try EmbeddingOptions(backbone: "resnet18", input: InputSettings(whiteLevel: 4095)).space(
            weights: weights)
        #expect(space.input.whiteLevel == 4095)
        #expect(try Preprocessing(space.input).whiteLevel == 4095)
        #expect(try Preprocessing(InputSettings()).whiteLevel == 65_535)
    }

    /// Sums of the same features must add, however the normalization was said.
    @Test func theBackbonesOwnNormalizationMakesNoOtherSpace() throws {
        func space(_ backbone: String, _ normalization: PixelNormalization?) throws -> FeatureSpace {
            try EmbeddingOptions(backbone: backbone, input: InputSettings(normalization: normalization)).space(
                weights: weights)
        }
        #expect(try space("resnet18", .imageNet) == space("resnet18", nil))
        let other = try space("efficientnet_lite0", .imageNet)
        #expect(try other != space("efficientnet_lite0", nil))
        #expect(other.input.normalization == .imageNet)
        let words = try other.differences(from: space("efficientnet_lite0", nil))
        #expect(words.count == 1 && words[0].contains("mean and deviation"))
    }

    @Test func anImpossibleNormalizationIsExplained() {
        func explained(_ mean: [Double], _ deviation: [Double], _ words: String) {
            let input = InputSettings(normalization: PixelNormalization(mean: mean, deviation: deviation))
            do {
                _ = try EmbeddingOptions(backbone: "resnet18", input: input).space(weights: weights)
                Issue.record("\(mean) and \(deviation) were taken")
            } catch { #expect("\(error)".contains(words), "\(error)") }
        }
        explained([0.5, 0.5], [1, 1, 1], "three numbers")
        explained([0.5, 0.5, 0.5], [1, 0, 1], "deviation 0.0001 to 1000")
        explained([0.5, 0.5, 0.5], [1, -1, 1], "deviation 0.0001 to 1000")
        explained([0.5, .nan, 0.5], [1, 1, 1], "mean must be")
        explained([0.5, 0.5, 0.5], [1, .infinity, 1], "deviation 0.0001 to 1000")
    }
}
