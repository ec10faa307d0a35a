import Foundation
import Journal
import Storage
import Testing

@Suite struct JournalCommitTests {
    let job = TemporaryJob()

    @Test func imagesAreCutIntoShardsInOrder() throws {
        let journal = try job.open()
        let images = TemporaryJob.images(10)
        try journal.register(images, role: .normal, shardSize: 4)
        let shards = try journal.shards(.normal)
        #expect(shards.map(\.images) == [4, 4, 2])
        #expect(try shards.flatMap { try journal.images(ofShard: $0.id).map(\.record) } == images)
        #expect(shards.allSatisfy { !$0.isCommitted && $0.attempts == 0 })
    }

    @Test func registeringAgainChangesNothing() throws {
        let journal = try job.open()
        try journal.register(TemporaryJob.images(10), role: .normal, shardSize: 4)
        try journal.register(TemporaryJob.images(6, prefix: "b"), role: .inspect, shardSize: 4)
        let shards = try journal.shards(.normal)
        try journal.register(TemporaryJob.images(10), role: .normal, shardSize: 3)
        #expect(try journal.shards(.normal) == shards)
        #expect(throws: JournalError.self) {
            try journal.register(TemporaryJob.images(11), role: .normal, shardSize: 4)
        }
        #expect(throws: JournalError.self) { try journal.register([], role: .inspect, shardSize: 4) }
        #expect(try journal.counts(.normal).total == 10)
        #expect(try journal.counts(.inspect).pending == 6)
    }

    /// The images of a later stage may be known only when an earlier one is done.
    @Test func aRoleIsTakenUpAtAnyTime() throws {
        let journal = try job.open()
        try journal.register(TemporaryJob.images(4), role: .normal, shardSize: 4)
        try journal.register(TemporaryJob.images(3, prefix: "b"), role: .inspect, shardSize: 2)
        let normal = try journal.shards(.normal)[0]
        try journal.commit(
            partial: TemporaryJob.partial("p", images: 4), shards: [normal.id], role: .normal, failures: [])
        let last = try journal.lastShard()
        for _ in 0..<2 { try journal.register(TemporaryJob.images(2), role: .calibration, shardSize: 2) }
        let shards = try journal.shards(.calibration)
        #expect(shards.map(\.firstImage) == [8] && shards.map(\.images) == [2] && shards[0].id == last.next)
        let results = try TemporaryJob.results(of: journal.images(ofShard: shards[0].id))
        for role in [ImageRole.normal, .inspect] {
            #expect(throws: JournalError.self) {
                try journal.commitResults(shard: shards[0].id, role: role, results: results)
            }
        }
        try journal.commitResults(shard: shards[0].id, role: .calibration, results: results)
        #expect(try journal.counts(.calibration).ok == 2 && journal.counts(.inspect).pending == 3)
        try journal.checkShards()
        #expect(throws: JournalError.self) {
            try journal.register(TemporaryJob.images(3), role: .calibration, shardSize: 2)
        }
    }

    @Test func aCommitMarksItsShardsAndOutlivesTheProcess() throws {
        do {
            let journal = try job.open()
            try journal.register(TemporaryJob.images(10), role: .normal, shardSize: 4)
            let shards = try journal.shards(.normal)
            let failed = ImageFailure(id: shards[2].firstImage, reason: "not a PNG")
            try journal.commit(
                partial: TemporaryJob.partial("one", images: 5, clamped: 7), shards: [shards[0].id, shards[2].id],
                role: .normal, failures: [failed])
        }
        let journal = try job.open()
        #expect(try journal.shards(.normal).map(\.isCommitted) == [true, false, true])
        #expect(try journal.partials().map(\.record) == [TemporaryJob.partial("one", images: 5, clamped: 7)])
        var counts = ImageCounts()
        (counts.ok, counts.unreadable, counts.pending) = (5, 1, 4)
        #expect(try journal.counts(.normal) == counts)
        #expect(try journal.failures(.normal).map(\.reason) == ["not a PNG"])
    }

    @Test func aShardCountsOnce() throws {
        let journal = try job.open()
        try journal.register(TemporaryJob.images(8), role: .normal, shardSize: 4)
        let ids = try journal.shards(.normal).map(\.id)
        try journal.commit(
            partial: TemporaryJob.partial("one", images: 4), shards: [ids[0]], role: .normal, failures: [])
        #expect(throws: JournalError.alreadyCommitted(shards: [ids[0]])) {
            try journal.commit(
                partial: TemporaryJob.partial("two", images: 8), shards: ids, role: .normal, failures: [])
        }
        // Nothing of the refused commit stays.
        #expect(try journal.shards(.normal).map(\.isCommitted) == [true, false])
        #expect(try journal.partials().count == 1)
        #expect(throws: JournalError.unknownShards([99])) {
            try journal.commit(
                partial: TemporaryJob.partial("two", images: 4), shards: [99], role: .normal, failures: [])
        }
        #expect(throws: JournalError.self) {
            try journal.commit(
                partial: TemporaryJob.partial("two", images: 8), shards: [ids[1], ids[1]], role: .normal, failures: [])
        }
    }

    @Test func aPartialMustCountItsImages() throws {
        let journal = try job.open()
        try journal.register(TemporaryJob.images(8), role: .normal, shardSize: 4)
        let shards = try journal.shards(.normal)
        let stranger = ImageFailure(id: shards[1].firstImage, reason: "x")
        let own = ImageFailure(id: shards[0].firstImage, reason: "x")
        for (count, failures) in [(5, []), (3, []), (4, [own]), (3, [stranger]), (2, [own, own])] {
            #expect(throws: JournalError.self) {
                try journal.commit(
                    partial: TemporaryJob.partial("p", images: count), shards: [shards[0].id], role: .normal,
                    failures: failures)
            }
        }
        for name in ["", "../x", "a/b", ".hidden"] {
            #expect(throws: JournalError.self) {
                try journal.commit(
                    partial: TemporaryJob.partial(name, images: 4), shards: [shards[0].id], role: .normal, failures: [])
            }
        }
        #expect(try journal.counts(.normal).pending == 8)
        #expect(try journal.partials().isEmpty)
    }

    @Test func aShardOfFailuresNeedsNoPartial() throws {
        let journal = try job.open()
        try journal.register(TemporaryJob.images(4), role: .normal, shardSize: 4)
        let whole = try journal.shards(.normal)[0]
        try journal.addAttempt(toShards: [whole.id])
        #expect(try journal.shards(.normal)[0].attempts == 1)
        let pieces = (0..<4).map {
            (id: whole.id.advanced(by: 10 + $0), firstImage: whole.firstImage.advanced(by: $0), images: 1)
        }
        #expect(throws: JournalError.self) { try journal.split(shard: whole.id, into: Array(pieces.dropFirst())) }
        #expect(throws: JournalError.self) { try journal.split(shard: whole.id, into: Array(pieces.dropLast())) }
        try journal.split(shard: whole.id, into: pieces)
        let single = try journal.shards(.normal)
        #expect(single.map(\.id) == pieces.map(\.id))
        #expect(single.allSatisfy { $0.images == 1 && $0.attempts == 0 })
        #expect(try journal.lastShard() == pieces[3].id)
        #expect(throws: JournalError.unknownShards([whole.id])) { try journal.split(shard: whole.id, into: pieces) }
        let poison = ImageFailure(id: single[1].firstImage, reason: "ended 3 workers")
        #expect(
            try journal.commit(partial: nil, shards: [single[1].id], role: .normal, failures: [], poison: [poison])
                == nil)
        #expect(throws: JournalError.alreadyCommitted(shards: [single[1].id])) {
            try journal.split(shard: single[1].id, into: [pieces[1]])
        }
        #expect(try journal.counts(.normal).poison == 1)
    }

    @Test func partialsAreReplacedByTheirSum() throws {
        let journal = try job.open()
        try journal.register(TemporaryJob.images(12), role: .normal, shardSize: 4)
        let ids = try journal.shards(.normal).map(\.id)
        let partials = try zip(["a", "b", "c"], ids).map { name, id in
            try journal.commit(
                partial: TemporaryJob.partial(name, images: 4, clamped: 1), shards: [id], role: .normal, failures: [])
        }.compactMap { $0 }
        #expect(throws: JournalError.self) {
            try journal.replace(
                partials: [partials[0]], with: TemporaryJob.partial("sum", images: 8, clamped: 2))
        }
        let sum = TemporaryJob.partial("sum", images: 8, clamped: 2)
        let new = try journal.replace(partials: Array(partials[0...1]), with: sum)
        #expect(try journal.partials().map(\.record.file) == ["c", "sum"])
        #expect(throws: JournalError.unknownPartials([partials[0]])) {
            try journal.replace(partials: [partials[0], new], with: sum)
        }
        #expect(try journal.shards(.normal).allSatisfy(\.isCommitted))
    }

    @Test func strayPartialsGo() throws {
        let journal = try job.open()
        try journal.register(TemporaryJob.images(4), role: .normal, shardSize: 4)
        try job.directory.createPartials()
        for name in ["kept", "stray", "kept.x2Ab9q"] {
            try DurableFile.write([1], to: job.directory.partial(name))
        }
        let shards = try journal.shards(.normal).map(\.id)
        try journal.commit(
            partial: TemporaryJob.partial("kept", images: 4), shards: shards, role: .normal, failures: [])
        #expect(try journal.removeStrayPartials() == ["kept.x2Ab9q", "stray"])
        #expect(try FileManager.default.contentsOfDirectory(atPath: job.directory.partials) == ["kept"])
    }

    @Test func inspectionIsRecordedOnce() throws {
        let journal = try job.open()
        try journal.register(TemporaryJob.images(3), role: .normal, shardSize: 3)
        try journal.register(TemporaryJob.images(5, prefix: "b"), role: .inspect, shardSize: 3)
        let shards = try journal.shards(.inspect)
        let images = try journal.images(ofShard: shards[0].id)
        var results = TemporaryJob.results(of: images)
        results[1] = ImageResult(unreadable: ImageFailure(id: images[1].id, reason: "torn"))
        let whole = results
        #expect(throws: JournalError.self) {
            try journal.commitResults(shard: shards[0].id, role: .inspect, results: Array(whole.dropLast()))
        }
        #expect(throws: JournalError.self) {
            try journal.commitResults(shard: shards[1].id, role: .inspect, results: whole)
        }
        #expect(throws: JournalError.self) {
            try journal.commitResults(shard: journal.shards(.normal)[0].id, role: .inspect, results: whole)
        }
        let noScore = ImageResult(image: images[0].id, score: .nan, maxRow: 0, maxColumn: 0)
        #expect(throws: JournalError.self) {
            try journal.commitResults(shard: shards[0].id, role: .inspect, results: [noScore] + whole.dropFirst())
        }
        try journal.commitResults(shard: shards[0].id, role: .inspect, results: whole.reversed())
        #expect(throws: JournalError.alreadyCommitted(shards: [shards[0].id])) {
            try journal.commitResults(shard: shards[0].id, role: .inspect, results: whole)
        }
        var rows: [ImageRow] = []
        try journal.forEachImage(.inspect) { rows.append($0) }
        #expect(rows.map(\.record.path) == (0..<5).map { "b/\($0).png" })
        #expect(rows.map(\.status) == [.ok, .unreadable, .ok, nil, nil])
        #expect(rows[2].score == whole[2].score && rows[2].maxRow == 3 && rows[2].flagged == false)
        #expect(try journal.highestScores(limit: 1).map(\.id) == [images[2].id])
    }
}
