import GRDB
import Journal
import Storage
import Testing

/// Whether a journal is sound, and how long it takes to look.
@Suite struct JournalSoundnessTests {
    @Test(arguments: [
        nil, "DELETE FROM shards", "DELETE FROM shards WHERE role = 'normal'", "DELETE FROM shards WHERE id = 2",
        "DELETE FROM images WHERE id = 6", "DELETE FROM images WHERE id = 1",
        "UPDATE shards SET images = 3 WHERE id = 1",
        "UPDATE shards SET first_image = 2 WHERE id = 1", "UPDATE images SET role = 'inspect' WHERE id = 3",
        "UPDATE images SET role = 'drift' WHERE id = 12",
    ])
    func shardsHoldEachImageOnce(damage: String?) throws {
        let job = TemporaryJob()
        let journal = try job.open()
        try journal.register(TemporaryJob.images(8), role: .normal, shardSize: 4)
        try journal.register(TemporaryJob.images(4, prefix: "b"), role: .inspect, shardSize: 2)
        try journal.close()
        if let damage {
            var configuration = Configuration()
            configuration.foreignKeysEnabled = false
            try DatabaseQueue(path: job.directory.database, configuration: configuration).write {
                try $0.execute(sql: damage)
            }
        }
        let reopened = try job.open()
        if damage == nil {
            try reopened.checkShards()
        } else {
            #expect(throws: JournalError.self) { try reopened.checkShards() }
        }
    }

    /// SQLite is to go through the shards and each one's images; where it compares every image with every shard, this takes 5 s, and the
    /// restart of an inspection of 400,000 images half a minute.
    @Test func shardsAreLookedAtOneByOne() throws {
        let job = TemporaryJob()
        let journal = try job.open()
        try journal.register(TemporaryJob.images(40_000), role: .inspect, shardSize: 4)
        try journal.together {
            for shard in try journal.shards(.inspect) {
                let images = (0..<Int64(shard.images)).map { ImageID(rawValue: shard.firstImage.rawValue + $0) }
                try journal.commitResults(
                    shard: shard.id, role: .inspect,
                    results: images.map {
                        ImageResult(image: $0, score: 1, maxRow: 0, maxColumn: 0, flagged: false, mapPath: nil)
                    })
            }
        }
        let time = try ContinuousClock().measure { try journal.checkShards() }
        #expect(time < .seconds(2))
    }
}
