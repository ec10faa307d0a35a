import Foundation
import Journal
import Storage
import Testing

/// Changes that become durable as one.
@Suite struct JournalTogetherTests {
    let job = TemporaryJob()

    private func journal() throws -> Journal {
        let journal = try job.open()
        try journal.register(TemporaryJob.images(8), role: .inspect, shardSize: 2)
        return journal
    }

    private func commit(_ number: Int, in journal: Journal) throws {
        let shard = try journal.shards(.inspect)[number]
        try journal.commitResults(
            shard: shard.id, role: .inspect, results: TemporaryJob.results(of: journal.images(ofShard: shard.id)))
    }

    private func committed(_ journal: Journal) throws -> [Bool] { try journal.shards(.inspect).map(\.isCommitted) }

    @Test func whatIsToldTogetherIsThereTogether() throws {
        let journal = try journal()
        try journal.together {
            try commit(0, in: journal)
            try commit(2, in: journal)
            #expect(try committed(journal) == [true, false, true, false])
        }
        try journal.close()
        #expect(try committed(job.open()) == [true, false, true, false])
    }

    @Test func whatIsRefusedUndoesNothingElse() throws {
        let journal = try journal()
        try journal.together {
            try commit(0, in: journal)
            #expect(throws: JournalError.self) { try commit(0, in: journal) }
            try journal.recordInFlight([1, 2])
        }
        #expect(try committed(journal) == [true, false, false, false])
        #expect(try journal.blameShardsInFlight() == [1, 2])
    }

    @Test func whatFailsUndoesAll() throws {
        struct Stop: Error {}
        let journal = try journal()
        #expect(throws: Stop.self) {
            try journal.together {
                try commit(0, in: journal)
                throw Stop()
            }
        }
        #expect(try committed(journal) == [false, false, false, false])
        // And what follows is a change of its own again.
        try commit(1, in: journal)
        #expect(try committed(journal) == [false, true, false, false])
    }

    @Test func anotherThreadSeesNothingOfIt() throws {
        let journal = try journal()
        let seen = Locked<[Bool]?>(nil)
        try journal.together {
            try commit(0, in: journal)
            let looked = DispatchSemaphore(value: 0)
            Thread {
                let found = try? journal.shards(.inspect).map(\.isCommitted)
                seen.withLock { $0 = found }
                looked.signal()
            }.start()
            looked.wait()
        }
        #expect(seen.withLock { $0 } == [false, false, false, false])
    }
}
