import Compute
import Gaussian
import TestSupport
import Testing

/// Sums of images pass, however few they are and whatever epsilon is; others do not.
@Suite struct SumsExaminationTests {
    private let folder: TemporaryFolder
    private let crew = ThreadCrew(threads: 2)

    init() throws { folder = try TemporaryFolder() }

    @Test(arguments: [1, 2, 3, 17, 60], [1, 2, 5, 31, 100])
    func sumsOfImagesPass(images: Int, dimension: Int) throws {
        let sample = Sample(images: images, patches: 11, dimension: dimension, seed: UInt64(images * 1_000 + dimension))
        let file = try sample.file(folder["sums"])
        for epsilon in [0, 1e-12, 0.01, 1e6] {
            #expect(try SumsExamination.fault(in: file, epsilon: epsilon, crew: crew) == nil, "epsilon \(epsilon)")
        }
    }

    /// All images the same, and channels that are copies of each other: nothing but rounding is above zero.
    @Test func sumsWithoutAnySpreadPass() throws {
        let sample = Sample(images: 1, patches: 3, dimension: 40, seed: 4)
        let statistics = try Statistics(patches: 3, dimension: 40)
        for _ in 0..<1_000 { try sample.fold([0], into: statistics) }
        try StatisticsFileWriter.write(statistics, space: sample.space(), to: folder["sums"])
        let file = try StatisticsFile(path: folder["sums"])
        #expect(try SumsExamination.fault(in: file, epsilon: 0, crew: crew) == nil)
    }

    /// One product of one patch is another number: as large as two channels' squares allow, or not even that.
    @Test(arguments: [1, 2, 5, 40]) func changedSumsAreFound(images: Int) throws {
        let sample = Sample(images: images, patches: 9, dimension: 7, seed: UInt64(images))
        let words = 7 + 28
        for (patch, row, column) in [(0, 1, 0), (4, 6, 2), (8, 6, 5)] {
            var records = try sample.statistics().words
            let products = patch * words + 7
            func place(_ row: Int, _ column: Int) -> Int { products + row * (row + 1) / 2 + column }
            let largest = Double(records[place(row, row)]) * Double(records[place(column, column)])
            let sign: Int64 = records[place(row, column)] > 0 ? -1 : 1
            records[place(row, column)] = sign * Int64(largest.squareRoot() * 0.999)
            let file = try write(records, like: sample, images)
            // With many images the other channels have to speak against it: these share a strong common part.
            #expect(try SumsExamination.fault(in: file, epsilon: 0.01, crew: crew) == patch)
            #expect(try SumsExamination.fault(in: file, epsilon: 0.01, patches: patch..<patch + 1, crew: crew) == patch)
        }
    }

    /// No pair of channels shows it.
    @Test func threeOppositesAreFound() throws {
        let sample = Sample(images: 10, patches: 5, dimension: 3, seed: 1)
        var records = try sample.statistics().words
        let square: Int64 = 10 << 36
        records.replaceSubrange(
            18..<27, with: [0, 0, 0, square, -square * 2 / 3, square, -square * 2 / 3, -square * 2 / 3, square])
        let file = try write(records, like: sample, 10)
        #expect(try SumsExamination.fault(in: file, epsilon: 0.01, crew: crew) == 2)
    }

    private func write(_ records: [Int64], like sample: Sample, _ images: Int) throws -> StatisticsFile {
        let header = try StatisticsHeader(
            space: sample.space(), count: Int64(images), clamped: 0)
        let writer = try StatisticsFileWriter(path: folder["changed"], header: header)
        try records.withUnsafeBytes { try writer.write($0, patches: 0..<sample.patches) }
        try writer.commit()
        return try StatisticsFile(path: folder["changed"])
    }
}

extension SumsExaminationTests {
    /// However many cores there are, large sums are examined by few threads.
    @Test func memoryDoesNotGrowWithTheCores() throws {
        let few = Sample(images: 2, patches: 1, dimension: 8, seed: 1)
        #expect(try SumsExamination.threads(for: few.space(), most: 64) == 64)
        let many = Sample(images: 2, patches: 1, dimension: 600, seed: 1)
        #expect((1...3).contains(try SumsExamination.threads(for: many.space(), most: 64)))
        #expect(try SumsExamination.threads(for: many.space(), most: 1) == 1)
    }
}
