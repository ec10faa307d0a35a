import Compute
import Gaussian
import Storage
import TestSupport
import Testing

/// What is said of features is what is found of their sums.
@Suite struct FingerprintTests {
    private func fingerprint(_ sample: Sample, _ chosen: [Int], _ weights: FingerprintWeights) throws -> Fingerprint {
        try sample.rows(chosen).withUnsafeBufferPointer { rows in
            try weights.fingerprint(
                of: #require(rows.baseAddress), samples: chosen.count, patches: 0..<sample.patches)
        }
    }

    @Test(arguments: InstructionSet.available, [(1, 1), (3, 2), (5, 17), (2, 100)])
    func featuresAndSumsHaveTheSame(_ set: InstructionSet, _ shape: (patches: Int, dimension: Int)) throws {
        let sample = Sample(images: 40, patches: shape.patches, dimension: shape.dimension, seed: 3)
        for seed in [Int64(0), 7, -1, .max] {
            let weights = try FingerprintWeights(seed: seed, patches: shape.patches, dimension: shape.dimension)
            let whole = try weights.fingerprint(of: sample.statistics(nil, set))
            #expect(try fingerprint(sample, Array(0..<40), weights) == whole)
            // Any split adds up.
            var random = SeededGenerator(seed: 5)
            let order = Array(0..<40).shuffled(using: &random)
            for cut in [1, 13, 39] {
                let parts = [Array(order[..<cut]), Array(order[cut...])]
                let told = try parts.map { try fingerprint(sample, $0, weights) }
                let found = try parts.map { try weights.fingerprint(of: sample.statistics($0, set)) }
                #expect(told == found)
                #expect(told.reduce(.zero, +) == whole)
            }
        }
    }

    /// A number of features at their limit in as many channels as there may be is no more than 64 bits hold.
    @Test func theLargestNumbersFit() throws {
        let dimension = 1 << 13
        let limit = Int32(FixedPointGrid.limit)
        for signs in [
            [Int32](repeating: limit, count: dimension), (0..<dimension).map { $0 % 2 == 0 ? limit : -limit },
        ] {
            let sample = Sample([signs], patches: 1, dimension: dimension)
            let weights = try FingerprintWeights(seed: 11, patches: 1, dimension: dimension)
            #expect(try fingerprint(sample, [0], weights) == weights.fingerprint(of: sample.statistics()))
        }
    }

    @Test func whatIsWrongHasAnother() throws {
        let sample = Sample(images: 12, patches: 4, dimension: 6, seed: 9)
        let weights = try FingerprintWeights(seed: 1, patches: 4, dimension: 6)
        let right = try fingerprint(sample, Array(0..<12), weights)
        #expect(try weights.fingerprint(of: Statistics(patches: 4, dimension: 6)) == .zero)
        #expect(right != .zero)
        // Fewer images, one twice, patches in another order, one number that is off by one.
        #expect(try fingerprint(sample, Array(0..<11), weights) != right)
        #expect(try fingerprint(sample, Array(0..<12) + [3], weights) != right)
        let turned = sample.images.map { image in (0..<4).reversed().flatMap { image[$0 * 6..<($0 + 1) * 6] } }
        #expect(try fingerprint(Sample(turned, patches: 4, dimension: 6), Array(0..<12), weights) != right)
        for place in 0..<24 {
            var images = sample.images
            images[5][place] += 1
            #expect(try fingerprint(Sample(images, patches: 4, dimension: 6), Array(0..<12), weights) != right)
        }
    }

    /// The numbers that docs/NUMERICS.md gives.
    @Test func theExampleOfThePageIsOne() throws {
        let weights = try FingerprintWeights(seed: 7, patches: 1, dimension: 2)
        let found = try fingerprint(Sample([[3, -2]], patches: 1, dimension: 2), [0], weights)
        #expect("\(found)" == "09c0b309017829c5")
    }

    @Test func textIsReadAsItIsWritten() throws {
        for value in [0, 1, 0xABC, Fingerprint.modulus - 1] {
            let fingerprint = try #require(Fingerprint(value))
            #expect(Fingerprint(hex: "\(fingerprint)") == fingerprint)
        }
        for wrong in [
            "", "1", "1fffffffffffffff", "ffffffffffffffff", "000000000000000g", "00000000000000001",
            "-00000000000000f",
        ] {
            #expect(Fingerprint(hex: wrong) == nil)
        }
    }
}
