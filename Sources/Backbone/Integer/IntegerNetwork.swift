/// A backbone's trained numbers as integers of eight bits, and what they stand for: docs/NUMERICS.md, "The integer network".
package struct IntegerNetwork: Sendable {
    /// What the whole numbers of a map stand for: `scale * (number - zero)`.
    package struct MapScale: Equatable, Sendable {
        package let scale: Float
        package let zero: UInt8
    }

    /// An activation as the numbers that each number before it becomes.
    package struct Table: Equatable, Sendable {
        /// Of the numbers before it.
        package let input: MapScale
        /// 256 numbers.
        package let entries: [UInt8]
    }

    /// A convolution with what is folded into it, and the scale of the map that it makes.
    package struct Convolution: Equatable, Sendable {
        /// [output channel][input channel][row][column].
        package let weights: [Int8]
        /// Of each output channel.
        package let weightScales: [Float]
        /// In units of the input's scale times the weights'.
        package let bias: [Int32]
        /// Nil until it is found, and of the factors of a gate.
        package var output: MapScale?
        /// Where swish or sigmoid follows.
        package var table: Table?
    }

    /// The mean and deviation that are folded into the convolution of the image.
    package let pixels: PixelScaling
    /// By the canonical names of their weights, without `.weight`.
    package internal(set) var convolutions: [String: Convolution] = [:]

    init(pixels: PixelScaling) { self.pixels = pixels }

    /// The zero points of red, green and blue.
    var pixelZeros: [UInt8] { pixels.mean.map { UInt8(min(max($0.rounded(.toNearestOrEven), 0), 255)) } }

    func convolution(_ name: String) throws -> Convolution {
        guard let convolution = convolutions[name] else {
            throw BackboneError.weightsMissing(tensor: name + ".weight", backbone: "the integer network")
        }
        return convolution
    }

    /// The scale of the map that a convolution makes; nil: of the image.
    func scale(of layer: String?) throws -> Float {
        guard let layer else { return 1 }
        return try output(of: layer).scale
    }

    func output(of layer: String) throws -> MapScale {
        guard let output = try convolution(layer).output else {
            throw BackboneError.weightsMissing(tensor: layer + ".scale", backbone: "the integer network")
        }
        return output
    }
}
