import GRDB
import Journal
import Storage
import Testing

/// Shards of lots whose sums are kept apart.
@Suite struct JournalLotTests {
    let job = TemporaryJob()

    /// Of 12 images the first 6 are of lot 3, in two shards, and the others of none.
    private func open() throws -> Journal {
        let journal = try job.open()
        let shards = [(3, 3), (3, 3), (4, nil), (2, nil)].map { NewShard(images: $0, lot: $1) }
        try journal.register(TemporaryJob.images(12), role: .normal, shards: shards)
        return journal
    }

    private func commit(_ shards: [ShardID], images: Int, _ journal: Journal) throws {
        let name = shards.map { "\($0)" }.joined(separator: "-")
        try journal.commit(
            partial: TemporaryJob.partial(name, images: images), shards: shards, role: .normal, failures: [])
    }

    @Test func aPartialIsOfOneLot() throws {
        let journal = try open()
        #expect(throws: JournalError.self) { try commit([2, 3], images: 7, journal) }
        try commit([1, 2], images: 6, journal)
        try commit([3], images: 4, journal)
        try commit([4], images: 2, journal)
        #expect(try journal.partials(.normal).map(\.lot) == [3, nil, nil])
        #expect(try journal.partials(.calibration).isEmpty)
        let ids = try journal.partials().map(\.id)
        #expect(throws: JournalError.self) {
            try journal.replace(partials: Array(ids.prefix(2)), with: TemporaryJob.partial("mixed", images: 10))
        }
        try journal.replace(partials: Array(ids.suffix(2)), with: TemporaryJob.partial("sum", images: 6))
        #expect(try journal.partials().map(\.lot) == [3, nil])
        try journal.checkShards()
    }

    @Test func piecesAreOfTheirShardsLot() throws {
        let journal = try open()
        try journal.split(shard: 2, into: [(id: 10, firstImage: 4, images: 1), (id: 11, firstImage: 5, images: 2)])
        try journal.commit(
            partial: TemporaryJob.partial("some", images: 2), shards: [1], role: .normal,
            failures: [ImageFailure(id: 2, reason: "torn")])
        #expect(try journal.reopenUnreadable(.normal) == 1)
        let shards = try journal.shards(.normal)
        #expect(shards.map(\.images) == [1, 1, 1, 1, 2, 4, 2])
        #expect(shards.map(\.lot) == [3, 3, 3, 3, 3, nil, nil])
        try journal.checkShards()
    }

    /// A journal in which a lot's partials do not have the lot's images is damaged, also where the sum over all lots is right.
    @Test func aPartialOfAnotherLotIsNoticed() throws {
        let journal = try open()
        try commit([1, 2], images: 6, journal)
        try commit([3, 4], images: 6, journal)
        try journal.checkShards()
        let database = try DatabaseQueue(path: job.directory.database)
        try database.write { try $0.execute(sql: "UPDATE partials SET lot = 9 WHERE lot = 3") }
        #expect { try journal.checkShards() } throws: { "\($0)".contains("of lot") }
    }
}
