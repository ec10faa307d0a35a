import Foundation
import GRDB
import Journal
import Storage
import Testing

@Suite struct JournalOpeningTests {
    @Test func aNewJobIsThereAfterReopening() throws {
        let job = TemporaryJob()
        #expect(try job.open().beginEpoch() == 1)
        #expect(try job.open().beginEpoch() == 2)
        #expect(try job.open().job == TemporaryJob.record)
        #expect(try Journal.read(job.directory).job == TemporaryJob.record)
    }

    /// Who only looks whether a job is in use neither takes it nor is in the way of who does.
    @Test func thatAJobIsInUseIsSeen() throws {
        let job = TemporaryJob()
        #expect(!JobLock.isHeld(job.directory))
        let journal = try job.open()
        #expect(JobLock.isHeld(job.directory))
        #expect(throws: JournalError.self) { try job.open() }
        try journal.close()
        #expect(!JobLock.isHeld(job.directory))
        try job.open().close()
    }

    @Test func anotherJobIsRefusedByTheNamesOfItsSettings() throws {
        let job = TemporaryJob()
        _ = try job.open()
        var settings = TemporaryJob.record.settings
        settings["backbone"] = "wide_resnet50_2"
        settings["crop"] = "224"
        let other = JobRecord(
            kind: .fit, settings: settings, lists: [.normal: Digest(of: [1]), .inspect: Digest(of: [3])])
        #expect {
            _ = try job.open(other)
        } throws: { error in
            guard case .otherJob(_, let differences) = error as? JournalError else { return false }
            let list = "list of inspected images (paths, labels, masks, splits)"
            return differences.map(\.name) == ["backbone", "command", "crop", list]
                && "\(error)".contains("backbone is resnet18 there and wide_resnet50_2 now")
                && "\(error)".contains("crop is not set there and 224 now")
        }
        #expect(try job.open().job == TemporaryJob.record)
    }

    @Test func longSettingsAreShownWhereTheyPart() {
        func difference(_ old: String?, _ new: String?) -> String {
            func record(_ value: String?) -> JobRecord {
                JobRecord(kind: .fit, settings: value.map { ["channels": $0] } ?? [:], lists: [:])
            }
            return record(old).differences(from: record(new))[0].description
        }
        let channels = (0..<100).map { "\(7 * $0)" }
        var others = channels
        others[50...52] = ["1", "2", "3"]
        #expect(
            difference(channels.joined(separator: " "), others.joined(separator: " "))
                == "channels is ... 350 357 364 371 ... (100 values) there and ... 1 2 3 371 ... (100 values) now")
        #expect(
            difference(channels.joined(separator: " "), channels.prefix(60).joined(separator: " "))
                == "channels is ... 420 427 434 441 ... (100 values) there and ... (60 values) now")
        #expect(
            difference(nil, channels.joined(separator: " "))
                == "channels is not set there and 0 7 14 21 ... (100 values) now")
        let digest = String(repeating: "ab", count: 32)
        #expect(
            difference(digest, "c" + digest.dropFirst())
                == "channels is abababababababab... there and cbababababababab... now")
        #expect(
            difference(digest, digest.dropLast() + "c") == "channels is ...b there and ...c now")
        #expect(difference("1 2", "1 3") == "channels is 1 2 there and 1 3 now")
    }

    @Test func theLockNamesItsHolder() throws {
        let job = TemporaryJob()
        let first = try job.open()
        #expect {
            _ = try job.open()
        } throws: {
            "\($0)".contains("process \(getpid()) on") && "\($0)".contains(job.directory.path)
        }
        withExtendedLifetime(first) {}
    }

    @Test func aClosedJournalIsOneFile() throws {
        let job = TemporaryJob()
        let journal = try job.open()
        try journal.register(TemporaryJob.images(100), role: .normal, shardSize: 10)
        try journal.close()
        let files = try FileManager.default.contentsOfDirectory(atPath: job.directory.path).sorted()
        #expect(files == ["job.lock", "job.sqlite"])
        #expect(throws: JournalError.self) { _ = try journal.beginEpoch() }
        #expect(try job.open().counts(.normal).pending == 100)
    }

    @Test func commitsAreSyncedToTheDisk() throws {
        let job = TemporaryJob()
        let journal = try job.open()
        #expect(try journal.synchronousMode() == 2)
    }

    @Test func readingNeedsAJobAndChangesNothing() throws {
        let job = TemporaryJob()
        #expect(throws: JournalError.noJob(directory: job.directory.path)) { _ = try Journal.read(job.directory) }
        let writer = try job.open()
        let reader = try Journal.read(job.directory)
        try writer.register(TemporaryJob.images(3), role: .normal, shardSize: 2)
        #expect(try reader.counts(.normal).pending == 3)
        #expect(throws: JournalError.self) { _ = try reader.beginEpoch() }
    }

    @Test(arguments: [0, 20, 100, 4096])
    func damageIsNamed(at offset: Int) throws {
        let job = TemporaryJob()
        try job.open().register(TemporaryJob.images(1000), role: .normal, shardSize: 10)
        var bytes = try Data(contentsOf: URL(fileURLWithPath: job.directory.database))
        for place in offset..<offset + 600 { bytes[place] = 0xA5 }
        try bytes.write(to: URL(fileURLWithPath: job.directory.database))
        #expect { _ = try job.open() } throws: { "\($0)".contains("job.sqlite") && $0 is JournalError }
    }

    @Test func aTornFileIsNamed() throws {
        let job = TemporaryJob()
        try job.open().register(TemporaryJob.images(1000), role: .normal, shardSize: 10)
        let bytes = try Data(contentsOf: URL(fileURLWithPath: job.directory.database))
        try bytes.prefix(9000).write(to: URL(fileURLWithPath: job.directory.database))
        #expect { _ = try job.open() } throws: { "\($0)".contains("is not a sound journal") }
    }

    @Test func aFileOfNoBytesIsANewJournal() throws {
        let job = TemporaryJob()
        try job.directory.create()
        try Data().write(to: URL(fileURLWithPath: job.directory.database))
        #expect(throws: JournalError.noJob(directory: job.directory.path)) { _ = try Journal.read(job.directory) }
        #expect(try job.open().beginEpoch() == 1)
    }

    @Test func aNewerFormatIsRefusedInWords() throws {
        let job = TemporaryJob()
        _ = try job.open()
        try change(job, "INSERT INTO grdb_migrations VALUES ('4')")
        let refusal = JournalError.newerFormat(path: job.directory.database, version: "4")
        #expect(throws: refusal) { _ = try job.open() }
        #expect(throws: refusal) { _ = try Journal.read(job.directory) }
        #expect("\(refusal)".contains("version 4") && "\(refusal)".contains("up to 3"))
    }

    @Test func anotherProgramsDatabaseIsRefused() throws {
        let job = TemporaryJob()
        try job.directory.create()
        try change(job, "CREATE TABLE photos (id INTEGER)")
        #expect { _ = try job.open() } throws: { "\($0)".contains("another program's database") }
        #expect { _ = try Journal.read(job.directory) } throws: { "\($0)".contains("another program's database") }
    }

    @Test(arguments: [
        "UPDATE meta SET value = '7' WHERE key = 'job'", "DROP TABLE meta", "DROP TABLE images",
        "UPDATE partials SET file = '../../x'", "UPDATE images SET output = '../../x'",
        "UPDATE images SET output = '/etc/x'", "UPDATE images SET map_path = 'maps/../../x.png'",
        "UPDATE shards SET first_image = -9000000000000000000",
        "UPDATE shards SET images = 9000000000000000000", "UPDATE shards SET id = 9223372036854775807 WHERE id = 2",
        "UPDATE sqlite_sequence SET seq = 9223372036854775807", "UPDATE shards SET images = 1 WHERE id = 1",
        "UPDATE shards SET first_image = first_image + 1", "DELETE FROM shards WHERE id = 2",
        "DELETE FROM images WHERE id = 3", "UPDATE partials SET images = 3", "UPDATE images SET status = NULL",
        "UPDATE shards SET state = 'pending'", "UPDATE images SET score = 9e999", "UPDATE images SET score = -1.0",
        "UPDATE images SET score = 1e308", "INSERT INTO meta VALUES ('epoch', '9223372036854775807')",
        "ALTER TABLE images RENAME COLUMN path TO trail",
    ])
    func forgedContentsAreErrors(_ forgery: String) throws {
        let job = TemporaryJob()
        try fill(job)
        try change(job, "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON; \(forgery)")
        #expect(throws: (any Error).self) {
            let journal = try job.open()
            _ = try journal.partials()
            _ = try journal.beginEpoch()
            _ = try journal.lastShard()
            try journal.checkShards()
            for shard in try journal.shards(.normal) { _ = try journal.images(ofShard: shard.id) }
            try journal.forEachImage(.normal) { _ in }
        }
    }

    @Test func aSoundJournalIsSound() throws {
        let job = TemporaryJob()
        try fill(job)
        let journal = try job.open()
        try journal.checkShards()
    }

    /// Its log is taken in: the file can be copied alone.
    @Test func aClosedJournalThatWasReadIsOneFile() throws {
        let job = TemporaryJob()
        do {
            let journal = try job.open()
            try journal.register(TemporaryJob.images(4), role: .normal, shardSize: 2)
            _ = try journal.counts(.normal)
            try journal.close()
        }
        for ending in ["-wal", "-shm"] {
            #expect(!FileManager.default.fileExists(atPath: job.directory.database + ending))
        }
        // Readable without a log beside it (https://www.sqlite.org/fileformat.html, 1.3.3), where nothing can be written.
        let head = try Data(contentsOf: URL(fileURLWithPath: job.directory.database)).prefix(20)
        #expect(head[18] == 1 && head[19] == 1)
        #expect(try Journal.read(job.directory).counts(.normal).total == 4)
        let again = try job.open()
        #expect(try again.counts(.normal).total == 4)
        #expect(try again.synchronousMode() == 2)
        try again.close()
    }

    private func fill(_ job: TemporaryJob) throws {
        let journal = try job.open()
        try journal.register(TemporaryJob.images(4), role: .normal, shardSize: 2)
        try journal.commit(
            partial: TemporaryJob.partial("p", images: 2), shards: [journal.shards(.normal)[0].id], role: .normal,
            failures: [])
    }

    private func change(_ job: TemporaryJob, _ sql: String) throws {
        let database = try DatabaseQueue(path: job.directory.database)
        try database.writeWithoutTransaction { try $0.execute(sql: sql) }
        try database.close()
    }
}
