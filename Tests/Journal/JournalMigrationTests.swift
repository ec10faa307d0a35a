import Foundation
import GRDB
import Journal
import Storage
import Testing

/// Jobs that a release with an earlier version of the tables began.
@Suite struct JournalMigrationTests {
    let job = TemporaryJob()

    /// The tables of version 1 as they were made, with a job half done: a shard of normal images that counts, one of which nothing could
    /// be read, one that workers died over, one to do; of the images to inspect one shard of two is done. Shards 8 and 9 were split.
    private func writeVersion1() throws {
        try job.directory.create()
        let record = String(decoding: try JSONEncoder().encode(TemporaryJob.record), as: UTF8.self)
        let database = try DatabaseQueue(path: job.directory.database)
        try database.write {
            try $0.execute(
                sql: """
                    PRAGMA application_id = 0x50614469;
                    CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY);
                    INSERT INTO grdb_migrations VALUES ('1');
                    CREATE TABLE meta (
                        key TEXT PRIMARY KEY,
                        value TEXT NOT NULL
                    ) STRICT, WITHOUT ROWID;
                    CREATE TABLE images (
                        id INTEGER PRIMARY KEY,
                        role TEXT NOT NULL CHECK (role IN ('normal', 'inspect')),
                        path TEXT NOT NULL,
                        file TEXT NOT NULL,
                        output TEXT,
                        status TEXT CHECK (status IN ('ok', 'unreadable', 'poison')),
                        reason TEXT,
                        score REAL,
                        max_row INTEGER,
                        max_col INTEGER,
                        flagged INTEGER,
                        map_path TEXT
                    ) STRICT;
                    CREATE TABLE partials (
                        id INTEGER PRIMARY KEY AUTOINCREMENT,
                        file TEXT NOT NULL UNIQUE,
                        images INTEGER NOT NULL CHECK (images >= 0),
                        clamped INTEGER NOT NULL CHECK (clamped >= 0),
                        digest TEXT NOT NULL
                    ) STRICT;
                    CREATE TABLE shards (
                        id INTEGER PRIMARY KEY AUTOINCREMENT,
                        role TEXT NOT NULL CHECK (role IN ('normal', 'inspect')),
                        first_image INTEGER NOT NULL REFERENCES images (id),
                        images INTEGER NOT NULL CHECK (images > 0),
                        state TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'committed')),
                        partial INTEGER REFERENCES partials (id),
                        attempts INTEGER NOT NULL DEFAULT 0
                    ) STRICT;
                    CREATE INDEX shards_of_partial ON shards (partial);
                    INSERT INTO meta VALUES ('phase', '"inspecting"'), ('epoch', '3'), ('in-hand', '[10]');
                    INSERT INTO partials VALUES (4, 'p', 1, 7, '\(TemporaryJob.partial("p", images: 1).digest.hex)');
                    INSERT INTO images (id, role, path, file, output, status, reason, score, max_row, max_col, flagged, map_path)
                    VALUES
                        (1, 'normal', 'a/0', '/a/0', '0', 'ok', NULL, NULL, NULL, NULL, NULL, NULL),
                        (2, 'normal', 'a/1', '/a/1', '1', 'unreadable', 'torn', NULL, NULL, NULL, NULL, NULL),
                        (3, 'normal', 'a/2', '/a/2', '2', 'unreadable', 'torn', NULL, NULL, NULL, NULL, NULL),
                        (4, 'normal', 'a/3', '/a/3', '3', NULL, NULL, NULL, NULL, NULL, NULL, NULL),
                        (5, 'normal', 'a/4', '/a/4', '4', NULL, NULL, NULL, NULL, NULL, NULL, NULL),
                        (6, 'inspect', 'b/0', '/b/0', '0', 'ok', NULL, 2.5, 3, 4, 1, 'maps/0.png'),
                        (7, 'inspect', 'b/1', '/b/1', '1', 'poison', 'died', NULL, NULL, NULL, NULL, NULL),
                        (8, 'inspect', 'b/2', '/b/2', '2', NULL, NULL, NULL, NULL, NULL, NULL, NULL);
                    INSERT INTO shards VALUES
                        (2, 'normal', 1, 2, 'committed', 4, 0), (3, 'normal', 3, 1, 'committed', NULL, 1),
                        (10, 'normal', 4, 1, 'pending', NULL, 2), (11, 'normal', 5, 1, 'pending', NULL, 0),
                        (6, 'inspect', 6, 2, 'committed', NULL, 0), (7, 'inspect', 8, 1, 'pending', NULL, 0);
                    UPDATE sqlite_sequence SET seq = 20 WHERE name = 'shards';
                    """)
            try $0.execute(sql: "INSERT INTO meta VALUES ('job', ?)", arguments: [record])
        }
        try database.close()
    }

