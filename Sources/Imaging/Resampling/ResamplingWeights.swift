import CKernels
import Storage

/// The weights of an antialiased bilinear resize along one axis, as Pillow computes them: a triangle filter that widens
/// with the reduction, in doubles, normalised.
///
/// Source: `precompute_coeffs` of Pillow's Resample.c defines these numbers; every rounding below is its.
private struct BilinearFilter {
    /// For each output pixel: its first input pixel, then how many.
    private(set) var bounds: [Int32] = []
    /// The most input pixels that an output pixel is made of.
    let mostTaps: Int

    /// - Parameter put: takes each weight, in order.
    /// - Precondition: both sizes lie in 1...Int32.max / 4.
    init(from inputSize: Int, to outputSize: Int, _ put: (_ output: Int, _ tap: Int, _ weight: Double) -> Void) {
        let scale = Double(inputSize) / Double(outputSize)
        let support = max(scale, 1)
        let inverse = 1 / support
        mostTaps = Self.mostTaps(from: inputSize, to: outputSize)
        bounds.reserveCapacity(2 * outputSize)
        var taps: [Double] = []
        for output in 0..<outputSize {
            let center = (Double(output) + 0.5) * scale
            let first = max(Int(center - support + 0.5), 0)
            let end = min(Int(center + support + 0.5), inputSize)
            taps.removeAll(keepingCapacity: true)
            var sum = 0.0
            for input in first..<end {
                let distance = abs((Double(input) - center + 0.5) * inverse)
                let weight = distance < 1 ? 1 - distance : 0
                taps.append(weight)
                sum += weight
            }
            bounds.append(Int32(first))
            bounds.append(Int32(end - first))
            for (tap, weight) in taps.enumerated() { put(output, tap, sum != 0 ? weight / sum : weight) }
        }
    }

    static func mostTaps(from inputSize: Int, to outputSize: Int) -> Int {
        Int(max(Double(inputSize) / Double(outputSize), 1).rounded(.up)) * 2 + 1
    }
}

/// The weights rounded to 22 fraction bits, as `normalize_coeffs_8bpc` of Pillow's Resample.c rounds them.
final class ResamplingWeights: Sendable {
    private let bounds: [Int32]
    private let weights: [Int16]
    private let outputSize: Int
    private let blocks: Int

    private static let fractionBits = 22
    private static let lowBits = 11

    /// - Precondition: both sizes lie in 1...Int32.max / 4.
    init(from inputSize: Int, to outputSize: Int) {
        let blocks = (BilinearFilter.mostTaps(from: inputSize, to: outputSize) + 3) / 4
        var weights = [Int16](repeating: 0, count: outputSize * blocks * 8)
        bounds =
            BilinearFilter(from: inputSize, to: outputSize) { output, tap, weight in
                let fixed = Int(0.5 + weight * Double(1 << Self.fractionBits))
                let place = (output * blocks + tap / 4) * 8 + tap % 4
                weights[place] = Int16(fixed >> Self.lowBits)
                weights[place + 4] = Int16(fixed & (1 << Self.lowBits - 1))
            }.bounds
        (self.weights, self.outputSize, self.blocks) = (weights, outputSize, blocks)
    }

    func withAxis<Result>(_ body: (borrowing ResamplingAxis) -> Result) -> Result {
        bounds.withUnsafeBufferPointer { bounds in
            weights.withUnsafeBufferPointer { weights in
                body(
                    ResamplingAxis(
                        count: Int32(outputSize), blocks: Int32(blocks), bounds: bounds.baseAddress,
                        weights: weights.baseAddress))
            }
        }
    }
}

/// The weights rounded to Float32.
final class FloatResamplingWeights: Sendable {
    private let bounds: [Int32]
    private let weights: [Float]
    private let outputSize: Int
    private let stride: Int

    /// - Precondition: both sizes lie in 1...Int32.max / 4.
    init(from inputSize: Int, to outputSize: Int) {
        let stride = BilinearFilter.mostTaps(from: inputSize, to: outputSize)
        var weights = [Float](repeating: 0, count: outputSize * stride)
        bounds =
            BilinearFilter(from: inputSize, to: outputSize) { output, tap, weight in
                weights[output * stride + tap] = Float(weight)
            }.bounds
        (self.weights, self.outputSize, self.stride) = (weights, outputSize, stride)
    }

    func withAxis<Result>(_ body: (borrowing FloatResamplingAxis) -> Result) -> Result {
        bounds.withUnsafeBufferPointer { bounds in
            weights.withUnsafeBufferPointer { weights in
                body(
                    FloatResamplingAxis(
                        count: Int32(outputSize), stride: Int32(stride), bounds: bounds.baseAddress,
                        weights: weights.baseAddress))
            }
        }
    }
}

/// Values that depend on a pair of sizes alone, computed once while images of that size keep coming.
final class AxisCache<Value: Sendable>: Sendable {
    private struct Sizes: Hashable {
        let input: Int
        let output: Int
    }

    private let known = Locked<[Sizes: Value]>([:])
    private let make: @Sendable (_ input: Int, _ output: Int) -> Value
    // A line's images have a few sizes. A list with more of them than this only computes some weights again.
    private let limit = 64

    init(_ make: @escaping @Sendable (_ input: Int, _ output: Int) -> Value) { self.make = make }

    func value(from inputSize: Int, to outputSize: Int) -> Value {
        let sizes = Sizes(input: inputSize, output: outputSize)
        if let value = known.withLock({ $0[sizes] }) { return value }
        let made = make(inputSize, outputSize)
        known.withLock {
            if $0.count >= limit { $0.removeAll(keepingCapacity: true) }
            $0[sizes] = made
        }
        return made
    }
}

extension ResamplingWeights {
    static let cache = AxisCache { ResamplingWeights(from: $0, to: $1) }
}

extension FloatResamplingWeights {
    static let cache = AxisCache { FloatResamplingWeights(from: $0, to: $1) }
}
