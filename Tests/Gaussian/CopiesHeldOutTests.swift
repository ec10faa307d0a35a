import CKernels
import Compute
import Foundation
import Gaussian
import Settings
import TestSupport
import Testing

/// Distances from a model without all copies of an image, beside those from a model that is fitted without them.
@Suite struct CopiesHeldOutTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func model(_ sample: Sample, _ images: [Int], epsilon: Double, pooled: Double?) throws -> GaussianModel {
        let name = "\(images.count)-\(UUID())"
        try ModelBuilder.build(
            from: sample.file(folder["sums"], images),
            ModelSettings(epsilon: epsilon, shrinkage: pooled.map { .pooled(images: $0) } ?? .none), to: folder[name],
            crew: ThreadCrew(threads: 1))
        return try GaussianModel(path: folder[name])
    }

    /// The distances of an image's plain view, and the means of those of its copies, patch by patch.
    private func found(
        _ sample: Sample, copies: [Int], plain: Int, _ model: GaussianModel, isOutside: Bool = false
    ) throws -> [(last: Double, mean: Double)] {
        let lanes = copies + [plain]
        let formula = HeldOutFormula(
            count: model.samples, pooledWeight: model.pooledWeight, epsilon: model.settings.epsilon)
        let workspace = try HeldOutWorkspace(
            dimension: sample.dimension, capacity: lanes.count, formula: formula, leavingOut: .image,
            instructionSet: .best)
        let (stride, packed) = (statistics_lanes(Int32(lanes.count)), sample.dimension * (sample.dimension + 1) / 2)
        let steps = try sample.grid.steps
        var found: [(Double, Double)] = []
        try model.withParameters(patches: 0..<sample.patches) { means, whitening in
            for patch in 0..<sample.patches {
                var y = [Float](repeating: 0, count: sample.dimension * stride)
                for (lane, image) in lanes.enumerated() {
                    for c in 0..<sample.dimension {
                        y[c * stride + lane] = Float(sample.images[image][patch * sample.dimension + c]) * steps[c]
                    }
                }
                y.withUnsafeBufferPointer { y in
                    var parts = [LanePart(lanes: y.baseAddress, channels: Int32(sample.dimension))]
                    parts.withUnsafeMutableBufferPointer {
                        workspace.measureCopies(
                            $0, images: 1, samples: copies.count, mean: means + patch * sample.dimension,
                            whitening: whitening + patch * packed, outside: isOutside ? [true] : []
                        ) { found.append(($1, $2)) }
                    }
                }
            }
        }
        return found
    }

    private func squares(_ sample: Sample, _ images: [Int], _ model: GaussianModel) throws -> [[Double]] {
        let steps = try sample.grid.steps
        let rows = sample.rows(images).enumerated().map { Float($1) * steps[$0 % sample.dimension] }
        var distances = [Float](repeating: 0, count: images.count * sample.patches)
        try model.distances(
            rows, images: images.count, patches: 0..<sample.patches, instructionSet: .best, into: &distances)
        return (0..<sample.patches).map { patch in
            images.indices.map { pow(Double(distances[patch * images.count + $0]), 2) }
        }
    }

    @Test(arguments: [1, 2, 5], [nil, 12.0])
    func distancesAreThoseOfTheModelWithoutTheCopies(copies: Int, pooled: Double?) throws {
        let sample = Sample(images: 41, patches: 4, dimension: 6, seed: 77)
        let (plain, all, own) = (40, Array(0..<40), Array(7..<7 + copies))
        // Small beside the covariances, so that what is left of epsilon does not show.
        let whole = try model(sample, all, epsilon: 1e-4, pooled: pooled)
        let found = try found(sample, copies: own, plain: plain, whole)
        let n = Double(all.count)
        let rest = try model(sample, all.filter { !own.contains($0) }, epsilon: 1e-4, pooled: pooled)
        if pooled == nil {
            let expected = try squares(sample, own + [plain], rest)
            for (one, other) in zip(found, expected) {
                #expect(abs(one.last / other[copies] - 1) < 1e-3)
                #expect(abs(one.mean / (other.dropLast().reduce(0, +) / Double(copies)) - 1) < 1e-3)
            }
        } else {
            // The pooled covariance would be another without the copies; the formula keeps that of all.
            let expected = try squares(sample, own + [plain], rest)
            for (one, other) in zip(found, expected) {
                #expect(abs(one.last / other[copies] - 1) < 3 * Double(copies) / n)
            }
        }
        let outside = try self.found(sample, copies: own, plain: plain, whole, isOutside: true)
        for (one, other) in zip(outside, try squares(sample, own + [plain], whole)) {
            #expect(abs(one.last / other[copies] - 1) < 1e-4)
        }
    }

    /// With fewer than two samples left there is no model.
    @Test func nothingLeftIsTold() throws {
        let sample = Sample(images: 6, patches: 2, dimension: 2, seed: 5)
        let whole = try model(sample, Array(0..<5), epsilon: 1, pooled: nil)
        let found = try found(sample, copies: [0, 1, 2, 3], plain: 5, whole)
        #expect(found.count == 2 && found.allSatisfy { $0.last.isNaN && $0.mean.isNaN })
    }
}
