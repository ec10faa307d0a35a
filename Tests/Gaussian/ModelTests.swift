import Compute
import Foundation
import Gaussian
import Settings
import Storage
import Tensors
import TestSupport
import Testing

@Suite struct ModelTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test func matchesPlainArithmeticInDouble() throws {
        let sample = Sample(images: 60, patches: 6, dimension: 23, seed: 77)
        let model = try build(sample, epsilon: 0.01)
        let scales = try sample.grid.steps.map(Double.init)
        for patch in 0..<6 {
            let rows = sample.images.map { image in
                (0..<23).map { Double(image[patch * 23 + $0]) * scales[$0] }
            }
            let oracle = Oracle(rows, epsilon: 0.01)
            let (means, whitening) = try parameters(of: model, patch)
            for (found, expected) in zip(means, oracle.mean) {
                #expect(abs(Double(found) - expected) <= 1e-6 * max(abs(expected), 1))
            }
            let largest = oracle.whitening.map(abs).max() ?? 1
            for (found, expected) in zip(whitening, oracle.whitening) {
                #expect(abs(Double(found) - expected) <= 1e-6 * largest)
            }
            // One of its own images, and one far off.
            for row in [rows[3], rows[5].map { $0 * 3 + 1 }] {
                let found = try distances(of: [row.map(Float.init)], model, patch)[0]
                let expected = oracle.distance(row)
                #expect(abs(Double(found) - expected) <= 2e-5 * expected)
            }
        }
    }

    @Test func anyNumberOfThreadsGivesTheSameBytes() throws {
        let sample = Sample(images: 40, patches: 50, dimension: 17, seed: 6)
        let statistics = try sample.file(folder["statistics"])
        let digests = try [1, 2, 3, 8].map { threads in
            try ModelBuilder.build(
                from: statistics, epsilon: 0.01, to: folder["model"], crew: ThreadCrew(threads: threads))
        }
        #expect(Set(digests).count == 1)
        #expect(try digests[0] == Digest(ofFile: folder["model"]))
        #expect(try GaussianModel(path: folder["model"]).digest() == digests[0])
    }

    @Test(arguments: [1, 2, 3, 4, 5, 7, 16, 31, 60])
    func anyCompanyAndAnyFusedSetGiveTheSameBytes(dimension: Int) throws {
        // 11 patches: the last group of a kernel is not full.
        let sample = Sample(images: dimension + 5, patches: 11, dimension: dimension, seed: UInt64(dimension))
        let statistics = try sample.file(folder["statistics"])
        let models = try InstructionSet.available.map { set in
            try ModelBuilder.build(
                from: statistics, epsilon: 0.01, to: folder[set.rawValue], crew: ThreadCrew(threads: 1),
                instructionSet: set)
            return (set, try GaussianModel(path: folder[set.rawValue]))
        }
        let scales = try sample.grid.steps.map(Double.init)
        for patch in 0..<11 {
            let rows = sample.images.map { image in
                (0..<dimension).map { Double(image[patch * dimension + $0]) * scales[$0] }
            }
            let oracle = Oracle(rows, epsilon: 0.01).whitening
            let largest = oracle.map(abs).max() ?? 1
            for (set, model) in models {
                let found = try parameters(of: model, patch).whitening
                #expect(zip(found, oracle).allSatisfy { abs(Double($0) - $1) <= 1e-6 * largest }, "\(set)")
            }
        }
        let fused = try models.filter { $0.0 != .baseline }.map { try bytes(ofFile: $0.1.path) }
        #expect(Set(fused).count <= 1)
    }

    @Test func twoImagesAndConstantChannelsAreEnough() throws {
        // Rank one, with channels that never move: epsilon carries it.
        let images: [[Int32]] = [[100, 5, 0, 1000], [300, 5, 0, -1000]]
        let statistics = try Statistics(patches: 1, dimension: 4)
        try statistics.fold(images.flatMap { $0 }, images: 2, patches: 0..<1)
        statistics.didFold(images: 2, clamped: 0)
        let sample = Sample(images: 0, patches: 1, dimension: 4, seed: 0)
        try StatisticsFileWriter.write(
            statistics,
            space: sample.space(grid: FixedPointGrid(exponent: 0, layerChannels: [4, 4], kept: [0, 1, 2, 3])),
            to: folder["s"])
        try ModelBuilder.build(
            from: StatisticsFile(path: folder["s"]), epsilon: 0.25, to: folder["m"], crew: ThreadCrew(threads: 1))
        let model = try GaussianModel(path: folder["m"])
        #expect(model.count == 2)
        #expect(model.settings == ModelSettings(epsilon: 0.25))
        let (means, whitening) = try parameters(of: model, 0)
        #expect(means == [200, 5, 0, 0])
        // A constant channel has epsilon alone: 1 / sqrt(0.25).
        #expect(whitening[2] == 2 && whitening[5] == 2)
        let found = try distances(of: [[200, 6, 0, 0], [200, 5, 0, 0]], model, 0)
        #expect(found == [2, 0])
    }

    @Test func fewerThanTwoImagesAreRefused() throws {
        for count in [0, 1] {
            let statistics = try Sample(images: count, patches: 2, dimension: 3, seed: 5).file(folder["s\(count)"])
            #expect(throws: GaussianError.self) {
                try ModelBuilder.build(
                    from: statistics, epsilon: 0.01, to: folder["m"], crew: ThreadCrew(threads: 1))
            }
        }
        #expect(!FileManager.default.fileExists(atPath: folder["m"]))
    }

    @Test func aCovarianceThatIsNotPositiveDefiniteNamesItsPatch() throws {
        // A channel of patch 3 never moves, and nothing is added to its variance.
        let sample = Sample(images: 0, patches: 5, dimension: 1, seed: 5)
        let sums = try Statistics(patches: 5, dimension: 1)
        try sums.fold((0..<5).flatMap { [1, $0 == 3 ? 1 : 7] }, images: 2, patches: 0..<5)
        sums.didFold(images: 2, clamped: 0)
        try StatisticsFileWriter.write(
            sums, space: sample.space(grid: FixedPointGrid(exponent: 0, layerChannels: [1, 1], kept: [0])),
            to: folder["s"])
        let statistics = try StatisticsFile(path: folder["s"])
        do {
            try ModelBuilder.build(from: statistics, epsilon: 0, to: folder["m"], crew: ThreadCrew(threads: 1))
            Issue.record("was built")
        } catch let error as CovarianceFault {
            #expect(error.description.contains("patch 3 (row 0, column 3)"))
            #expect(error.description.contains("epsilon"))
        }
        #expect(!FileManager.default.fileExists(atPath: folder["m"]))
        for bad in [-1, Double.nan, .infinity] {
            #expect(throws: GaussianError.self) {
                try ModelBuilder.build(from: statistics, epsilon: bad, to: folder["m"], crew: ThreadCrew(threads: 1))
            }
        }
    }

    @Test func sumsTooLargeFor64BitsStayExact() throws {
        // 30,000 images near the limit that differ by one: n S and s s' need 128 bits, their difference is small.
        let limit = Int32(FixedPointGrid.limit)
        let statistics = try Statistics(patches: 1, dimension: 1)
        let rows = (0..<30_000).map { limit - Int32($0 % 2) }
        try statistics.fold(rows, images: rows.count, patches: 0..<1)
        statistics.didFold(images: rows.count, clamped: 0)
        let sample = Sample(images: 0, patches: 1, dimension: 1, seed: 0)
        try StatisticsFileWriter.write(
            statistics, space: sample.space(grid: FixedPointGrid(exponent: 0, layerChannels: [1, 1], kept: [0])),
            to: folder["s"])
        try ModelBuilder.build(
            from: StatisticsFile(path: folder["s"]), epsilon: 0, to: folder["m"], crew: ThreadCrew(threads: 1))
        let variance = 0.25 * 30_000 / 29_999
        let found = try parameters(of: GaussianModel(path: folder["m"]), 0).whitening[0]
        #expect(abs(Double(found) - 1 / variance.squareRoot()) < 1e-6)
    }

    @Test func everyFlippedByteIsFound() throws {
        _ = try build(Sample(images: 9, patches: 4, dimension: 5, seed: 8), epsilon: 0.01)
        let good = try Array(bytes(ofFile: folder["model"]))
        var random = SeededGenerator(seed: 10)
        for _ in 0..<400 {
            let place = Int.random(in: good.indices, using: &random)
            if good[place] == UInt8(ascii: " ") { continue }
            var bad = good
            bad[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            try Data(bad).write(to: URL(fileURLWithPath: folder["bad"]))
            #expect(throws: (any Error).self, "byte \(place)") { try GaussianModel(path: folder["bad"]) }
        }
        for length in stride(from: 0, to: good.count, by: 97) {
            try Data(good.prefix(length)).write(to: URL(fileURLWithPath: folder["bad"]))
            #expect(throws: (any Error).self) { try GaussianModel(path: folder["bad"]) }
        }
    }

    /// A header is a stranger's word: also of a number that is beyond the bound of its sums.
    @Test(arguments: [Int64.max, Statistics.maximumSamples + 1, 1, 0, -1, .min])
    func aModelOfImpossiblyManyImagesIsRefused(count: Int64) throws {
        _ = try build(Sample(images: 12, patches: 2, dimension: 3, seed: 5), epsilon: 0.01)
        let file = try bytes(ofFile: folder["model"])
        let length = file.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
        let header = try #require(String(bytes: file[8..<8 + length], encoding: .utf8))
        let said = #"\"count\":12"#
        #expect(header.contains(said))
        var other = header.replacingOccurrences(of: said, with: #"\"count\":\#(count)"#)
        other += String(repeating: " ", count: (8 - other.utf8.count % 8) % 8)
        let start = withUnsafeBytes(of: UInt64(other.utf8.count).littleEndian) { Data($0) }
        try (start + Data(other.utf8) + Data(file[(8 + length)...])).write(to: URL(fileURLWithPath: folder["model"]))
        #expect {
            try GaussianModel(path: folder["model"])
        } throws: { "\($0)".contains(count < 2 ? "at least two images" : "out of bounds") }
    }

    @Test func aNewerModelIsRefusedWithWords() throws {
        let tensor = try TensorDescription(name: "x", type: .i64, shape: [1])
        let metadata = ["format": "padim model", "version": "7", "header": "{}"]
        try SafetensorsWriter(path: folder["new"], tensors: [tensor], metadata: metadata).commit()
        do {
            _ = try GaussianModel(path: folder["new"])
            Issue.record("was read")
        } catch let error as GaussianError {
            #expect(error.description.contains("version 7"))
        }
    }

    private func build(_ sample: Sample, epsilon: Double) throws -> GaussianModel {
        try ModelBuilder.build(
            from: sample.file(folder["statistics"]), epsilon: epsilon, to: folder["model"],
            crew: ThreadCrew(threads: 2))
        return try GaussianModel(path: folder["model"])
    }
}

/// The parameters of one patch.
func parameters(of model: GaussianModel, _ patch: Int) throws -> (means: [Float], whitening: [Float]) {
    let dimension = model.space.dimension
    return try model.withParameters(patches: patch..<patch + 1) { means, whitening in
        (
            Array(UnsafeBufferPointer(start: means, count: dimension)),
            Array(UnsafeBufferPointer(start: whitening, count: dimension * (dimension + 1) / 2))
        )
    }
}

/// The distances of some rows at one patch.
func distances(
    of rows: [[Float]], _ model: GaussianModel, _ patch: Int, _ set: InstructionSet = .best
) throws -> [Float] {
    var found = [Float](repeating: .nan, count: rows.count)
    try model.distances(
        rows.flatMap { $0 }, images: rows.count, patches: patch..<patch + 1, instructionSet: set, into: &found)
    return found
}
