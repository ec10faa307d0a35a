import CKernels
import Compute
import Foundation
import Gaussian
import Settings
import TestSupport
import Testing

/// Distances from a model without an image, or without a lot, beside those from a model that is fitted without them.
@Suite struct HeldOutTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private struct Found {
        var image: [[Double]] = []
        var lot: [[Double]] = []
        var lotMean: [Double] = []
    }

    /// Squared distances by patch of the chosen images of a sample.
    private func found(
        _ sample: Sample, _ chosen: [Int], epsilon: Double, corrected: Bool, pooled: Double? = nil,
        _ set: InstructionSet = .best
    ) throws -> Found {
        let settings = ModelSettings(epsilon: epsilon, shrinkage: pooled.map { .pooled(images: $0) } ?? .none)
        try ModelBuilder.build(
            from: sample.file(folder["s"]), settings, to: folder["m"], crew: ThreadCrew(threads: 1))
        let model = try GaussianModel(path: folder["m"])
        let formula = HeldOutFormula(
            count: model.count, pooledWeight: model.pooledWeight, epsilon: corrected ? epsilon : 0)
        let workspace = try HeldOutWorkspace(
            dimension: sample.dimension, capacity: chosen.count, formula: formula, leavingOut: .imageAndLot,
            instructionSet: set)
        let lanes = statistics_lanes(Int32(chosen.count))
        let steps = try sample.grid.steps
        var found = Found()
        try model.withParameters(patches: 0..<sample.patches) { means, whitening in
            for patch in 0..<sample.patches {
                var y = [Float](repeating: 0, count: sample.dimension * lanes)
                for (lane, image) in chosen.enumerated() {
                    for c in 0..<sample.dimension {
                        y[c * lanes + lane] = Float(sample.images[image][patch * sample.dimension + c]) * steps[c]
                    }
                }
                let packed = sample.dimension * (sample.dimension + 1) / 2
                y.withUnsafeBufferPointer { y in
                    var parts = [LanePart(lanes: y.baseAddress, channels: Int32(sample.dimension))]
                    parts.withUnsafeMutableBufferPointer {
                        workspace.measure(
                            $0, images: chosen.count, mean: means + patch * sample.dimension,
                            whitening: whitening + patch * packed, leavingOut: .imageAndLot
                        ) { distances in
                            found.image.append((0..<chosen.count).map { distances.image[$0] })
                            found.lot.append((0..<chosen.count).map { distances.lot?[$0] ?? -1 })
                            found.lotMean.append(distances.lotMean)
                        }
                    }
                }
            }
        }
        return found
    }

    private func rows(_ sample: Sample, _ patch: Int) throws -> [[Double]] {
        let steps = try sample.grid.steps
        return sample.images.map { image in
            (0..<sample.dimension).map { Double(image[patch * sample.dimension + $0]) * Double(steps[$0]) }
        }
    }

    private func relative(_ a: Double, _ b: Double) -> Double { abs(a / b - 1) }

    /// Exact where the model without the image has epsilon (n-1)/(n-2).
    @Test(arguments: [(24, 5), (40, 17), (120, 30)])
    func withoutAnImage(images: Int, dimension: Int) throws {
        let sample = Sample(images: images, patches: 2, dimension: dimension, seed: 3)
        let chosen = [0, 3, images - 1]
        let n = Double(images)
        let plain = try found(sample, chosen, epsilon: 0.01, corrected: false)
        let corrected = try found(sample, chosen, epsilon: 0.01, corrected: true)
        for patch in 0..<2 {
            let rows = try rows(sample, patch)
            for (place, image) in chosen.enumerated() {
                let others = rows.enumerated().filter { $0.offset != image }.map(\.element)
                let exact = Oracle(others, epsilon: 0.01 * (n - 1) / (n - 2)).distance(rows[image])
                #expect(relative(plain.image[patch][place], exact * exact) < 2e-5)
                let usual = Oracle(others, epsilon: 0.01).distance(rows[image])
                #expect(relative(corrected.image[patch][place], usual * usual) < 1e-4)
            }
        }
    }

    /// Exact where the model without the lot has epsilon (n-1)/(n'-1); with the same epsilon to 0.2 % for a tenth of the images.
    @Test(arguments: [(24, 5, 1), (40, 17, 4), (120, 30, 12), (120, 30, 47)])
    func withoutALot(images: Int, dimension: Int, lot: Int) throws {
        let sample = Sample(images: images, patches: 2, dimension: dimension, seed: 4)
        let chosen = (0..<lot).map { ($0 * 7 + 2) % images }
        let (n, left) = (Double(images), Double(images - lot))
        let plain = try found(sample, chosen, epsilon: 0.01, corrected: false)
        let corrected = try found(sample, chosen, epsilon: 0.01, corrected: true)
        for patch in 0..<2 {
            let rows = try rows(sample, patch)
            let others = rows.enumerated().filter { !chosen.contains($0.offset) }.map(\.element)
            let exact = Oracle(others, epsilon: 0.01 * (n - 1) / (left - 1))
            let usual = Oracle(others, epsilon: 0.01)
            let mean = (0..<dimension).map { c in chosen.reduce(0) { $0 + rows[$1][c] } / Double(lot) }
            #expect(relative(plain.lotMean[patch], exact.distance(mean) * exact.distance(mean)) < 1e-4)
            for (place, image) in chosen.enumerated() {
                let distance = exact.distance(rows[image])
                #expect(relative(plain.lot[patch][place], distance * distance) < 5e-5)
                let plain = usual.distance(rows[image])
                if lot * 10 <= images { #expect(relative(corrected.lot[patch][place], plain * plain) < 2e-3) }
            }
            if lot == 1 { #expect(relative(plain.lot[patch][0], plain.image[patch][0]) < 1e-12) }
        }
    }

    /// With shrinkage, beside models of the other images that are drawn towards the same target: the mean covariance of all images. The bounds are
    /// those without shrinkage.
    @Test(arguments: [(24, 5, 1), (40, 17, 4), (20, 30, 2), (120, 30, 12), (120, 30, 47)], [3.0, 30])
    func withShrinkage(of size: (images: Int, dimension: Int, lot: Int), pooled: Double) throws {
        let sample = Sample(images: size.images, patches: 2, dimension: size.dimension, seed: 8)
        let chosen = (0..<size.lot).map { ($0 * 7 + 2) % size.images }
        let all = try (0..<2).map { try rows(sample, $0) }
        let covariances = all.map { Oracle.covariance($0, Oracle.mean($0)) }
        let target = zip(covariances[0], covariances[1]).map { zip($0, $1).map { ($0 + $1) / 2 } }
        let plain = try found(sample, chosen, epsilon: 0.01, corrected: false, pooled: pooled)
        let corrected = try found(sample, chosen, epsilon: 0.01, corrected: true, pooled: pooled)
        for (patch, rows) in all.enumerated() {
            func without(_ left: [Int], epsilonScaled: Bool) -> Oracle {
                let others = rows.indices.filter { !left.contains($0) }.map { rows[$0] }
                let ratio = (Double(rows.count - 1) + pooled) / (Double(others.count - 1) + pooled)
                return Oracle(others, towards: target, pooled: pooled, epsilon: 0.01 * (epsilonScaled ? ratio : 1))
            }
            func isNear(_ found: Double, _ distance: Double, _ bound: Double) -> Bool {
                relative(found, distance * distance) < bound
            }
            let exact = without(chosen, epsilonScaled: true)
            let usual = without(chosen, epsilonScaled: false)
            let mean = Oracle.mean(chosen.map { rows[$0] })
            #expect(isNear(plain.lotMean[patch], exact.distance(mean), 1e-4))
            for (place, image) in chosen.enumerated() {
                let row = rows[image]
                #expect(isNear(plain.lot[patch][place], exact.distance(row), 5e-5))
                if size.lot * 10 <= size.images {
                    #expect(isNear(corrected.lot[patch][place], usual.distance(row), 2e-3))
                }
                #expect(isNear(plain.image[patch][place], without([image], epsilonScaled: true).distance(row), 2e-5))
                // With fewer images than channels and little shrinkage the correction leaves 2e-4.
                if size.images > size.dimension {
                    let usual = without([image], epsilonScaled: false)
                    #expect(isNear(corrected.image[patch][place], usual.distance(row), 1e-4))
                }
            }
        }
    }

    @Test func fusedSetsAgreeInEveryBit() throws {
        let sample = Sample(images: 90, patches: 2, dimension: 37, seed: 5)
        let chosen = Array(20..<61)
        let bits = try InstructionSet.available.filter { $0 != .baseline }.map { set in
            let found = try found(sample, chosen, epsilon: 0.01, corrected: true, pooled: nil, set)
            return (found.image + found.lot + [found.lotMean]).map { $0.map(\.bitPattern) }
        }
        #expect(Set(bits).count <= 1)
    }

    @Test func anImagesBitsDoNotDependOnItsCompany() throws {
        let sample = Sample(images: 90, patches: 1, dimension: 37, seed: 6)
        let alone = try found(sample, [7], epsilon: 0.01, corrected: true).image[0][0]
        let together = try found(sample, [1, 2, 7] + Array(30..<66), epsilon: 0.01, corrected: true).image[0][2]
        #expect(alone.bitPattern == together.bitPattern)
    }

    /// All features are 0 on a grid that is too coarse: rounding must not make a square negative.
    @Test(arguments: [1, 4, 24]) func imagesThatAreAllAlikeHaveNoDistance(lot: Int) throws {
        let sample = Sample(
            Array(repeating: [Int32](repeating: 7, count: 5), count: 40), patches: 1, dimension: 5)
        let found = try found(sample, Array(0..<lot), epsilon: 0.01, corrected: true)
        for square in found.image[0] + found.lot[0] + found.lotMean { #expect((0..<1e-9).contains(square)) }
    }

    @Test func noDistanceIsInventedWhereThereIsNone() throws {
        let formula = HeldOutFormula(count: 10, pooledWeight: 0, epsilon: 0)
        #expect(formula.squaredDistance(square: 8.1, back: 0) == nil)
        #expect(formula.squaredDistance(square: 8.5, back: 0) == nil)
        let near = try #require(formula.squaredDistance(square: 8, back: 0))
        #expect(near > 500)
    }
}
