import Compute
import Foundation
import Gaussian
import TestSupport
import Testing

@Suite struct StatisticsMergeTests {
    private let folder: TemporaryFolder
    private let sample = Sample(images: 20, patches: 9, dimension: 6, seed: 21)

    init() throws { folder = try TemporaryFolder() }

    @Test(arguments: [1, 2, 4, 9, 100])
    func anyPartsInAnyOrderGiveTheSameFile(block: Int) throws {
        _ = try sample.file(folder["whole"])
        let parts = [[0, 3, 5], Array(6..<20), [1], [2, 4], []]
        let files = try parts.enumerated().map { try sample.file(folder["part\($0)"], $1) }
        for order in [files, files.reversed()] {
            let header = try StatisticsMerge.add(order, to: folder["sum"], blockPatches: block)
            #expect(header.count == 20)
            #expect(try bytes(ofFile: folder["sum"]) == bytes(ofFile: folder["whole"]))
        }
    }

    @Test(arguments: 1...4)
    func anyNumberOfThreadsGivesTheSameFile(threads: Int) throws {
        _ = try sample.file(folder["whole"])
        let files = [try sample.file(folder["a"], Array(0..<7)), try sample.file(folder["b"], Array(7..<20))]
        let crew = ThreadCrew(threads: threads)
        try StatisticsMerge.add(files, to: folder["sum"], blockPatches: 2, crew: crew)
        #expect(try bytes(ofFile: folder["sum"]) == bytes(ofFile: folder["whole"]))
    }

