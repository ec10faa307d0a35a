import CKernels
import Compute
import Foundation
import Gaussian
import Settings
import Storage
import TestSupport
import Testing

/// Sums of which an image has several samples: the Gaussians are of samples, and images are what is counted, added and taken out.
@Suite struct SampleCountTests {
    private let folder: TemporaryFolder
    private let sample = Sample(images: 12, patches: 3, dimension: 4, seed: 21)

    init() throws { folder = try TemporaryFolder() }

    /// Sums of so many images, three samples each.
    private func file(_ name: String, _ images: Range<Int>) throws -> StatisticsFile {
        let statistics = try Statistics(patches: 3, dimension: 4)
        for image in images {
            let rows = sample.rows([3 * image, 3 * image + 1, 3 * image + 2])
            try statistics.claim(samples: 3, clamped: 2)
            try rows.withUnsafeBufferPointer {
                try statistics.foldClaimed(try #require($0.baseAddress), samples: 3, patches: 0..<3)
            }
            statistics.didFold(images: 1, clamped: 0, samples: 0)
        }
        #expect(statistics.count == images.count && statistics.samples == 3 * images.count)
        #expect(statistics.clamped == 2 * images.count)
        let contents = ImageMultiset(images.map { image in [UInt8(image)].withUnsafeBytes { ContentDigest(of: $0) } })
        try StatisticsFileWriter.write(statistics, space: sample.space(), images: contents, to: folder[name])
        return try StatisticsFile(path: folder[name])
    }

    @Test func imagesLeaveWithAllOfTheirSamples() throws {
        let (whole, part, rest) = try (file("whole", 0..<4), file("part", 1..<2), file("rest", 2..<4))
        #expect(whole.header.count == 4 && whole.header.samples == 12)
        let first = try file("first", 0..<1)
        _ = try StatisticsMerge.add([first, part, rest], to: folder["sum"])
        #expect(try bytes(ofFile: folder["sum"]) == bytes(ofFile: folder["whole"]))
        let left = try StatisticsMerge.subtract(part, from: whole, to: folder["left"])
        #expect(left.count == 3 && left.samples == 9)
        _ = try StatisticsMerge.add([first, rest], to: folder["others"])
        #expect(try bytes(ofFile: folder["left"]) == bytes(ofFile: folder["others"]))
    }

    /// The Gaussians are those of the samples as images of their own.
    @Test func modelsAreOfSamples() throws {
        let settings = ModelSettings(epsilon: 0.01, shrinkage: .pooled(images: 5))
        let crew = ThreadCrew(threads: 2)
        try ModelBuilder.build(from: file("few", 0..<4), settings, to: folder["few-model"], crew: crew)
        try ModelBuilder.build(from: sample.file(folder["many"]), settings, to: folder["many-model"], crew: crew)
        let (few, many) = try (GaussianModel(path: folder["few-model"]), GaussianModel(path: folder["many-model"]))
        #expect(few.count == 4 && few.samples == 12 && many.count == 12 && many.samples == 12)
        #expect(try few.typicalDistance() == many.typicalDistance())
        try few.withParameters(patches: 0..<3) { means, whitening in
            try many.withParameters(patches: 0..<3) { otherMeans, otherWhitening in
                #expect(memcmp(means, otherMeans, 3 * 4 * 4) == 0 && memcmp(whitening, otherWhitening, 3 * 10 * 4) == 0)
            }
        }
    }

    @Test func impossibleCountsAreRefused() throws {
        let space = try sample.space()
        for (images, samples) in [(4, 3), (0, 1), (1, Statistics.maximumSamples + 1)] as [(Int64, Int64)] {
            #expect(throws: GaussianError.self) {
                try StatisticsHeader(space: space, count: images, samples: samples, clamped: 0)
            }
        }
        // 400,000 pictures of 100 tiles.
        _ = try StatisticsHeader(space: space, count: 400_000, samples: 40_000_000, clamped: 0)
        let full = try Statistics(patches: 1, dimension: 2)
        try full.claim(samples: Int(Statistics.maximumSamplesInMemory), clamped: 0)
        #expect(throws: GaussianError.self) { try full.claim(samples: 1, clamped: 0) }
    }

    /// Beyond 2^25 samples sums are exact as long as they fit, and refused where they do not.
    @Test func sumsOfManySamplesAreExactOrRefused() throws {
        let space = try FeatureSpace(
            backbone: "resnet18", weights: Digest(of: [1]), layers: ["layer1"], channels: [0], input: InputSettings(),
            gridHeight: 1, gridWidth: 1, grid: FixedPointGrid(exponent: 9, layerChannels: [1], kept: [0]))
        let samples: Int64 = 1 << 25
        func file(_ name: String, value: Int64) throws -> StatisticsFile {
            let header = try StatisticsHeader(space: space, count: 1_000, samples: samples, clamped: 0)
            let writer = try StatisticsFileWriter(path: folder[name], header: header)
            try [samples * value, samples * value * value].withUnsafeBytes { try writer.write($0, patches: 0..<1) }
            try writer.commit()
            return try StatisticsFile(path: folder[name])
        }
        let half = Int64(FixedPointGrid.limit) / 2
        let usual = try (0..<3).map { try file("usual\($0)", value: half + Int64($0)) }
        let sum = try StatisticsMerge.add(usual, to: folder["sum"])
        #expect(sum.samples == 3 << 25)
        let record = try StatisticsFile(path: folder["sum"]).withRecords(patches: 0..<1) { [$0[0], $0[1]] }
        #expect(record[0] == samples * (3 * half + 3))
        #expect(record[1] == samples * (half * half + (half + 1) * (half + 1) + (half + 2) * (half + 2)))
        try StatisticsFile(path: folder["sum"]).verify()
        // A model of it: mean half + 1, and variance 2/3 of a step, but for n / (n - 1).
        try ModelBuilder.build(
            from: StatisticsFile(path: folder["sum"]), epsilon: 1e-9, to: folder["model"], crew: ThreadCrew(threads: 1))
        try GaussianModel(path: folder["model"]).withParameters(patches: 0..<1) { means, whitening in
            #expect(means[0] == Float(Double(half + 1) / 512))
            let variance = 1 / (Double(whitening[0]) * Double(whitening[0]))
            #expect(abs(variance / (2.0 / 3 / 512 / 512) - 1) < 1e-3)
        }
        let largest = try (0..<2).map { try file("largest\($0)", value: Int64(FixedPointGrid.limit)) }
        #expect(throws: GaussianError.self) { try StatisticsMerge.add(largest, to: folder["overflow"]) }
        #expect(!FileManager.default.fileExists(atPath: folder["overflow"]))
    }

    /// At the bound of samples the bounds of a record do not wrap.
    @Test func recordsOfTheMostSamplesAreJudged() {
        let count = Statistics.maximumSamples
        #expect(statistics_plausible([count, Int64.max], 1, count))
        #expect(!statistics_plausible([count, -1], 1, count))
        #expect(!statistics_plausible([count * Int64(STATISTICS_LIMIT) + 1, Int64.max], 1, count))
        // s^2 <= n S.
        #expect(
            statistics_plausible([1 << 40, 1 << 49], 1, count)
                && !statistics_plausible([1 << 40, (1 << 49) - 1], 1, count))
        var totals = [WideSum(low: 0, high: 0)]
        statistics_add_numerators([0, Int64.max], 1, count, &totals)
        #expect(statistics_wide_value(&totals[0]) == 0x1p94)
    }
}
