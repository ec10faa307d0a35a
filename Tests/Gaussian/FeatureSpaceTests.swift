import Foundation
import Gaussian
import Settings
import Storage
import Testing

@Suite struct FeatureSpaceTests {
    private func space(
        backbone: String = "resnet18", channels: [Int] = [0, 5, 9], input: Int = 224, resize: Int? = 256,
        grid: Int = 56, layers: [String] = ["layer1"], scaledJPEG: Bool = false, whiteLevel: Int = 65_535,
        exponent: Int = 9
    ) throws -> FeatureSpace {
        try FeatureSpace(
            backbone: backbone, weights: Digest(of: [1]), layers: layers, channels: channels,
            input: InputSettings(
                height: input, width: 224, resize: resize, crop: 224, scaledJPEG: scaledJPEG, whiteLevel: whiteLevel),
            gridHeight: grid, gridWidth: 56,
            grid: FixedPointGrid(exponent: exponent, layerChannels: layers.map { _ in 64 }, kept: channels))
    }

    /// Files from before the option are read, and files without it are what they were.
    @Test func scaledDecodingIsWrittenOnlyWhereItIsOn() throws {
        let text = String(decoding: try JSONEncoder().encode(space()), as: UTF8.self)
        #expect(!text.contains("scaledJPEG"))
        let scaled = try space(scaledJPEG: true)
        #expect(try JSONDecoder().decode(FeatureSpace.self, from: JSONEncoder().encode(scaled)) == scaled)
        #expect(try scaled.differences(from: space()) == ["JPEG decoding (scaled and full)"])
    }

    @Test func theWhiteLevelIsWrittenOnlyWhereItIsNotFull() throws {
        let text = String(decoding: try JSONEncoder().encode(space()), as: UTF8.self)
        #expect(!text.contains("white"))
        let deep = try space(whiteLevel: 4095)
        #expect(try JSONDecoder().decode(FeatureSpace.self, from: JSONEncoder().encode(deep)) == deep)
        #expect(try deep.differences(from: space()) == ["white level (4095 and 65535)"])
        for wrong in [0, -1, 65_536] { #expect(throws: GaussianError.self) { try space(whiteLevel: wrong) } }
    }

    /// Earlier releases do not know these settings and would score with others, so files that have them are of a newer version.
    @Test func precisionAndNormalizationAreWrittenOnlyWhereTheyAreGiven() throws {
        let usual = try space()
        let text = String(decoding: try JSONEncoder().encode(usual), as: UTF8.self)
        #expect(!text.contains("mean") && !text.contains("resizePrecision") && !text.contains("orientation"))
        for change in [
            { (input: inout InputSettings) in input.resizePrecision = .float },
            { (input: inout InputSettings) in input.normalization = .imageNet },
            { (input: inout InputSettings) in input.orientation = .exif },
        ] {
            var input = usual.input
            change(&input)
            let other = try FeatureSpace(
                backbone: usual.backbone, weights: usual.weights, layers: usual.layers, channels: usual.channels,
                input: input, gridHeight: usual.gridHeight, gridWidth: usual.gridWidth, grid: usual.grid)
            #expect(try JSONDecoder().decode(FeatureSpace.self, from: JSONEncoder().encode(other)) == other)
            #expect(other.differences(from: usual).count == 1)
        }
    }

    /// Earlier releases would take the first layer's pixels for the patches.
    @Test func thePatchGridIsWrittenOnlyWhereItIsTheCoarsest() throws {
        let usual = try space()
        #expect(!String(decoding: try JSONEncoder().encode(usual), as: UTF8.self).contains("patchGrid"))
        let coarse = try FeatureSpace(
            backbone: usual.backbone, weights: usual.weights, layers: usual.layers, channels: usual.channels,
            input: usual.input, patchGrid: .coarsest, gridHeight: usual.gridHeight, gridWidth: usual.gridWidth,
            grid: usual.grid)
        #expect(try JSONDecoder().decode(FeatureSpace.self, from: JSONEncoder().encode(coarse)) == coarse)
        #expect(coarse.differences(from: usual) == ["patch grid of the layers (coarsest and finest)"])
    }

    @Test func someOfTheChannelsAreASpaceOfTheirOwn() throws {
        let whole = try space()
        #expect(try whole.keeping([5, 9]) == space(channels: [5, 9]))
        for wrong in [[5, 6], [9, 5], []] { #expect(throws: GaussianError.self) { try whole.keeping(wrong) } }
    }

    @Test func aMeanWithoutADeviationIsUnsound() throws {
        var fields = try #require(
            JSONSerialization.jsonObject(with: JSONEncoder().encode(space())) as? [String: Any])
        fields["mean"] = [0.5, 0.5, 0.5]
        let text = try JSONSerialization.data(withJSONObject: fields)
        #expect(throws: GaussianError.self) { try JSONDecoder().decode(FeatureSpace.self, from: text) }
    }

    @Test func comesBackFromJSON() throws {
        let original = try space()
        let text = try JSONEncoder().encode(original)
        #expect(try JSONDecoder().decode(FeatureSpace.self, from: text) == original)
        let without = try space(resize: nil)
        #expect(try JSONDecoder().decode(FeatureSpace.self, from: JSONEncoder().encode(without)) == without)
        #expect(original.patches == 56 * 56)
        #expect(original.dimension == 3)
    }

    @Test func valuesThatAreNoSpaceAreRefused() throws {
        #expect(throws: GaussianError.self) { try space(channels: []) }
        #expect(throws: GaussianError.self) { try space(channels: [3, 3]) }
        #expect(throws: GaussianError.self) { try space(channels: [5, 3]) }
        #expect(throws: GaussianError.self) { try space(channels: [-1, 3]) }
        #expect(throws: GaussianError.self) { try space(input: 0) }
        #expect(throws: GaussianError.self) { try space(resize: Int.max) }
        #expect(throws: GaussianError.self) { try space(grid: 1 << 40) }
        #expect(throws: GaussianError.self) { try space(layers: []) }
        #expect(throws: GaussianError.self) { try space(channels: [3, 64]) }
        #expect(throws: GaussianError.self) { try space(exponent: 65) }
        #expect(throws: GaussianError.self) { try space(backbone: "") }
    }

    @Test func differencesAreNamed() throws {
        let original = try space()
        #expect(original.differences(from: original).isEmpty)
        let other = try space(backbone: "wide_resnet50_2", channels: [0, 5, 10], resize: nil)
        let text = original.differences(from: other).joined(separator: "; ")
        #expect(text.contains("backbone (resnet18 and wide_resnet50_2)"))
        #expect(text.contains("resize (256 and none)"))
        #expect(text.contains("choice of the 3 channels"))
        #expect(!text.contains("crop"))
        #expect(try original.differences(from: space(channels: [0, 5])) == ["number of channels kept (3 and 2)"])
        #expect(try original.differences(from: space(exponent: 8)) == ["fixed-point exponents (9 and 8)"])
    }
}