    @Test func threadsThatMeetADamagedFileLeaveNone() throws {
        let files = [try sample.file(folder["a"], Array(0..<7)), try sample.file(folder["b"], Array(7..<20))]
        var content = try bytes(ofFile: folder["b"])
        content[content.count / 2] ^= 1
        try content.write(to: URL(fileURLWithPath: folder["b"]))
        #expect(throws: GaussianError.self) {
            try StatisticsMerge.add(
                [files[0], StatisticsFile(path: folder["b"])], to: folder["sum"], blockPatches: 1,
                crew: ThreadCrew(threads: 3))
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["a", "b"])
    }

    @Test func subtractingGivesTheFileBefore() throws {
        let (all, some) = try (sample.file(folder["all"]), sample.file(folder["some"], [3, 4, 19]))
        _ = try sample.file(folder["rest"], Array(0..<3) + Array(5..<19))
        try StatisticsMerge.subtract(some, from: all, to: folder["difference"], blockPatches: 2)
        #expect(try bytes(ofFile: folder["difference"]) == bytes(ofFile: folder["rest"]))
        // Down to nothing, too.
        try StatisticsMerge.subtract(all, from: all, to: folder["nothing"])
        let nothing = try sample.file(folder["empty"], [])
        #expect(try bytes(ofFile: folder["nothing"]) == bytes(ofFile: nothing.path))
    }

    @Test func imagesThatAreNotInTheWholeAreRefused() throws {
        let all = try sample.file(folder["all"])
        let more = try Sample(images: 21, patches: 9, dimension: 6, seed: 5).file(folder["more"])
        let strangers = try Sample(images: 19, patches: 9, dimension: 6, seed: 5).file(folder["strangers"])
        for part in [more, strangers] {
            do {
                try StatisticsMerge.subtract(part, from: all, to: folder["out"])
                Issue.record("was subtracted")
            } catch let error as GaussianError {
                #expect(error.description.contains(part.path))
            }
            #expect(!FileManager.default.fileExists(atPath: folder["out"]))
        }
    }

    /// Whatever is taken out of whatever it was in: what is left is the sums of the others, to the byte.
    @Test(arguments: UInt64(0)..<12) func whatWasPutInCanBeTakenOut(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let count = [3, 8, 20, 120][random.below(4)]
        let sample = Sample(images: count, patches: 5, dimension: [2, 6, 13][random.below(3)], seed: seed)
        let part = (0..<count).filter { _ in random.below(3) == 0 }
        let rest = (0..<count).filter { !part.contains($0) }
        let (all, some) = try (sample.file(folder["all"]), sample.file(folder["some"], part))
        _ = try sample.file(folder["rest"], rest)
        let header = try StatisticsMerge.subtract(some, from: all, to: folder["difference"])
        #expect(header.count == Int64(rest.count))
        #expect(try bytes(ofFile: folder["difference"]) == bytes(ofFile: folder["rest"]))
    }

    /// One image that was never in, as like the others as it may be: with fewer images than channels it always shows.
    @Test(arguments: UInt64(0)..<12) func aSingleStrangerIsFound(seed: UInt64) throws {
        let all = try Sample(images: 8, patches: 5, dimension: 12, seed: seed).file(folder["all"])
        let stranger = try Sample(images: 1, patches: 5, dimension: 12, seed: seed + 100).file(folder["stranger"])
        #expect(throws: GaussianError.self) { try StatisticsMerge.subtract(stranger, from: all, to: folder["out"]) }
        #expect(!FileManager.default.fileExists(atPath: folder["out"]))
    }

    @Test func otherSpacesAndGridsAreRefusedByName() throws {
        let here = try sample.file(folder["here"])
        let statistics = try sample.statistics()
        try StatisticsFileWriter.write(
            statistics, space: sample.space(weights: "others"), to: folder["weights"])
        let coarser = try FixedPointGrid(layers: .init(exponents: [15, 16], channels: [2, 6]), kept: Array(0..<6))
        try StatisticsFileWriter.write(statistics, space: sample.space(grid: coarser), to: folder["grid"])
        let old = try FixedPointGrid(channelExponents: [15, 16, 17, 15, 16, 18])
        try StatisticsFileWriter.write(statistics, space: sample.space(grid: old), to: folder["old"])
        for (name, words) in [
            ("weights", "differ in weights"), ("grid", "fixed-point exponents (15,17 and 15,16)"),
            ("old", "a release before 0.2); fit their images again"),
        ] {
            do {
                try StatisticsMerge.add([here, StatisticsFile(path: folder[name])], to: folder["out"])
                Issue.record("was added")
            } catch let error as GaussianError {
                #expect(error.description.contains(words))
                #expect(error.description.contains(folder[name]))
            }
            #expect(!FileManager.default.fileExists(atPath: folder["out"]))
        }
        #expect(throws: GaussianError.self) { try StatisticsMerge.add([], to: folder["out"]) }
    }

    @Test func sumsOfTheFirstVersionAddAmongThemselves() throws {
        let old = try FixedPointGrid(channelExponents: [15, 16, 17, 15, 16, 18])
        func write(_ chosen: [Int], to name: String) throws -> StatisticsFile {
            try StatisticsFileWriter.write(
                sample.statistics(chosen), space: sample.space(grid: old), to: folder[name])
            return try StatisticsFile(path: folder[name])
        }
        let parts = [try write(Array(0..<7), to: "a"), try write(Array(7..<20), to: "b")]
        _ = try write(Array(0..<20), to: "whole")
        try StatisticsMerge.add(parts, to: folder["sum"])
        #expect(try bytes(ofFile: folder["sum"]) == bytes(ofFile: folder["whole"]))
    }

    @Test func aDamagedPartIsNamedAndNothingIsWritten() throws {
        let good = try sample.file(folder["good"])
        _ = try sample.file(folder["bad"])
        var data = try bytes(ofFile: folder["bad"])
        data[data.count - 5] ^= 4
        try data.write(to: URL(fileURLWithPath: folder["bad"]))
        do {
            try StatisticsMerge.add([good, StatisticsFile(path: folder["bad"])], to: folder["out"])
            Issue.record("was added")
        } catch let error as GaussianError {
            #expect(error.subject == folder["bad"])
        }
        #expect(!FileManager.default.fileExists(atPath: folder["out"]))
    }
}
