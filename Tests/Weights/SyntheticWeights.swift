import Backbone
import Foundation

/// Weights that are a pure function of a tensor's name and shape. synthetic_weights.py beside it says the same in Python.
package struct SyntheticWeights: WeightSource {
    package let origin = "synthetic weights"
    package var shapes: [String: [Int]]
    /// Three times the variance of a convolution's output over that of its input.
    public let gain: Double

    /// Every parameter of the backbone, by canonical names unless renamed.
    package init(_ backbone: Backbone, gain: Double = 6, rename: (String) -> String = { $0 }) {
        self.gain = gain
        shapes = Dictionary(uniqueKeysWithValues: backbone.parameters.map { (rename($0.name), $0.shape) })
    }

    package var tensorNames: [String] { Array(shapes.keys) }

    package func shape(of tensor: String) -> [Int]? { shapes[tensor] }

    package func floats(_ tensor: String) throws -> [Float] {
        Self.values(name: tensor, shape: shapes[tensor] ?? [], gain: gain)
    }

    package static func values(name: String, shape: [Int], gain: Double) -> [Float] {
        let stream = Self.seed(name)
        let count = shape.reduce(1, *)
        let convert: (Double) -> Double
        if shape.count == 4 {
            let bound = (gain / Double(shape.dropFirst().reduce(1, *))).squareRoot()
            convert = { (2 * $0 - 1) * bound }
        } else if name.hasSuffix("running_var") || name.hasSuffix("weight") {
            convert = { 0.5 + $0 }
        } else {
            convert = { 0.2 * ($0 - 0.5) }
        }
        return [Float](unsafeUninitializedCapacity: count) { buffer, filled in
            for index in 0..<count { buffer[index] = Float(convert(fraction(stream, index))) }
            filled = count
        }
    }

    /// FNV-1a.
    private static func seed(_ name: String) -> UInt64 {
        name.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }

    /// SplitMix64's output number `index`, as a fraction of 53 bits.
    private static func fraction(_ seed: UInt64, _ index: Int) -> Double {
        var z = seed &+ UInt64(index + 1) &* 0x9E37_79B9_7F4A_7C15
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        z ^= z >> 31
        return Double(z >> 11) * 0x1p-53
    }
}
