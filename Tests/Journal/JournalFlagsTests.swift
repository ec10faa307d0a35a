import Foundation
import Journal
import Storage
import TestSupport
import Testing

@Suite struct JournalFlagsTests {
    /// A finished inspection of four images, the last unreadable, with maps as files.
    private func job(_ folder: TemporaryFolder) throws -> Journal {
        let journal = try Journal.open(
            JobDirectory(folder["job"]), job: JobRecord(kind: .inspect, settings: ["maps": "npy"], lists: [:]))
        let records = (0..<4).map {
            ImageRecord(path: "\($0).png", location: .file("/\($0).png"), output: "\($0)")
        }
        try journal.register(records, role: .inspect, shardSize: 4)
        let shard = try journal.shards(.inspect)[0].id
        try Folder.create(journal.directory.maps)
        try journal.commitResults(
            shard: shard, role: .inspect,
            results: journal.images(ofShard: shard).enumerated().map { number, image in
                guard number < 3 else {
                    return ImageResult(unreadable: ImageFailure(id: image.id, reason: "no image"))
                }
                let map = "maps/\(number).npy"
                try DurableFile.write([UInt8](repeating: 1, count: 100), to: journal.directory.inside(map))
                return ImageResult(
                    image: image.id, score: [33.15019, Float(33.15019).nextDown, 40][number], maxRow: 0, maxColumn: 0,
                    mapPath: map)
            })
        try journal.set(.phase, to: .done)
        return journal
    }

    private func flags(_ journal: Journal) throws -> [Bool?] {
        var flags: [Bool?] = []
        try journal.forEachImage(.inspect) { flags.append($0.flagged) }
        return flags
    }

    /// The comparison is that of Float32, and what has no score has no flag.
    @Test func scoresAreComparedAsTheyAre() throws {
        let folder = try TemporaryFolder()
        let journal = try job(folder)
        #expect(try flags(journal) == [nil, nil, nil, nil])
        #expect(try journal.flag(.inspect, atLeast: 33.15019) == 2)
        #expect(try flags(journal) == [true, false, true, nil])
        #expect(try journal.value(.threshold) == 33.15019)
        #expect(try journal.flag(.inspect, atLeast: 100) == 0)
        #expect(try flags(journal) == [false, false, false, nil])
    }

    @Test func aJobIsOpenedAgainByItsDirectory() throws {
        let folder = try TemporaryFolder()
        let journal = try job(folder)
        #expect(throws: JournalError.self) { try Journal.reopen(journal.directory) }
        try journal.close()
        let again = try Journal.reopen(JobDirectory(folder["job"]))
        #expect(again.job == journal.job)
        #expect(try again.flag(.inspect, atLeast: 35) == 1)
        #expect(throws: JournalError.noJob(directory: folder["none"])) {
            try Journal.reopen(JobDirectory(folder["none"]))
        }
        #expect(!FileManager.default.fileExists(atPath: folder["none"]))
    }

    @Test func mapsOfUnflaggedImagesAreRemoved() throws {
        let folder = try TemporaryFolder()
        let journal = try job(folder)
        try journal.flag(.inspect, atLeast: 35)
        let maps = { try FileManager.default.contentsOfDirectory(atPath: journal.directory.maps).sorted() }
        let rehearsed = try JobPruning(journal, isRehearsal: true).removeMapsOfUnflagged()
        #expect(rehearsed.files == 2 && rehearsed.bytes == 200)
        #expect(try maps() == ["0.npy", "1.npy", "2.npy"])
        // Killed after the journal forgot them: the next run removes what is left.
        try journal.forgetMapsOfUnflagged(.inspect)
        let removed = try JobPruning(journal).removeMapsOfUnflagged()
        #expect(removed == rehearsed)
        #expect(try maps() == ["2.npy"])
        #expect(try JobPruning(journal).removeMapsOfUnflagged().files == 0)
        var named: [String?] = []
        try journal.forEachImage(.inspect) { named.append($0.mapPath) }
        #expect(named == [nil, nil, "maps/2.npy", nil])
    }

    @Test func partialsAndLeftoversAreRemoved() throws {
        let folder = try TemporaryFolder()
        let journal = try job(folder)
        let directory = journal.directory
        try directory.createPartials()
        for path in [directory.partial("1.sums"), directory.results + ".AbCdEf", directory.maps + "/0.npy.AbCdEf"] {
            try Data([1, 2, 3]).write(to: URL(fileURLWithPath: path))
        }
        // No file of ours is called so.
        try Data([1]).write(to: URL(fileURLWithPath: directory.maps + "/notes.backup"))
        let pruning = JobPruning(journal)
        let partials = try pruning.removePartials()
        #expect(partials.files == 1 && partials.bytes == 3)
        let leftovers = try pruning.removeLeftovers()
        #expect(leftovers.files == 2 && leftovers.bytes == 6)
        #expect(FileManager.default.fileExists(atPath: directory.maps + "/notes.backup"))
        #expect(FileManager.default.fileExists(atPath: directory.maps + "/0.npy"))
    }
}
