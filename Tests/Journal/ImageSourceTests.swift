import Foundation
import GRDB
import Journal
import TestSupport
import Testing

@Suite struct ImageSourceTests {
    private func sources(_ counts: [Int]) -> [ImageSource] {
        counts.enumerated().map { ImageSource(name: "camera \($0.offset)", images: $0.element) }
    }

    private func names(_ journal: Journal, _ role: ImageRole) throws -> [String?] {
        var names: [String?] = []
        try journal.forEachImage(role) { names.append($0.source) }
        return names
    }

    /// Holds for each role, whatever images were registered before it, and for sources without any image.
    @Test func eachImageKnowsItsSource() throws {
        var random = SeededGenerator(seed: 11)
        for _ in 0..<20 {
            let job = TemporaryJob()
            let journal = try job.open()
            for role in ImageRole.allCases {
                let counts = [1] + (0..<6).map { _ in Int.random(in: 0...3, using: &random) }
                let total = counts.reduce(0, +)
                try journal.register(
                    TemporaryJob.images(total), role: role, shards: [NewShard(images: total)], sources: sources(counts))
                let expected = counts.enumerated().flatMap {
                    Array(repeating: "camera \($0.offset)", count: $0.element)
                }
                #expect(try names(journal, role) == expected)
                #expect(try journal.sources(role) == sources(counts))
            }
        }
    }

    @Test func sourcesAreAllOfTheImages() throws {
        let job = TemporaryJob()
        let journal = try job.open()
        for counts in [[3], [5], [2, 1, 2]] {
            #expect(throws: JournalError.self) {
                try journal.register(
                    TemporaryJob.images(4), role: .inspect, shards: [NewShard(images: 4)], sources: sources(counts))
            }
        }
    }

    /// Earlier releases did not keep them: what goes on with such a job has them.
    @Test func anEarlierJobLearnsThem() throws {
        let job = TemporaryJob()
        let journal = try job.open()
        try journal.register(TemporaryJob.images(4), role: .inspect, shards: [NewShard(images: 4)])
        #expect(try names(journal, .inspect) == [nil, nil, nil, nil] && journal.sources(.inspect).isEmpty)
        try journal.register(
            TemporaryJob.images(4), role: .inspect, shards: [NewShard(images: 4)], sources: sources([3, 1]))
        #expect(try names(journal, .inspect).last == "camera 1")
        // Those that are known stay: the same list may be named in another way.
        try journal.register(
            TemporaryJob.images(4), role: .inspect, shards: [NewShard(images: 4)], sources: sources([1, 3]))
        #expect(try names(journal, .inspect).last == "camera 1")
        #expect(try journal.sources(.inspect) == sources([3, 1]))
    }

    @Test(arguments: [
        "[{\"images\":-1,\"name\":\"a\"}]",
        "[{\"images\":9223372036854775807,\"name\":\"a\"},{\"images\":2,\"name\":\"b\"}]",
        "[{\"images\":4}]", "7", "[",
    ])
    func forgedOnesAreErrors(_ value: String) throws {
        let job = TemporaryJob()
        do {
            let journal = try job.open()
            try journal.register(
                TemporaryJob.images(4), role: .inspect, shards: [NewShard(images: 4)], sources: sources([4]))
            try journal.close()
        }
        let database = try DatabaseQueue(path: job.directory.database)
        try database.write {
            try $0.execute(sql: "UPDATE meta SET value = ? WHERE key = 'sources of inspect'", arguments: [value])
        }
        try database.close()
        #expect(throws: JournalError.self) { try names(Journal.read(job.directory), .inspect) }
    }
}
