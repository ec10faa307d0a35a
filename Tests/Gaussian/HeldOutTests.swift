import CKernels
import Compute
import Foundation
import Gaussian
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
        _ sample: Sample, _ chosen: [Int], epsilon: Double, corrected: Bool, _ set: InstructionSet = .best
    ) throws -> Found {
        try ModelBuilder.build(
            from: sample.file(folder["s"]), epsilon: epsilon, to: folder["m"], crew: ThreadCrew(threads: 1))
        let model = try GaussianModel(path: folder["m"])
        let formula = HeldOutFormula(count: model.count, pooledWeight: 0, epsilon: corrected ? epsilon : 0)
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

    @Test func fusedSetsAgreeInEveryBit() throws {
        let sample = Sample(images: 90, patches: 2, dimension: 37, seed: 5)
        let chosen = Array(20..<61)
        let bits = try InstructionSet.available.filter { $0 != .baseline }.map { set in
            let found = try found(sample, chosen, epsilon: 0.01, corrected: true, set)
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

    @Test func noDistanceIsInventedWhereThereIsNone() throws {
        let formula = HeldOutFormula(count: 10, pooledWeight: 0, epsilon: 0)
        #expect(formula.squaredDistance(square: 8.1, back: 0) == nil)
        #expect(formula.squaredDistance(square: 8.5, back: 0) == nil)
        let near = try #require(formula.squaredDistance(square: 8, back: 0))
        #expect(near > 500)
    }
}
