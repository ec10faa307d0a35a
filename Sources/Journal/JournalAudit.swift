import GRDB
import Storage

/// A committed shard that a worker folded in a job with an audit.
public struct AuditableShard: Equatable, Sendable {
    public let shard: ShardRecord
    public let maker: SumsMaker
    /// Of the features of its images.
    public let fingerprint: Fingerprint
    /// Another worker that says the same; nil where none was asked.
    public let auditedBy: String?

    package init(shard: ShardRecord, maker: SumsMaker, fingerprint: Fingerprint, auditedBy: String?) {
        (self.shard, self.maker, self.fingerprint, self.auditedBy) = (shard, maker, fingerprint, auditedBy)
    }
}

extension JournalKey where Value == [String: String] {
    /// Names of workers whose work an audit has shown to be wrong, and how.
    public static var distrusted: Self { Self("distrusted") }
}

/// Audits: shards that are computed once more by another worker, and what is done again where one was wrong.
extension Journal {
    /// The shards of a role that are in sums and that can be computed once more and compared, in the order of their images.
    public func auditableShards(_ role: ImageRole) throws -> [AuditableShard] {
        try read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT shards.*, maker, maker_set FROM shards JOIN partials ON partials.id = shards.partial
                    WHERE shards.role = ? AND state = 'committed' AND fingerprint IS NOT NULL AND maker IS NOT NULL
                    ORDER BY first_image
                    """, arguments: [role.rawValue]
            ).compactMap { row in
                guard let maker = try row.maker(), let fingerprint = try row.fingerprint() else { return nil }
                return AuditableShard(
                    shard: try ShardRecord(row: row), maker: maker, fingerprint: fingerprint,
                    auditedBy: try row.get("audited_by"))
            }
        }
    }

    /// How many shards of a role are in sums, those among them that cannot be compared.
    public func countShardsInSums(_ role: ImageRole) throws -> Int {
        try read { database in
            try Int.fetchOne(
                database, sql: "SELECT count(*) FROM shards WHERE role = ? AND partial IS NOT NULL",
                arguments: [role.rawValue]) ?? 0
        }
    }

    /// Records what an audit has found, as one. Sums of workers that were wrong are taken back: their images are to do again, and what these
    /// workers confirmed is to be confirmed by others.
    /// - Parameters:
    ///   - confirmed: shards, and who says the same of them.
    ///   - wrong: names of workers, and how each was wrong.
    /// - Returns: the names of the files of sums that count no more, and may be deleted.
    public func recordAudit(confirmed: [ShardID: String], wrong: [String: String]) throws -> [String] {
        try write { database in
            let confirm = try database.cachedStatement(sql: "UPDATE shards SET audited_by = ? WHERE id = ?")
            for (shard, name) in confirmed { try confirm.execute(arguments: [name, shard]) }
            guard !wrong.isEmpty else { return [] }
            var files: [String] = []
            for name in wrong.keys.sorted() {
                let rows = try Row.fetchAll(
                    database, sql: "SELECT * FROM partials WHERE maker = ? ORDER BY id", arguments: [name])
                for partial in try rows.map({ try CommittedPartial(row: $0) }) {
                    try Self.discard(partial: partial.id, database)
                    files.append(partial.record.file)
                }
                try database.execute(
                    sql: "UPDATE shards SET audited_by = NULL WHERE audited_by = ?", arguments: [name])
            }
            let known = try Self.value(JournalKey<[String: String]>.distrusted, database) ?? [:]
            try Self.set(JournalKey<[String: String]>.distrusted, to: known.merging(wrong) { $1 }, database)
            return files
        }
    }

    static func record(_ fingerprints: [ShardID: Fingerprint], _ database: Database) throws {
        guard !fingerprints.isEmpty else { return }
        let statement = try database.cachedStatement(sql: "UPDATE shards SET fingerprint = ? WHERE id = ?")
        for (shard, fingerprint) in fingerprints {
            try statement.execute(arguments: [Int64(fingerprint.value), shard])
        }
    }
}
