import Foundation
import Gaussian
import Settings
import Storage
import Testing

/// The numbers that features are rounded to: they follow from settings and never from images.
@Suite struct FixedPointGridTests {
    @Test func eachChannelHasItsLayersExponent() throws {
        let grid = try FixedPointGrid(
            layers: .init(exponents: [9, 3, -2], channels: [4, 1, 8]), kept: [0, 3, 4, 5, 12])
        #expect(grid.exponents == [9, 9, 3, -2, -2])
        #expect(grid.scales == [512, 512, 8, 0.25, 0.25])
        #expect(zip(grid.scales, grid.steps).allSatisfy { $0 * $1 == 1 })
        // A layer of which nothing is kept.
        #expect(
            try FixedPointGrid(layers: .init(exponents: [1, 2, 3], channels: [2, 2, 2]), kept: [1, 4]).exponents == [
                1, 3,
            ])
    }

    @Test func theUsualGridReachesAThousandToBothSides() throws {
        let grid = try FixedPointGrid(layerChannels: [64, 128], kept: [0, 70])
        #expect(grid.exponents == [9, 9])
        #expect(grid.layers == .init(exponents: [9, 9], channels: [64, 128]))
        #expect(grid.steps.allSatisfy { $0 == 1.0 / 512 && $0 * Float(FixedPointGrid.limit) > 1023.9 })
    }

    @Test(arguments: [
        ([9], [4, 4], [0]), ([9, 9], [4, 4], [8]), ([9, 9], [4, 0], [0]), ([9, 65], [4, 4], [0]),
        ([-65, 9], [4, 4], [0]),
        ([9], [FeatureSpace.maximumChannel + 1], [0]),
    ])
    func whatIsNoGridIsRefused(exponents: [Int], channels: [Int], kept: [Int]) {
        #expect(throws: GaussianError.self) {
            try FixedPointGrid(layers: .init(exponents: exponents, channels: channels), kept: kept)
        }
    }

    @Test func gridsOfTheFirstVersionHaveAnExponentForEachChannel() throws {
        let grid = try FixedPointGrid(channelExponents: [3, -64, 64])
        #expect(grid.exponents == [3, -64, 64] && grid.layers == nil)
        #expect(throws: GaussianError.self) { try FixedPointGrid(channelExponents: []) }
        #expect(throws: GaussianError.self) { try FixedPointGrid(channelExponents: [65]) }
    }

    /// The space is part of every header and message; without its grid it means nothing.
    @Test func aSpaceIsReadWithItsGridOrNotAtAll() throws {
        let space = try FeatureSpace(
            backbone: "resnet18", weights: Digest(of: [1]), layers: ["a", "b"], channels: [1, 70],
            input: InputSettings(height: 8, width: 8), gridHeight: 2, gridWidth: 2,
            grid: FixedPointGrid(layers: .init(exponents: [9, 8], channels: [64, 128]), kept: [1, 70]))
        let text = String(decoding: try JSONEncoder().encode(space), as: UTF8.self)
        #expect(text.contains(#""exponents":[9,8]"#) && text.contains(#""layerChannels":[64,128]"#))
        #expect(try JSONDecoder().decode(FeatureSpace.self, from: Data(text.utf8)) == space)
        for (old, new) in [
            (#""exponents":[9,8]"#, #""exponents":[9]"#), (#""exponents":[9,8]"#, #""exponents":[9,8,7]"#),
            (#""exponents":[9,8]"#, #""exponent":[9,8]"#), (#""exponents":[9,8]"#, #""exponents":[9,99]"#),
            (#"[64,128]"#, "[64,6]"), (#"[64,128]"#, "[64,9223372036854775807]"), (#"[64,128]"#, "[]"),
        ] {
            let bad = text.replacingOccurrences(of: old, with: new)
            #expect(bad != text)
            #expect(throws: (any Error).self) { try JSONDecoder().decode(FeatureSpace.self, from: Data(bad.utf8)) }
        }
    }
}
