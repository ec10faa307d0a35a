import Foundation
import Journal
import Storage
import Testing

/// Images that are added to a job while it goes on.
@Suite struct JournalGrowthTests {
    private static let record = JobRecord(kind: .inspect, settings: [:], lists: [.inspect: Digest(of: [1])])
    private let job = TemporaryJob()

    private func add(
        _ count: Int, _ name: String, source: String, to journal: Journal, list: UInt8 = 2
    ) throws -> ImageID {
        try journal.add(
            TemporaryJob.images(count, prefix: name), role: .inspect, shards: [NewShard(images: count)],
            sources: [ImageSource(name: source, images: count)], list: Digest(of: [list]))
    }

    @Test func addedImagesFollowTheOthers() throws {
        let journal = try job.open(Self.record)
        try journal.register(
            TemporaryJob.images(3), role: .inspect, shards: [NewShard(images: 3)],
            sources: [ImageSource(name: "today", images: 3)])
        let shard = try journal.shards(.inspect)[0]
        try journal.commitResults(
            shard: shard.id, role: .inspect, results: TemporaryJob.results(of: journal.images(ofShard: shard.id)),
            payload: nil)
        let before = try rows(journal)
        #expect(try add(2, "b", source: "today", to: journal) == 4)
        #expect(try add(1, "c", source: "other", to: journal, list: 3) == 6)
        try journal.checkShards()
        let after = try rows(journal)
        #expect(Array(after.prefix(3)) == before)
        #expect(after.map(\.source) == ["today", "today", "today", "today", "today", "other"])
        #expect(after.map(\.record.path).suffix(3) == ["b/0.png", "b/1.png", "c/0.png"])
        #expect(try journal.sources(.inspect).map(\.images) == [5, 1])
        let (counts, flagged) = try journal.outcome(.inspect, from: 4)
        #expect(counts.pending == 3 && counts.total == 3 && flagged == 0)
        try journal.close()
        // The record says which list the job has now, and the shards are as they were left.
        let again = try job.open(JobRecord(kind: .inspect, settings: [:], lists: [.inspect: Digest(of: [3])]))
        #expect(try again.counts(.inspect).pending == 3)
        // The list in its own order is no other list.
        try again.register(TemporaryJob.images(6, prefix: "z"), role: .inspect, shardSize: 2)
        #expect(try rows(again) == after)
    }

    @Test func aJobMayBeginWithoutImages() throws {
        let journal = try job.open(Self.record)
        #expect(try add(2, "a", source: "s", to: journal) == 1)
        #expect(try rows(journal).map(\.source) == ["s", "s"])
    }

    /// What does not add up, or would stand between images of another role, changes nothing.
    @Test func whatCannotBeAddedIsRefused() throws {
        let journal = try job.open(Self.record)
        try journal.register(TemporaryJob.images(2), role: .inspect, shardSize: 2)
        let image = TemporaryJob.images(1, prefix: "b")
        let source = [ImageSource(name: "s", images: 1)]
        for (images, shards, sources) in [
            ([], [], []), (image, [NewShard(images: 2)], source),
            (image, [NewShard(images: 0), NewShard(images: 1)], source),
            (image, [NewShard(images: 1)], []),
        ] {
            #expect(throws: JournalError.self) {
                try journal.add(images, role: .inspect, shards: shards, sources: sources, list: Digest(of: [2]))
            }
        }
        try journal.register(TemporaryJob.images(1, prefix: "copy"), role: .drift, shardSize: 1)
        #expect(throws: JournalError.self) {
            try journal.add(
                image, role: .inspect, shards: [NewShard(images: 1)], sources: source, list: Digest(of: [2]))
        }
        #expect(try journal.counts(.inspect).total == 2)
    }

    private func rows(_ journal: Journal) throws -> [ImageRow] {
        var rows: [ImageRow] = []
        try journal.forEachImage(.inspect) { rows.append($0) }
        return rows
    }
}
