import Diagnosis
import Foundation
import TestSupport
import Testing

@Suite struct CovarianceSpectrumTests {
    private func spectrum(_ whitening: [Float], _ dimension: Int) throws -> CovarianceSpectrum {
        try whitening.withUnsafeBufferPointer { try CovarianceSpectrum(whitening: $0, dimension: dimension) }
    }

    private func near(_ a: Double, _ b: Double, _ bound: Double = 1e-12) -> Bool { abs(a / b - 1) < bound }

    /// numpy 2: `np.linalg.eigvalsh(np.linalg.inv(W.T @ W))`, its diagonal, and the entropy of the eigenvalues' shares.
    @Test func itIsNumPys() throws {
        let found = try spectrum([2, 0.5, 1, -1, 0.25, 4], 3)
        for (a, b) in zip(found.eigenvalues, [0.05756525085419958, 0.24840042623746802, 1.092715963533332]) {
            #expect(near(a, b))
        }
        for (a, b) in zip(found.variances, [0.25, 1.0625, 0.086181640625]) { #expect(near(a, b)) }
        #expect(near(found.condition, 18.98221491817949) && near(found.effectiveRank, 1.8796698917047594))
        #expect(found.shareOfEpsilon(0.1) == 1.0 / 3 && found.shareOfEpsilon(0.2) == 2.0 / 3)
    }

    @Test func ofEqualDirectionsTheRankIsTheirNumber() throws {
        let dimension = 12
        let identity = (0..<dimension).flatMap { row in (0...row).map { Float($0 == row ? 2 : 0) } }
        let found = try spectrum(identity, dimension)
        #expect(found.eigenvalues == Array(repeating: 0.25, count: dimension) && found.condition == 1)
        #expect(near(found.effectiveRank, 12))
        let single = try spectrum([0.1], 1)
        #expect(near(single.eigenvalues[0], 100, 1e-6) && near(single.variances[0], 100, 1e-6))
    }

    /// The sum of the eigenvalues is the trace, and their product the determinant.
    @Test(arguments: [2, 7, 40]) func traceAndDeterminant(dimension: Int) throws {
        var random = SeededGenerator(seed: UInt64(dimension))
        let whitening = (0..<dimension).flatMap { row in
            (0...row).map { Float.random(in: $0 == row ? 0.5...3 : -0.2...0.2, using: &random) }
        }
        let found = try spectrum(whitening, dimension)
        #expect(near(found.eigenvalues.reduce(0, +), found.variances.reduce(0, +), 1e-9))
        let logarithm = (0..<dimension).reduce(0) { $0 - 2 * log(Double(whitening[$1 * ($1 + 3) / 2])) }
        #expect(abs(found.eigenvalues.reduce(0) { $0 + log($1) } - logarithm) < 1e-9)
        #expect(found.eigenvalues == found.eigenvalues.sorted())
    }
}
