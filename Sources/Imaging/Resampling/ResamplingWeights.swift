import CKernels
import Storage

/// The weights of an antialiased bilinear resize along one axis, as Pillow computes them: a triangle filter that widens
/// with the reduction, in doubles, normalised, then rounded to 22 fraction bits.
///
/// Source: `precompute_coeffs` and `normalize_coeffs_8bpc` of Pillow's Resample.c define these numbers; every rounding below is theirs.
final class ResamplingWeights: Sendable {
    private let bounds: [Int32]
    private let weights: [Int16]
    private let outputSize: Int
    private let blocks: Int

    private static let fractionBits = 22
    private static let lowBits = 11

    /// - Precondition: both sizes lie in 1...Int32.max / 4.
    init(from inputSize: Int, to outputSize: Int) {
        let scale = Double(inputSize) / Double(outputSize)
        let support = max(scale, 1)
        let inverse = 1 / support
        let blocks = (Int(support.rounded(.up)) * 2 + 1 + 3) / 4
        var bounds: [Int32] = []
        bounds.reserveCapacity(2 * outputSize)
        var weights = [Int16](repeating: 0, count: outputSize * blocks * 8)
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
            for (tap, weight) in taps.enumerated() {
                let normalised = sum != 0 ? weight / sum : weight
                let fixed = Int(0.5 + normalised * Double(1 << Self.fractionBits))
                let place = (output * blocks + tap / 4) * 8 + tap % 4
                weights[place] = Int16(fixed >> Self.lowBits)
                weights[place + 4] = Int16(fixed & (1 << Self.lowBits - 1))
            }
        }
        (self.bounds, self.weights, self.outputSize, self.blocks) = (bounds, weights, outputSize, blocks)
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

extension ResamplingWeights {
    private struct Sizes: Hashable {
        let input: Int
        let output: Int
    }

    private static let cache = Locked<[Sizes: ResamplingWeights]>([:])
    // A line's images have a few sizes. A list with more of them than this only computes some weights again.
    private static let cacheLimit = 64

    /// The weights for a pair of sizes, computed once while images of that size keep coming.
    static func cached(from inputSize: Int, to outputSize: Int) -> ResamplingWeights {
        let sizes = Sizes(input: inputSize, output: outputSize)
        if let known = cache.withLock({ $0[sizes] }) { return known }
        let made = ResamplingWeights(from: inputSize, to: outputSize)
        cache.withLock {
            if $0.count >= cacheLimit { $0.removeAll(keepingCapacity: true) }
            $0[sizes] = made
        }
        return made
    }
}
