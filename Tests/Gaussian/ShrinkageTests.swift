import CKernels
import Compute
import Foundation
import Gaussian
import Settings
import Storage
import TestSupport
import Testing

/// Covariances that are drawn towards the mean of all patches'.
@Suite struct ShrinkageTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func build(
        _ statistics: StatisticsFile, _ shrinkage: Shrinkage, threads: Int = 2, set: InstructionSet = .best
    ) throws -> GaussianModel {
        let name = folder["model-\(shrinkage)-\(threads)-\(set.rawValue)"]
        try ModelBuilder.build(
            from: statistics, ModelSettings(epsilon: 0.01, shrinkage: shrinkage), to: name,
            crew: ThreadCrew(threads: threads), instructionSet: set)
        return try GaussianModel(path: name)
    }

    private func rows(_ sample: Sample, _ patch: Int) throws -> [[Double]] {
        let (scales, d) = (try sample.grid.steps.map(Double.init), sample.dimension)
        return sample.images.map { image in (0..<d).map { Double(image[patch * d + $0]) * scales[$0] } }
    }

    /// The mean of all patches' covariances.
    private func pooled(_ sample: Sample) throws -> [[Double]] {
        var sum = [[Double]](repeating: [Double](repeating: 0, count: sample.dimension), count: sample.dimension)
        for patch in 0..<sample.patches {
            let rows = try rows(sample, patch)
            for (i, row) in Oracle.covariance(rows, Oracle.mean(rows)).enumerated() {
                for (j, value) in row.enumerated() { sum[i][j] += value / Double(sample.patches) }
            }
        }
        return sum
    }

    @Test(arguments: [(60, 23, 30.0), (8, 23, 30), (40, 5, 0.5), (2, 3, 1e6)])
    func matchesPlainArithmeticInDouble(images: Int, dimension: Int, pooled v: Double) throws {
        let sample = Sample(images: images, patches: 11, dimension: dimension, seed: UInt64(images))
        let statistics = try sample.file(folder["statistics"])
        let target = try pooled(sample)
        for set in InstructionSet.available {
            let model = try build(statistics, .pooled(images: v), set: set)
            #expect(model.settings == ModelSettings(epsilon: 0.01, shrinkage: .pooled(images: v)))
            for patch in 0..<11 {
                let oracle = Oracle(try rows(sample, patch), towards: target, pooled: v, epsilon: 0.01)
                let (means, whitening) = try parameters(of: model, patch)
                for (found, expected) in zip(means, oracle.mean) {
                    #expect(abs(Double(found) - expected) <= 1e-6 * max(abs(expected), 1))
                }
                let largest = oracle.whitening.map(abs).max() ?? 1
                let fits = zip(whitening, oracle.whitening).allSatisfy { abs(Double($0) - $1) <= 1e-6 * largest }
                #expect(fits, "\(set), patch \(patch)")
            }
        }
    }

    @Test func anyThreadsAndAnyFusedSetGiveTheSameBytes() throws {
        let sample = Sample(images: 20, patches: 75, dimension: 17, seed: 6)
        let statistics = try sample.file(folder["statistics"])
        let digests = try [1, 2, 3, 8].map {
            try build(statistics, .pooled(images: 30), threads: $0).digest()
        }
        let sets = try InstructionSet.available.filter { $0 != .baseline }.map {
            try build(statistics, .pooled(images: 30), set: $0).digest()
        }
        #expect(Set(digests + sets).count == 1)
    }

    @Test func littleOfItIsNearlyNoneAndMuchIsOneCovarianceForAll() throws {
        let sample = Sample(images: 50, patches: 6, dimension: 7, seed: 3)
        let statistics = try sample.file(folder["statistics"])
        let none = try build(statistics, .none)
        let (little, much) = (
            try build(statistics, .pooled(images: 1e-9)), try build(statistics, .pooled(images: 1e12))
        )
        func differences(_ a: [Float], _ b: [Float]) -> Float {
            zip(a, b).map { abs($0 - $1) }.max().map { $0 / (b.map(abs).max() ?? 1) } ?? .infinity
        }
        let first = try parameters(of: much, 0).whitening
        for patch in 0..<6 {
            let own = try parameters(of: none, patch).whitening
            #expect(try differences(parameters(of: little, patch).whitening, own) < 1e-6)
            #expect(try differences(parameters(of: much, patch).whitening, first) < 1e-6)
            if patch > 0 { #expect(differences(own, first) > 1e-3) }
        }
        #expect(none.digest() != little.digest())
    }

    /// The statistics of a fit with some of the channels lead to the same model, byte for byte.
    @Test(arguments: [Shrinkage.none, .pooled(images: 30)])
    func aModelOfSomeChannelsIsThatOfTheirOwnStatistics(shrinkage: Shrinkage) throws {
        let sample = Sample(images: 30, patches: 21, dimension: 12, seed: 9)
        let kept = [1, 2, 5, 6, 11]
        let statistics = try Statistics(patches: 21, dimension: kept.count)
        let all = sample.rows(Array(sample.images.indices))
        let rows = stride(from: 0, to: all.count, by: 12).flatMap { row in kept.map { all[row + $0] } }
        try statistics.fold(rows, images: 30, patches: 0..<21)
        statistics.didFold(images: 30, clamped: 3)
        try StatisticsFileWriter.write(statistics, space: sample.space().keeping(kept), to: folder["some"])
        let settings = ModelSettings(epsilon: 0.01, shrinkage: shrinkage, imageScore: .top(percent: 2))
        let crew = ThreadCrew(threads: 2)
        let expected = try ModelBuilder.build(
            from: StatisticsFile(path: folder["some"]), settings, to: folder["expected"], crew: crew)
        let found = try ModelBuilder.build(
            from: sample.file(folder["all"]), settings, channels: kept, to: folder["found"], crew: crew)
        #expect(found == expected)
        #expect(try GaussianModel(path: folder["found"]).settings == settings)
        for wrong in [[1, 12], [2, 1], []] {
            #expect(throws: GaussianError.self) {
                try ModelBuilder.build(
                    from: StatisticsFile(path: folder["all"]), settings, channels: wrong, to: folder["m"], crew: crew)
            }
        }
    }

    @Test func impossibleShrinkageIsRefused() throws {
        let statistics = try Sample(images: 5, patches: 2, dimension: 2, seed: 1).file(folder["statistics"])
        for images in [0, -1, Double.nan, .infinity] {
            #expect(throws: GaussianError.self) { try build(statistics, .pooled(images: images)) }
        }
    }

    /// Sums at the bounds of what records may hold, of as many patches as a grid may have.
    @Test func numeratorsAreAddedExactly() {
        let count: Int64 = 1 << 25
        let limit = Int64(STATISTICS_LIMIT)
        let largest: Int64 = count * limit * limit
        // Two channels: sums at their bounds with opposite signs, and products to match.
        let record = [count * limit, -count * limit, largest, largest, largest]
        var totals = [WideSum](repeating: WideSum(low: 0, high: 0), count: 3)
        statistics_add_numerators(record, 2, count, &totals)
        #expect(statistics_wide_value(&totals[0]) == 0 && statistics_wide_value(&totals[2]) == 0)
        // count S + (count L)^2 = 2 (count L)^2.
        let one = 2 * Double(count) * Double(count) * Double(limit * limit)
        #expect(statistics_wide_value(&totals[1]) == one)
        for _ in 0..<20 {
            let copy = totals
            statistics_add_wide(&totals, copy, 3)
        }
        #expect(statistics_wide_value(&totals[1]) == one * 0x1p20)
        // Negative ones, and a carry from the low word to the high one.
        var small = [WideSum(low: .max, high: -1)]
        #expect(statistics_wide_value(&small) == -1)
        let two = [WideSum(low: 2, high: 0)]
        statistics_add_wide(&small, two, 1)
        #expect(small[0].low == 1 && small[0].high == 0)
    }

    /// The typical distance is that of images left out, where the mean of the covariances is taken as it is.
    @Test(arguments: [(60, 12, 30.0), (10, 12, 30), (200, 12, 5), (30, 40, 30)])
    func theTypicalDistanceIsThatOfImagesLeftOut(images: Int, dimension: Int, pooled v: Double) throws {
        let sample = Sample(images: images, patches: 5, dimension: dimension, seed: UInt64(7 * images))
        let typical = try build(sample.file(folder["statistics"]), .pooled(images: v)).typicalDistance()
        let target = try pooled(sample)
        var total = 0.0
        for patch in 0..<5 {
            let rows = try rows(sample, patch)
            var squares = 0.0
            for left in rows.indices {
                let others = rows.indices.filter { $0 != left }.map { rows[$0] }
                let oracle = Oracle(others, towards: target, pooled: v, epsilon: 0.01)
                squares += oracle.distance(rows[left]) * oracle.distance(rows[left]) / Double(images)
            }
            total += squares.squareRoot() / 5
        }
        #expect((0.85...1.15).contains(typical / total), "\(typical) \(total)")
    }
}
