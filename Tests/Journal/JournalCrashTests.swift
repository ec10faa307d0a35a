import Foundation
import GRDB
import Journal
import Storage
import Testing

/// What a process finds whose predecessor died: the files as they were at that moment, the log cut anywhere.
@Suite struct JournalCrashTests {
    @Test func aLogCutAnywhereIsAPrefixOfTheCommits() throws {
        let job = TemporaryJob()
        let journal = try job.open()
        try journal.register(TemporaryJob.images(80), role: .normal, shardSize: 4)
        for shard in try journal.shards(.normal) {
            let failed = ImageFailure(id: shard.firstImage, reason: "torn")
            try journal.commit(
                partial: TemporaryJob.partial("p\(shard.id)", images: 3), shards: [shard.id], role: .normal,
                failures: [failed])
        }
        let log = try Data(contentsOf: URL(fileURLWithPath: job.directory.database + "-wal"))
        var reached: [Int] = []
        for cut in stride(from: 0, through: log.count, by: log.count / 40) + [log.count] {
            reached.append(try committedShards(after: job.directory, log: log.prefix(cut)))
        }
        #expect(reached == reached.sorted())
        #expect(reached.first == 0 && reached.last == 20)
        withExtendedLifetime(journal) {}
    }

    /// A journal that is being made has no log yet: killed in mid-change it leaves a rollback file.
    @Test func aChangeCutOffBeforeThereIsALogIsRolledBack() throws {
        let job = TemporaryJob()
        try job.open().close()
        let copy = TemporaryJob()
        try copy.directory.create()
        let database = try DatabaseQueue(path: job.directory.database)
        try database.writeWithoutTransaction { database in
            try database.execute(sql: "PRAGMA journal_mode = DELETE")
            // Without syncs the rollback file is valid from its first byte on, as else only between its sync and the change.
            try database.execute(sql: "PRAGMA synchronous = OFF")
            try database.inTransaction {
                try database.execute(sql: "UPDATE meta SET value = '' WHERE key = 'job'")
                for file in [job.directory.database, job.directory.database + "-journal"] {
                    let name = copy.directory.inside((file as NSString).lastPathComponent)
                    try FileManager.default.copyItem(atPath: file, toPath: name)
                }
                return .rollback
            }
        }
        // Who only looks changes nothing, and says what to do.
        #expect { try Journal.read(copy.directory) } throws: { "\($0)".contains("start the job again") }
        #expect(try copy.open().job == TemporaryJob.record)
    }

    /// Opens a copy of the job with a cut log, finishes it, and returns how many commits were found.
    private func committedShards(after original: JobDirectory, log: Data) throws -> Int {
        let copy = TemporaryJob()
        try copy.directory.create()
        try FileManager.default.copyItem(atPath: original.database, toPath: copy.directory.database)
        try log.write(to: URL(fileURLWithPath: copy.directory.database + "-wal"))
        let journal = try copy.open()
        try journal.register(TemporaryJob.images(80), role: .normal, shardSize: 4)
        let shards = try journal.shards(.normal)
        let found = shards.filter(\.isCommitted)
        let counts = try journal.counts(.normal)
        #expect(counts.ok == 3 * found.count && counts.unreadable == found.count)
        #expect(try journal.partials().map(\.record.images).reduce(0, +) == counts.ok)
        let left = shards.filter { !$0.isCommitted }.map(\.id)
        if !left.isEmpty {
            let images = left.count * 4
            try journal.commit(
                partial: TemporaryJob.partial("rest", images: images), shards: left, role: .normal, failures: [])
        }
        #expect(try journal.counts(.normal).pending == 0)
        return found.count
    }
}
