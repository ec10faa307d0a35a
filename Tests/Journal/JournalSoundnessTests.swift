import Journal
import Storage
import Testing

/// How long it takes to look whether a journal is sound.
@Suite struct JournalSoundnessTests {
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
