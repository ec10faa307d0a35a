import GRDB
import Storage

/// A committed shard of which it is known who did it, so that others can do it once more.
public struct AuditableShard: Equatable, Sendable {
    public let shard: ShardRecord
    public let maker: ResultMaker
    /// Of the features of its images, where they were folded; nil where they were scored.
    public let fingerprint: Fingerprint?
    /// Another worker that says the same; nil where none was asked.
    public let auditedBy: String?

    package init(shard: ShardRecord, maker: ResultMaker, fingerprint: Fingerprint?, auditedBy: String?) {
        (self.shard, self.maker, self.fingerprint, self.auditedBy) = (shard, maker, fingerprint, auditedBy)
    }
}

extension JournalKey where Value == [String: String] {
    /// Names of workers whose work an audit has shown to be wrong, and how.
    public static var distrusted: Self { Self("distrusted") }
}

/// Images of an inspection that follow each other, and whose scores were taken back.
public struct ImagesTakenBack: Codable, Equatable, Sendable {
    public let first: ImageID
    public let count: Int

    public init(first: ImageID, count: Int) { (self.first, self.count) = (first, count) }
}

extension JournalKey where Value == [ImagesTakenBack] {
    /// The worker that scored them was wrong, and may have written maps and overlays that they are not to have.
    public static var takenBack: Self { Self("taken back") }
}

/// Audits: shards that are done once more by another worker, and what is done again where one was wrong.
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

    /// The shards of a role whose images were scored, and of which it is known by whom, in the order of their images. Those without an image
    /// that has a score are left out: there is nothing to compare.
    /// - Parameter withContents: whether those are left out as well that have a scored image whose content is not known.
    public func scoredShards(_ role: ImageRole, withContents: Bool = false) throws -> [AuditableShard] {
        let ofShard =
            "FROM images WHERE images.id >= first_image AND images.id < first_image + shards.images AND status = 'ok'"
        let known = withContents ? " AND NOT EXISTS (SELECT 1 \(ofShard) AND digest IS NULL)" : ""
        return try read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT * FROM shards WHERE role = ? AND state = 'committed' AND scored_by IS NOT NULL
                    AND EXISTS (SELECT 1 \(ofShard))\(known) ORDER BY first_image
                    """, arguments: [role.rawValue]
            ).compactMap { row in
                guard let maker = try row.scorer() else { return nil }
                return AuditableShard(
                    shard: try ShardRecord(row: row), maker: maker, fingerprint: nil,
                    auditedBy: try row.get("audited_by"))
            }
        }
    }

    /// How many shards of a role have an image with a score, those among them of which nobody knows who gave it.
    public func countShardsWithScores(_ role: ImageRole) throws -> Int {
        try read { database in
            try Int.fetchOne(
                database,
                sql: """
                    SELECT count(*) FROM shards WHERE role = ? AND state = 'committed' AND EXISTS (
                        SELECT 1 FROM images WHERE images.id >= first_image AND images.id < first_image + shards.images
                        AND status = 'ok')
                    """, arguments: [role.rawValue]) ?? 0
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

    /// Records what an audit of a role has found, as one. Sums and scores of workers that were wrong are taken back: their images are to do
    /// again, and what these workers confirmed is to be confirmed by others.
    /// - Parameters:
    ///   - confirmed: shards, and who says the same of them.
    ///   - wrong: names of workers, and how each was wrong.
    /// - Returns: the names of the files of sums that count no more, and may be deleted.
    public func recordAudit(
        _ role: ImageRole, confirmed: [ShardID: String], wrong: [String: String]
    ) throws -> [String] {
        try write { database in
            let confirm = try database.cachedStatement(sql: "UPDATE shards SET audited_by = ? WHERE id = ?")
            for (shard, name) in confirmed { try confirm.execute(arguments: [name, shard]) }
            guard !wrong.isEmpty else { return [] }
            var files: [String] = []
            for name in wrong.keys.sorted() {
                let rows = try Row.fetchAll(
                    database, sql: "SELECT * FROM partials WHERE maker = ? AND role = ? ORDER BY id",
                    arguments: [name, role.rawValue])
                for partial in try rows.map({ try CommittedPartial(row: $0) }) {
                    try Self.discard(partial: partial.id, database)
                    files.append(partial.record.file)
                }
                try Self.takeBackScores(of: name, role, database)
                try database.execute(
                    sql: "UPDATE shards SET audited_by = NULL WHERE audited_by = ? AND role = ?",
                    arguments: [name, role.rawValue])
            }
            let known = try Self.value(JournalKey<[String: String]>.distrusted, database) ?? [:]
            try Self.set(JournalKey<[String: String]>.distrusted, to: known.merging(wrong) { $1 }, database)
            return files
        }
    }

    /// The images that a worker scored are to do again, those that it could not read among them.
    private static func takeBackScores(of name: String, _ role: ImageRole, _ database: Database) throws {
        // Of a copy of an image of the fit the digest is known from there.
        let digest = role == .inspect ? ", digest = NULL" : ""
        let images = try database.cachedStatement(
            sql: """
                UPDATE images SET status = NULL, reason = NULL, score = NULL, max_row = NULL, max_col = NULL,
                    image_row = NULL, image_col = NULL, flagged = NULL, map_path = NULL\(digest)
                WHERE id >= ? AND id < ?
                """)
        let rows = try Row.fetchAll(
            database, sql: "SELECT * FROM shards WHERE scored_by = ? AND role = ? AND state = 'committed'",
            arguments: [name, role.rawValue])
        let shards = try rows.map { try ShardRecord(row: $0) }
        for shard in shards { try images.execute(arguments: [shard.firstImage, shard.endImage]) }
        if role == .inspect, !shards.isEmpty {
            let key = JournalKey<[ImagesTakenBack]>.takenBack
            let earlier = try Self.value(key, database) ?? []
            let more = shards.map { ImagesTakenBack(first: $0.firstImage, count: $0.images) }
            try Self.set(key, to: earlier + more, database)
        }
        try database.execute(
            sql: """
                UPDATE shards SET state = 'pending', payload = NULL, audited_by = NULL, scored_by = NULL, scored_set = NULL
                WHERE scored_by = ? AND role = ?
                """, arguments: [name, role.rawValue])
    }

    static func record(_ fingerprints: [ShardID: Fingerprint], _ database: Database) throws {
        guard !fingerprints.isEmpty else { return }
        let statement = try database.cachedStatement(sql: "UPDATE shards SET fingerprint = ? WHERE id = ?")
        for (shard, fingerprint) in fingerprints {
            try statement.execute(arguments: [Int64(fingerprint.value), shard])
        }
    }
}
