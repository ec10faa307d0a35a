import Compute
import Foundation
import Gaussian
import Settings
import Storage
import TestSupport

func bytes(ofFile path: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path)) }

/// Images in fixed point: `[image][patch][channel]`, correlated channels, some at the limit.
struct Sample {
    let patches: Int
    let dimension: Int
    let images: [[Int32]]

    init(images count: Int, patches: Int, dimension: Int, seed: UInt64) {
        (self.patches, self.dimension) = (patches, dimension)
        var random = SeededGenerator(seed: seed)
        images = (0..<count).map { _ in
            var common = 0
            return (0..<patches * dimension).map { place in
                if place % dimension == 0 { common = Int.random(in: -100_000...100_000, using: &random) }
                let limit = FixedPointGrid.limit
                if Int.random(in: 0..<500, using: &random) == 0 {
                    return Int32(Bool.random(using: &random) ? limit : -limit)
                }
                return Int32(common + Int.random(in: -80_000...80_000, using: &random))
            }
        }
    }

    /// Images that the caller has drawn.
    init(_ images: [[Int32]], patches: Int, dimension: Int) {
        (self.images, self.patches, self.dimension) = (images, patches, dimension)
    }

    /// Some images as `[patch][image][channel]`.
    func rows(_ chosen: [Int]) -> [Int32] {
        (0..<patches).flatMap { patch in
            chosen.flatMap { images[$0][patch * dimension..<(patch + 1) * dimension] }
        }
    }

    func fold(_ chosen: [Int], into statistics: Statistics, patchesAtATime: Int? = nil) throws {
        let rows = rows(chosen)
        let step = patchesAtATime ?? patches
        for begin in stride(from: 0, to: patches, by: step) {
            try rows.withUnsafeBufferPointer { buffer in
                guard let start = buffer.baseAddress else { return }
                try statistics.fold(
                    start + begin * chosen.count * dimension, images: chosen.count,
                    patches: begin..<min(begin + step, patches))
            }
        }
        statistics.didFold(images: chosen.count, clamped: Int64(chosen.reduce(0, +)))
    }

    func statistics(_ chosen: [Int]? = nil, _ set: InstructionSet = .best) throws -> Statistics {
        let statistics = try Statistics(patches: patches, dimension: dimension, instructionSet: set)
        try fold(chosen ?? Array(images.indices), into: statistics)
        return statistics
    }

    func space(weights: String = "a", grid: FixedPointGrid? = nil) throws -> FeatureSpace {
        try FeatureSpace(
            backbone: "resnet18", weights: Digest(of: Array(weights.utf8)), layers: ["layer1", "layer2"],
            channels: Array(0..<dimension), input: InputSettings(height: 224, width: 224),
            gridHeight: 1, gridWidth: patches, grid: grid ?? self.grid)
    }

    /// Two layers with exponents of their own.
    var grid: FixedPointGrid {
        get throws {
            try FixedPointGrid(
                layers: .init(exponents: [15, 17], channels: [2, dimension]), kept: Array(0..<dimension))
        }
    }

    /// The sums of some images, as a file.
    func file(_ path: String, _ chosen: [Int]? = nil) throws -> StatisticsFile {
        try StatisticsFileWriter.write(statistics(chosen), space: space(), to: path)
        return try StatisticsFile(path: path)
    }
}

extension Statistics {
    /// The count and all sums.
    var content: [UInt8] {
        get throws {
            try withChunk(patches: 0..<patches) { Array($0) } + withUnsafeBytes(of: count) { Array($0) }
                + withUnsafeBytes(of: clamped) { Array($0) }
        }
    }

    var words: [Int64] {
        get throws { try withChunk(patches: 0..<patches) { Array($0.bindMemory(to: Int64.self)) } }
    }
}
