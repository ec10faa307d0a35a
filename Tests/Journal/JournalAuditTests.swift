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
            partial.maker = ResultMaker(worker: name, instructionSet: "avx2")
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
        #expect(shards.map(\.maker.worker) == ["a", "a", "b"] && shards.map(\.fingerprint?.value) == [0, 1, 2])
        #expect(shards.count { $0.auditedBy == nil && $0.maker.instructionSet == "avx2" } == 3)
        let partials = try journal.partials()
        #expect(partials.map(\.record.maker?.worker) == ["b", nil, "a"])
        #expect(!partials[0].addsUp(with: partials[1]) && !partials[0].addsUp(with: partials[2]))
    }

    @Test func allOfAWrongWorkerIsTakenBack() throws {
        let journal = try fitted()
        #expect(try journal.recordAudit(.normal, confirmed: [3: "a", 1: "b"], wrong: [:]) == [])
        #expect(try journal.auditableShards(.normal).map(\.auditedBy) == ["b", nil, "a"])
        #expect(try journal.recordAudit(.normal, confirmed: [:], wrong: ["a": "it is"]) == ["sum"])
        #expect(try journal.value(.distrusted) == ["a": "it is"])
        #expect(try journal.shards(.normal).map(\.isCommitted) == [false, false, true, true])
        #expect(try journal.counts(.normal).pending == 4 && journal.counts(.normal).ok == 4)
        // What it confirmed is to be confirmed by another.
        #expect(try journal.auditableShards(.normal).map(\.auditedBy) == [nil])
        try journal.checkShards()
        #expect(try journal.recordAudit(.normal, confirmed: [:], wrong: ["c": "so is that"]) == [])
        #expect(try journal.value(.distrusted) == ["a": "it is", "c": "so is that"])
        // Done again by another, the shard is known as that one's.
        var partial = TemporaryJob.partial("again", images: 2)
        partial.maker = ResultMaker(worker: "b", instructionSet: "avx2")
        try journal.commit(
            partial: partial, shards: [1], role: .normal, failures: [],
            fingerprints: [1: Fingerprint(reducing: 9)])
        #expect(try journal.auditableShards(.normal).map(\.fingerprint?.value) == [9, 2])
    }

    /// Six images in three shards: two of `a`, one of `b`; of the first an image cannot be read.
    private func inspected() throws -> Journal {
        let journal = try job.open()
        try journal.register(TemporaryJob.images(6), role: .inspect, shardSize: 2)
        for (place, name) in ["a", "a", "b"].enumerated() {
            let first = ImageID(1).advanced(by: 2 * place)
            let bad = ImageResult(unreadable: ImageFailure(id: first, reason: "gone"))
            func good(_ image: ImageID) -> ImageResult {
                ImageResult(
                    image: image, score: 2, maxRow: 1, maxColumn: 1, flagged: true, mapPath: "maps/x.png",
                    digest: withUnsafeBytes(of: image.rawValue) { ContentDigest(of: $0) })
            }
            try journal.commitResults(
                shard: ShardID(1).advanced(by: place), role: .inspect,
                results: [place == 0 ? bad : good(first), good(first.next)], payload: place == 1 ? [7] : nil,
                maker: ResultMaker(worker: name, instructionSet: "avx2"))
        }
        return journal
    }

    @Test func allScoresOfAWrongWorkerAreTakenBack() throws {
        let journal = try inspected()
        #expect(try journal.scoredShards(.inspect).map(\.maker.worker) == ["a", "a", "b"])
        #expect(try journal.countShardsWithScores(.inspect) == 3 && journal.countShardsWithScores(.normal) == 0)
        #expect(
            try journal.images(.inspect, after: nil, limit: 9).map { $0.record.digest != nil }.dropFirst() == [
                true, true, true, true, true,
            ])
        #expect(try journal.recordAudit(.inspect, confirmed: [3: "a", 1: "b"], wrong: [:]) == [])
        // What it did in another stage is not of this audit.
        #expect(try journal.recordAudit(.normal, confirmed: [:], wrong: ["a": "it is"]) == [])
        #expect(try journal.scoredShards(.inspect).map(\.auditedBy) == ["b", nil, "a"])
        #expect(try journal.recordAudit(.inspect, confirmed: [:], wrong: ["a": "it is"]) == [])
        #expect(try journal.shards(.inspect).map(\.isCommitted) == [false, false, true])
        #expect(try journal.counts(.inspect).pending == 4 && journal.counts(.inspect).ok == 2)
        let rows = try journal.images(.inspect, after: nil, limit: 4)
        #expect(
            rows.allSatisfy {
                $0.score == nil && $0.reason == nil && $0.flagged == nil && $0.mapPath == nil && $0.record.digest == nil
            })
        #expect(try journal.scoredShards(.inspect).map(\.auditedBy) == [nil])
        #expect(throws: JournalError.self) { try journal.payload(ofShard: 2) }
        // Files that the worker wrote for them are to be looked for.
        #expect(
            try journal.value(.takenBack) == [
                ImagesTakenBack(first: 1, count: 2), ImagesTakenBack(first: 3, count: 2),
            ])
        try journal.checkShards()
    }

    /// A shard that is cut because an image could not be read stays known as its worker's, or the rest of it would count for ever.
    @Test func aCutShardIsStillItsWorkers() throws {
        let journal = try inspected()
        #expect(try journal.reopenUnreadable(.inspect) == 1)
        #expect(try journal.scoredShards(.inspect).map(\.maker.worker) == ["a", "a", "b"])
        #expect(try journal.recordAudit(.inspect, confirmed: [:], wrong: ["a": "it is"]) == [])
        #expect(try journal.counts(.inspect).pending == 4)
    }
}
