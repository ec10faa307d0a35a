import Journal
import Testing

/// What is remembered of shards that workers, or the coordinator itself, ended with.
@Suite struct JournalAttemptTests {
    let job = TemporaryJob()

    private func opened() throws -> Journal {
        let journal = try job.open()
        try journal.register(TemporaryJob.images(12), role: .normal, shardSize: 4)
        return journal
    }

    @Test func whatWasInHandIsBlamedOnce() throws {
        var journal: Journal? = try opened()
        let ids = try #require(try journal?.shards(.normal).map(\.id))
        try journal?.recordInFlight([ids[0], ids[1]])
        try journal?.recordInFlight([ids[1], ids[2]])
        // Committed before the end: no suspect.
        try journal?.commit(
            partial: TemporaryJob.partial("p", images: 4), shards: [ids[2]], role: .normal, failures: [])
        journal = nil
        let next = try job.open()
        #expect(try next.blameShardsInFlight() == [ids[1], ids[2]])
        #expect(try next.shards(.normal).map(\.attempts) == [0, 1, 0])
        #expect(try next.blameShardsInFlight().isEmpty)
        #expect(try next.shards(.normal).map(\.attempts) == [0, 1, 0])
    }

    /// A worker's death and the coordinator's, right after it, are one and one, not two for the same shard.
    @Test func whoDiedIsNotInHandAnyMore() throws {
        let journal = try opened()
        let ids = try journal.shards(.normal).map(\.id)
        try journal.recordInFlight([ids[0], ids[1]])
        try journal.addAttempt(toShards: [ids[0]])
        #expect(try journal.blameShardsInFlight() == [ids[1]])
        #expect(try journal.shards(.normal).map(\.attempts) == [1, 1, 0])
    }

    @Test func anEndInOrderBlamesNobody() throws {
        let journal = try opened()
        #expect(try journal.blameShardsInFlight().isEmpty)
        try journal.recordInFlight(try journal.shards(.normal).map(\.id))
        try journal.recordInFlight([])
        #expect(try journal.blameShardsInFlight().isEmpty)
        #expect(try journal.shards(.normal).allSatisfy { $0.attempts == 0 })
    }

    @Test func anEndWithoutAWordIsNoticed() throws {
        var journal: Journal? = try opened()
        #expect(try journal?.wasCutOff() == false)
        _ = try journal?.beginEpoch()
        journal = nil
        let next = try job.open()
        #expect(try next.wasCutOff())
        _ = try next.beginEpoch()
        try next.recordInFlight(try next.shards(.normal).map(\.id))
        try next.recordEnd()
        #expect(try !next.wasCutOff())
        #expect(try next.blameShardsInFlight().isEmpty)
    }

    @Test func halvesInheritAllAttemptsButOne() throws {
        let journal = try opened()
        let shard = try journal.shards(.normal)[0]
        for _ in 0..<3 { try journal.addAttempt(toShards: [shard.id]) }
        try journal.split(
            shard: shard.id,
            into: [
                (id: 100, firstImage: shard.firstImage, images: 2),
                (id: 101, firstImage: shard.firstImage.advanced(by: 2), images: 2),
            ])
        #expect(try journal.shards(.normal).map(\.attempts) == [2, 2, 0, 0])
    }
}