    private func check(_ journal: Journal) throws {
        #expect(journal.job == TemporaryJob.record)
        #expect(try journal.partials().map(\.id) == [4])
        #expect(try journal.partials(.normal).map(\.id) == [4] && journal.partials(.normal)[0].lot == nil)
        #expect(try journal.partials().map(\.record) == [TemporaryJob.partial("p", images: 1, clamped: 7)])
        let shards = try journal.shards(.normal)
        #expect(shards.map(\.id) == [2, 3, 10, 11] && shards.map(\.attempts) == [0, 1, 2, 0])
        #expect(shards.map(\.isCommitted) == [true, true, false, false])
        #expect(try journal.shards(.inspect).map(\.isCommitted) == [true, false])
        #expect(try journal.images(ofShard: 2).map(\.record.path) == ["a/0", "a/1"])
        var rows: [ImageRow] = []
        for role in ImageRole.allCases { try journal.forEachImage(role) { rows.append($0) } }
        #expect(rows.map(\.id) == Array(1...8))
        #expect(rows.map(\.status) == [.ok, .unreadable, .unreadable, nil, nil, .ok, .poison, nil])
        #expect(rows[5].score == 2.5 && rows[5].flagged == true && rows[5].mapPath == "maps/0.png")
        #expect(rows[6].reason == "died" && rows[7].record.output == "2")
        #expect(try journal.counts(.normal).failed == 2 && journal.counts(.inspect).failed == 1)
        #expect(try journal.failures(.normal).map(\.id) == [2, 3])
        #expect(try journal.highestScores(limit: 9).map(\.id) == [6])
        #expect(try journal.value(.phase) == .inspecting && journal.lastShard() == 20)
        try journal.checkShards()
    }

    @Test func anEarlierVersionIsReadAndNotChanged() throws {
        try writeVersion1()
        let before = try Digest(ofFile: job.directory.database)
        try check(try Journal.read(job.directory))
        #expect(try Digest(ofFile: job.directory.database) == before)
        // Also while a job of this release opens it, and makes its tables those of now.
        let reader = try Journal.read(job.directory)
        let writer = try job.open()
        try check(writer)
        try check(reader)
        try check(try Journal.read(job.directory))
    }

    @Test func anEarlierVersionGoesOn() throws {
        try writeVersion1()
        for _ in 0..<2 {
            let journal = try job.open()
            try check(journal)
            try journal.close()
        }
        let journal = try job.open()
        #expect(try journal.beginEpoch() == 4 && journal.blameShardsInFlight() == [10])
        #expect(try journal.shards(.normal).map(\.attempts) == [0, 1, 3, 0])
        try journal.split(shard: 11, into: [(id: 21, firstImage: 5, images: 1)])
        let new = try journal.commit(
            partial: TemporaryJob.partial("q", images: 2), shards: [10, 21], role: .normal, failures: [])
        #expect(new == 5)
        try journal.commitResults(
            shard: 7, role: .inspect, results: TemporaryJob.results(of: journal.images(ofShard: 7)))
        try journal.register(TemporaryJob.images(2, prefix: "c"), role: .calibration, shardSize: 2)
        #expect(try journal.shards(.calibration).map(\.id) == [22])
        #expect(try journal.reopenUnreadable(.normal) == 2 && journal.lastShard() == 25)
        try journal.discard(partial: 4)
        #expect(try journal.counts(.normal).pending == 3 && journal.counts(.normal).ok == 2)
        try journal.checkShards()
        try journal.close()
        let database = try DatabaseQueue(path: job.directory.database)
        let dangling = try database.read { try Row.fetchAll($0, sql: "PRAGMA foreign_key_check").count }
        #expect(dangling == 0)
    }
}
