import Journal
import Storage
import Testing

extension JournalKey where Value == [String: [Int]] {
    fileprivate static var grid: Self { Self("grid") }
}

@Suite struct JournalSettingsTests {
    @Test func valuesAreKeptAndReplaced() throws {
        let job = TemporaryJob()
        do {
            let journal = try job.open()
            #expect(try journal.value(.phase) == nil)
            try journal.set(.phase, to: .merging)
            try journal.set(.grid, to: ["exponents": [3, -2]])
            try journal.set(.model, to: Digest(of: [9]))
            try journal.set(.threshold, to: 12.5)
            try journal.set(.summary, to: [JobFact("workers", "2")])
            try journal.set(.phase, to: .accumulating)
        }
        let journal = try Journal.read(job.directory)
        #expect(try journal.value(.phase) == .accumulating)
        #expect(try journal.value(.grid) == ["exponents": [3, -2]])
        #expect(try journal.value(.model) == Digest(of: [9]))
        #expect(try journal.value(.threshold) == 12.5)
        #expect(try journal.value(.summary) == [JobFact("workers", "2")])
        #expect(throws: JournalError.self) { _ = try journal.value(JournalKey<Int>("grid")) }
    }

    /// Releases before 0.2 had a phase before the first.
    @Test func aPhaseOfAnEarlierReleaseIsRead() throws {
        let job = TemporaryJob()
        let journal = try job.open()
        try journal.set(JournalKey<String>("phase"), to: "calibrating")
        #expect(try journal.value(.phase) == .accumulating)
        try journal.set(JournalKey<String>("phase"), to: "napping")
        #expect(throws: JournalError.self) { try journal.value(.phase) }
    }

    @Test func aHundredThousandImages() throws {
        let job = TemporaryJob()
        let journal = try job.open()
        let images = TemporaryJob.images(100_000)
        try journal.register(images, role: .inspect, shardSize: 64)
        let shards = try journal.shards(.inspect)
        #expect(shards.count == 1563)
        for shard in shards.suffix(3) {
            let results = TemporaryJob.results(of: try journal.images(ofShard: shard.id))
            try journal.commitResults(shard: shard.id, role: .inspect, results: results)
        }
        var seen = 0
        try journal.forEachImage(.inspect) { row in
            if row.record == images[seen] { seen += 1 }
        }
        #expect(seen == 100_000)
        let last = try journal.highestScores(limit: 1)
        #expect(last.map(\.record.path) == ["a/99999.png"])
    }
}
