import Backbone
import Foundation
import Gaussian
import PaDiM
import Settings
import Storage
import TestSupport
import TestWeights

/// A stream of random numbers that a test can repeat.
struct TestRandom: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        var z = state
        z = (z ^ z >> 33) &* 0xff51_afd7_ed55_8ccd
        return z ^ z >> 33
    }
}

/// Photographs of nothing, as 24-bit BMP files.
enum Photographs {
    static func write(_ count: Int, into folder: TemporaryFolder, width: Int = 70, height: Int = 60) throws -> [String]
    {
        try (0..<count).map { number in
            let path = folder["photograph\(number).bmp"]
            var random = TestRandom(state: UInt64(number) &+ 99)
            let (cx, cy) = (Int.random(in: 0..<width, using: &random), Int.random(in: 0..<height, using: &random))
            var pixels: [UInt8] = []
            for y in 0..<height {
                for x in 0..<width {
                    let distance = (x - cx) * (x - cx) + (y - cy) * (y - cy)
                    let level = 255 - min(distance / 10, 200) + Int.random(in: -9...0, using: &random)
                    pixels += [UInt8(level), UInt8(level / 2 + x), UInt8(level / 3 + y)]
                }
                pixels += [UInt8](repeating: 0, count: (4 - width * 3 % 4) % 4)
            }
            try Data(bitmap(pixels, width: width, height: height)).write(to: URL(fileURLWithPath: path))
            return path
        }
    }

    private static func bitmap(_ pixels: [UInt8], width: Int, height: Int) -> [UInt8] {
        func little(_ value: Int, _ count: Int) -> [UInt8] { (0..<count).map { UInt8(value >> (8 * $0) & 255) } }
        let header =
            little(40, 4) + little(width, 4) + little(height, 4) + little(1, 2) + little(24, 2) + little(0, 4)
            + little(pixels.count, 4) + little(2835, 4) + little(2835, 4) + little(0, 8)
        return Array("BM".utf8) + little(54 + pixels.count, 4) + little(0, 4) + little(54, 4) + header + pixels
    }
}

/// A network with weights of no worth, on a small input: all of the method in milliseconds.
struct SmallNetwork {
    let options: EmbeddingOptions
    let space: FeatureSpace
    let weights: BackboneWeights

    init(
        channels: [Int]? = nil, recipe: Recipe = .paper, features: FeatureCount? = 13, input: Int = 64,
        resize: Int? = nil, crop: Int? = nil,
        gridExponent: Int = FixedPointGrid.defaultExponent
    ) throws {
        let backbone = try Backbone.named("efficientnet_lite0")
        options = EmbeddingOptions(
            backbone: backbone.name, recipe: recipe, patchGrid: recipe.patchGrid, features: features,
            channels: channels,
            input: InputSettings(height: input, width: input, resize: resize, crop: crop), gridExponent: gridExponent)
        space = try options.space(weights: Digest(of: [1, 2, 3]))
        weights = try BackboneWeights(SyntheticWeights(backbone), for: backbone, upTo: space.layers)
    }
}

extension Statistics {
    /// The counts and all sums.
    var content: [UInt8] {
        get throws {
            try withChunk(patches: 0..<patches) { Array($0) } + withUnsafeBytes(of: count) { Array($0) }
                + withUnsafeBytes(of: clamped) { Array($0) }
        }
    }

    func words() throws -> [Int64] {
        try withChunk(patches: 0..<patches) { Array($0.bindMemory(to: Int64.self)) }
    }
}
