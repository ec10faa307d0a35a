import Cluster
import Foundation
import Gaussian
import Journal
import Storage
import TestSupport
import Testing
import Transport

/// What an earlier release wrote is read by this one, with all that is in it.
///
/// A new version of a format adds its files to `Fixtures` (`PADIM_WRITE_FORMATS=1`, see `WritingTests`) and a number here.
@Suite struct EarlierReleasesTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test(arguments: [1, 2, 3]) func statistics(version: Int) throws {
        let file = try StatisticsFile(path: Written.path("\(version).statistics"))
        try file.verify()
        #expect(file.header.count == 4 && file.header.clamped == 1)
        #expect(try file.header.space == Written.space(version: version))
        let expected = try Written.statistics().withChunk(patches: 0..<Written.patches) { Array($0) }
        let found = try file.withRecords(patches: 0..<Written.patches) {
            Array(UnsafeRawBufferPointer(start: $0, count: expected.count))
        }
        #expect(found == expected)
    }

    /// Statistics and models are exact: this release writes what the one wrote that brought the version. Sums of the first version,
    /// whose grid is another, stay of that version when they are added, and so does their model.
    @Test(arguments: [1, 2, 3]) func thisReleaseWritesTheSame(version: Int) throws {
        try Written.writeStatistics(version: version, to: folder["statistics"])
        try Written.writeModel(from: folder["statistics"], version: version, to: folder["model"])
        #expect(try Digest(ofFile: folder["statistics"]) == Digest(ofFile: Written.path("\(version).statistics")))
        #expect(try Digest(ofFile: folder["model"]) == Digest(ofFile: Written.path("\(version).model")))
    }

    /// So with what version 3 has for the recipe `lean`.
    @Test func leanStatisticsAndModels() throws {
        let (statistics, model) = (try Written.path("3-lean.statistics"), try Written.path("3-lean.model"))
        #expect(try StatisticsFile(path: statistics).header.space == Written.coarseSpace())
        let read = try GaussianModel(path: model)
        #expect(try read.space == Written.coarseSpace() && read.settings == Written.shrunk)
        try Written.writeLean(statistics: folder["statistics"], model: folder["model"])
        #expect(try Digest(ofFile: folder["statistics"]) == Digest(ofFile: statistics))
        #expect(try Digest(ofFile: folder["model"]) == Digest(ofFile: model))
    }

    /// So with its region of interest.
    @Test func modelsOfRegions() throws {
        let model = try Written.path("3-region.model")
        #expect(try GaussianModel(path: model).settings.region == Written.region)
        try Written.writeModelOfRegion(from: Written.path("2.statistics"), to: folder["model"])
        #expect(try Digest(ofFile: folder["model"]) == Digest(ofFile: model))
    }

    @Test func sumsOfTwoGridsAreNotAdded() throws {
        let files = try [1, 2].map { try StatisticsFile(path: Written.path("\($0).statistics")) }
        #expect { try StatisticsMerge.add(files, to: folder["sum"]) } throws: { error in
            "\(error)".contains("a release before 0.2") && "\(error)".contains("fit their images again")
        }
    }

    @Test(arguments: [1, 2, 3]) func models(version: Int) throws {
        let model = try GaussianModel(path: Written.path("\(version).model"))
        #expect(try model.space == Written.space(version: version))
        #expect(model.count == 4 && model.settings == Written.settings(version: version))
        let means = try model.withParameters(patches: 0..<Written.patches) { means, _ in
            Array(UnsafeBufferPointer(start: means, count: Written.patches * Written.dimension))
        }
        // 0, 1, 4 and 9 above 100 p, in eighths; 7 less 0, 3, 6 and 9 times p, doubled.
        #expect(means == [0.4375, 14, 12.9375, 5, 25.4375, -4])
    }

    @Test(arguments: [1, 2, 3]) func jobs(version: Int) throws {
        let directory = JobDirectory(folder.path)
        try FileManager.default.copyItem(atPath: Written.path("\(version).sqlite"), toPath: directory.database)
        for open in [{ try Journal.read(directory) }, { try Journal.open(directory, job: Written.job) }] {
            let journal = try open()
            #expect(journal.job == Written.job)
            #expect(try journal.partials().map(\.record) == [Written.partial])
            let (normal, inspected) = try (journal.counts(.normal), journal.counts(.inspect))
            #expect(normal.ok == 3 && normal.unreadable == 1 && normal.pending == 4)
            #expect(inspected.ok == 1 && inspected.poison == 1 && inspected.pending == 2)
            #expect(try journal.highestScores(limit: 1).first?.mapPath == "maps/new/0.png")
            let place = version < 3 ? nil : 30
            #expect(try journal.highestScores(limit: 1).first?.imageRow == place)
            #expect(try journal.highestScores(limit: 1).first?.imageColumn == place.map { $0 + 10 })
            let region: ImageLocation? = version < 3 ? nil : .file("/regions/0.png")
            #expect(try journal.highestScores(limit: 1).first?.record.region == region)
            #expect(try journal.highestScores(limit: 1).first?.source == nil && journal.sources(.inspect).isEmpty)
            #expect(try journal.value(.phase) == .inspecting)
            #expect(try journal.value(.threshold) == 2.25)
            #expect(try journal.shards(.normal).map(\.isCommitted) == [true, false])
            let lot = version < 3 ? nil : 1
            #expect(try journal.shards(.normal).map(\.lot) == [lot, nil])
            #expect(try journal.partials(.normal).map(\.lot) == [lot] && journal.partials(.inspect).isEmpty)
        }
        #expect(try Journal.open(directory, job: Written.job).beginEpoch() == 2)
    }

    /// Word by word what a worker and a coordinator of protocol 1 say first.
    @Test func theFirstWords() throws {
        let hello = #"{"hello":{"incarnation":5,"instructionSet":"avx2","name":"w","threads":2,"version":1}}"#
        #expect(
            try JSONDecoder().decode(WorkerMessage.self, from: Data(hello.utf8))
                == .hello(version: 1, incarnation: 5, name: "w", threads: 2, instructionSet: "avx2"))
        let frames = try Wire.encode(
            WorkerMessage.hello(version: 1, incarnation: 5, name: "w", threads: 2, instructionSet: "avx2"))
        #expect(String(decoding: frames[0], as: UTF8.self) == hello)
        #expect(frames[2] == [0x4B, 0x00, 0xC2, 0x1C])
        let refused = #"{"refused":{"reason":"no"}}"#
        #expect(
            try JSONDecoder().decode(CoordinatorMessage.self, from: Data(refused.utf8)) == .refused(reason: "no"))
    }

    @Test func keys() throws {
        let keys = KeyDirectory(path: folder.path)
        let digits = String(repeating: "2a", count: 32)
        try "# of last year\ncurve-public-key-1 \(digits) line-2\n".write(
            toFile: keys.allowListPath, atomically: true, encoding: .utf8)
        #expect(try keys.allowed().map { "\($0.key.hex) \($0.name)" } == ["\(digits) line-2"])
    }
}
