import Foundation
import Journal
import Storage

extension FuzzTarget {
    /// A job's database as somebody else may have left it: looked at, and gone on with.
    static let journals = FuzzTarget(
        "journals",
        words: [
            "normal", "inspect", "ok", "unreadable", "poison", "pending", "committed", "../", "/", "SQLite format 3\0",
            "{\"kind\":\"fit\"", "{", "[", "null", "CHECK", "CREATE TABLE", "grdb_migrations", "sources of inspect",
            "[{\"images\":4,\"name\":\"a\"}]",
        ]
    ) {
        try fixtures("Formats/Fixtures", endings: ["sqlite"], atMost: 200_000)
    } read: { bytes, folder in
        for name in ["job.sqlite-wal", "job.sqlite-shm", "job.sqlite-journal"] { unlink(folder[name]) }
        _ = folder.write(bytes, to: "job.sqlite")
        let directory = JobDirectory(folder.path)
        guard let job = try? lookAt(directory) else { return }
        try? goOn(directory, job)
    }

    private static func lookAt(_ directory: JobDirectory) throws -> JobRecord {
        let journal = try Journal.read(directory)
        for partial in (try? journal.partials()) ?? [] {
            demand(RelativePath.isContained(partial.record.file), "partial '\(partial.record.file)' leads out")
        }
        for role in ImageRole.allCases {
            _ = try? (journal.counts(role), journal.sources(role))
            try? journal.forEachImage(role) { row in
                for place in [row.record.output + ".png", row.mapPath].compactMap({ $0 }) {
                    demand(RelativePath.isContained(place), "'\(place)' leads out")
                }
            }
        }
        _ = try? journal.highestScores(limit: 5)
        _ = try? journal.value(.phase)
        return journal.job
    }

    private static func goOn(_ directory: JobDirectory, _ job: JobRecord) throws {
        let journal = try Journal.open(directory, job: job)
        _ = try? journal.beginEpoch()
        for role in ImageRole.allCases {
            for shard in (try? journal.shards(role)) ?? [] where shard.images <= 1000 {
                _ = try? journal.images(ofShard: shard.id)
            }
        }
        for partial in (try? journal.partials()) ?? [] { try? journal.discard(partial: partial.id) }
        try journal.close()
    }
}
