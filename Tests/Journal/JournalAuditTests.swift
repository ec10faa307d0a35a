import Journal
import Storage
import Testing

/// What the journal knows of who folded what, and what it takes back.
@Suite struct JournalAuditTests {
    let job = TemporaryJob()

    /// Eight images in four shards: two of `a`, added up, one of `b`, one of a job without an audit.
    private func fitted() throws -> Journal {
        let journal = try job.open()
        try journal.register(TemporaryJob.images(8), role: .normal, shardSize: 2)
        for (place, name) in ["a", "a", "b"].enumerated() {
            var partial = TemporaryJob.partial("\(place)", images: 2)
            partial.maker = SumsMaker(worker: name, instructionSet: "avx2")
            let shard = ShardID(1).advanced(by: place)
            try journal.commit(
                partial: partial, shards: [shard], role: .normal, failures: [],
                fingerprints: [shard: Fingerprint(reducing: UInt64(place))])
        }
        try journal.commit(partial: TemporaryJob.partial("3", images: 2), shards: [4], role: .normal, failures: [])
        let partials = try journal.partials()
        try journal.replace(
            partials: partials.prefix(2).map(\.id), with: TemporaryJob.partial("sum", images: 4))
        return journal
    }

    @Test func makersAndFingerprintsOutliveSumsOfSums() throws {
        let journal = try fitted()
        let shards = try journal.auditableShards(.normal)
        #expect(shards.map(\.shard.id) == [1, 2, 3])
        #expect(try journal.countShardsInSums(.normal) == 4 && journal.countShardsInSums(.inspect) == 0)
        #expect(shards.map(\.maker.worker) == ["a", "a", "b"] && shards.map(\.fingerprint.value) == [0, 1, 2])
        #expect(shards.count { $0.auditedBy == nil && $0.maker.instructionSet == "avx2" } == 3)
        let partials = try journal.partials()
        #expect(partials.map(\.record.maker?.worker) == ["b", nil, "a"])
        #expect(!partials[0].addsUp(with: partials[1]) && !partials[0].addsUp(with: partials[2]))
    }

    @Test func allOfAWrongWorkerIsTakenBack() throws {
        let journal = try fitted()
        #expect(try journal.recordAudit(confirmed: [3: "a", 1: "b"], wrong: [:]) == [])
        #expect(try journal.auditableShards(.normal).map(\.auditedBy) == ["b", nil, "a"])
        #expect(try journal.recordAudit(confirmed: [:], wrong: ["a": "it is"]) == ["sum"])
        #expect(try journal.value(.distrusted) == ["a": "it is"])
        #expect(try journal.shards(.normal).map(\.isCommitted) == [false, false, true, true])
        #expect(try journal.counts(.normal).pending == 4 && journal.counts(.normal).ok == 4)
        // What it confirmed is to be confirmed by another.
        #expect(try journal.auditableShards(.normal).map(\.auditedBy) == [nil])
        try journal.checkShards()
        #expect(try journal.recordAudit(confirmed: [:], wrong: ["c": "so is that"]) == [])
        #expect(try journal.value(.distrusted) == ["a": "it is", "c": "so is that"])
        // Done again by another, the shard is known as that one's.
        var partial = TemporaryJob.partial("again", images: 2)
        partial.maker = SumsMaker(worker: "b", instructionSet: "avx2")
        try journal.commit(
            partial: partial, shards: [1], role: .normal, failures: [],
            fingerprints: [1: Fingerprint(reducing: 9)])
        #expect(try journal.auditableShards(.normal).map(\.fingerprint.value) == [9, 2])
    }
}
