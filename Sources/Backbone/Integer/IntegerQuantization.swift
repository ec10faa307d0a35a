import Foundation

// How real numbers become the numbers of an integer network. All formulas are in docs/NUMERICS.md, in this order.

extension IntegerNetwork.Convolution {
    /// - Parameters:
    ///   - folded: with the batch norm in it; of the image's convolution with the normalisation of pixels in it as well.
    ///   - inputScale: of the map that it reads.
    init(_ folded: FoldedConvolution, inputScale: Float) {
        let perOutput = folded.weights.count / folded.outputs
        let input = Double(inputScale)
        var weights: [Int8] = []
        var scales: [Float] = []
        var bias: [Int32] = []
        weights.reserveCapacity(folded.weights.count)
        for output in 0..<folded.outputs {
            let own = folded.weights[output * perOutput..<(output + 1) * perOutput]
            let largest = own.reduce(0) { max($0, abs($1)) }
            let offset = folded.bias[output]
            let scale = Float(max(largest / 127, abs(offset) / (input * 0x1p29), 0x1p-60))
            weights += own.map { Int8(min(max(($0 / Double(scale)).rounded(.toNearestOrEven), -127), 127)) }
            scales.append(scale)
            bias.append(Int32((offset / (input * Double(scale))).rounded(.toNearestOrEven)))
        }
        self.init(weights: weights, weightScales: scales, bias: bias, output: nil, table: nil)
    }
}

extension FoldedConvolution {
    /// With the normalisation of pixels folded in: it then takes pixels less their zero points.
    func takingPixels(_ pixels: PixelScaling, zeros: [UInt8]) -> FoldedConvolution {
        let taps = size * size
        var weights = weights
        var bias = bias
        for output in 0..<outputs {
            for input in 0..<inputs {
                let offset = Double(zeros[input]) - Double(pixels.mean[input])
                for tap in 0..<taps {
                    let index = (output * inputs + input) * taps + tap
                    weights[index] /= Double(pixels.deviation[input])
                    bias[output] += weights[index] * offset
                }
            }
        }
        return FoldedConvolution(weights: weights, bias: bias, outputs: outputs, inputs: inputs, size: size)
    }
}

/// What follows a convolution, as the scales of integers see it.
enum IntegerActivation: Equatable, Sendable {
    case none, relu, relu6, swish, sigmoid

    init(_ function: ActivationFunction) {
        switch function {
        case .none: self = .none
        case .relu: self = .relu
        case .relu6: self = .relu6
        case .swish: self = .swish
        }
    }

    /// It makes everything below 0 to 0.
    var isClampedBelow: Bool { self == .relu || self == .relu6 }

    /// Its numbers come from a table.
    var isTabulated: Bool {
        switch self {
        case .swish, .sigmoid: true
        case .none, .relu, .relu6: false
        }
    }

    /// The scale of what the convolution gives, before a table.
    /// - Parameters:
    ///   - range: of its values on the pictures.
    ///   - least: the finest scale that the kernels' arithmetic allows.
    func scale(_ range: ClosedRange<Float>, least: Double) -> IntegerNetwork.MapScale {
        let low = max(-Double(range.lowerBound), 0)
        let high = max(Double(range.upperBound), 0)
        func spread(_ low: Double, _ high: Double) -> IntegerNetwork.MapScale {
            let scale = Float(max((high + low) / 255, least))
            let zero = (low / Double(scale)).rounded(.toNearestOrEven)
            return IntegerNetwork.MapScale(scale: scale, zero: UInt8(min(zero, 255)))
        }
        switch self {
        case .relu, .relu6: return IntegerNetwork.MapScale(scale: Float(max(high / 255, least)), zero: 0)
        case .none: return IntegerNetwork.MapScale(scale: Float(max(max(low, high) / 127, least)), zero: 128)
        case .swish: return spread(min(low, 8), high)
        case .sigmoid: return spread(min(low, 16), min(high, 16))
        }
    }

    /// The table behind a convolution whose numbers have this scale, and the scale of what comes out: none for the factors of a gate.
    func table(_ input: IntegerNetwork.MapScale) -> (IntegerNetwork.Table, IntegerNetwork.MapScale?) {
        let places = (0..<256).map { Double(input.scale) * Double($0 - Int(input.zero)) }
        if case .sigmoid = self {
            let entries = places.map { UInt8(min((256 / (1 + exp(-$0))).rounded(.toNearestOrEven), 255)) }
            return (IntegerNetwork.Table(input: input, entries: entries), nil)
        }
        let values = places.map { $0 / (1 + exp(-$0)) }
        let (least, most) = values.reduce((0.0, 0.0)) { (min($0.0, $1), max($0.1, $1)) }
        let scale = Float(max((most - least) / 255, 0x1p-60))
        let zero = (-least / Double(scale)).rounded(.toNearestOrEven)
        let entries = values.map { value in
            UInt8(min(max((value / Double(scale)).rounded(.toNearestOrEven) + zero, 0), 255))
        }
        return (
            IntegerNetwork.Table(input: input, entries: entries),
            IntegerNetwork.MapScale(scale: scale, zero: UInt8(min(zero, 255)))
        )
    }
}
