import CKernels
import Storage
import Tensors

/// What fingerprints of sums are made with: random numbers that follow from a seed.
///
/// With a weight v for each channel, and u and w for each patch, the fingerprint of samples is the sum of u (v.x)^2 + w (v.x) over all samples
/// and patches, x being what a sample has there in fixed point, modulo the prime 2^61 - 1. It follows as well from their sums, as
/// u (v'Sv) + w (v.s): R. Freivalds, "Probabilistic machines can use less running time", IFIP Congress 1977. So it costs O(d) beside the O(d^2)
/// of a fold, and tells whether sums are those of the samples without the samples being sent.
package final class FingerprintWeights: Sendable {
    package let patches: Int
    package let dimension: Int
    private let channels: [Int32]
    /// u and w of each patch.
    private let ofPatches: [(square: UInt64, linear: UInt64)]

    /// - Parameter seed: any number.
    /// - Throws: `GaussianError` where the sizes are out of bounds.
    package init(seed: Int64, patches: Int, dimension: Int) throws {
        let shape = try RecordShape(patches: patches, dimension: dimension)
        (self.patches, self.dimension) = (shape.patches, shape.dimension)
        var numbers = SplitMix64(seed: UInt64(bitPattern: seed))
        channels = (0..<dimension).map { _ in Int32(truncatingIfNeeded: Int64(numbers.next() >> 33) - 1 << 30) }
        ofPatches = (0..<patches).map { _ in
            (Fingerprint(reducing: numbers.next() >> 3).value, Fingerprint(reducing: numbers.next() >> 3).value)
        }
    }

    /// Of samples at some patches.
    /// - Parameter rows: `[patch][sample][channel]`, from the first of `patches` on. A sample that is left out has zeros: they add nothing.
    /// - Throws: `GaussianError` where there are no such patches.
    package func fingerprint(
        of rows: UnsafePointer<Int32>, samples: Int, patches: Range<Int>
    ) throws -> Fingerprint {
        try require(patches)
        return patches.enumerated().reduce(.zero) { sum, place in
            let weights = ofPatches[place.element]
            return sum
                + Fingerprint(
                    reducing: statistics_fingerprint_rows(
                        rows + place.offset * samples * dimension, Int32(samples), Int32(dimension), channels,
                        weights.square, weights.linear))
        }
    }

    /// Of sums at some patches.
    /// - Parameter records: laid out as in `Statistics.withChunk`, from the first of `patches` on.
    /// - Throws: `GaussianError` where there are no such patches.
    package func fingerprint(ofRecords records: UnsafePointer<Int64>, patches: Range<Int>) throws -> Fingerprint {
        try require(patches)
        let words = statistics_record_words(dimension)
        return patches.enumerated().reduce(.zero) { sum, place in
            let weights = ofPatches[place.element]
            return sum
                + Fingerprint(
                    reducing: statistics_fingerprint_record(
                        records + place.offset * words, Int32(dimension), channels, weights.square, weights.linear))
        }
    }

    /// Of all of some sums.
    package func fingerprint(of statistics: Statistics) throws -> Fingerprint {
        guard statistics.patches == patches, statistics.dimension == dimension else {
            throw GaussianError("fingerprint", "is of other sums than these")
        }
        return try statistics.withChunk(patches: 0..<patches) { bytes in
            try withAlignedWords(bytes) { try fingerprint(ofRecords: $0, patches: 0..<patches) }
        }
    }

    private func require(_ range: Range<Int>) throws {
        guard range.lowerBound >= 0, range.upperBound <= patches else {
            throw GaussianError("fingerprint", "has no patches \(range): it has \(patches)")
        }
    }
}
