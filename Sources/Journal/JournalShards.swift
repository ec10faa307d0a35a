import GRDB

extension Journal {
    /// All shards of a role, in the order of their images: what a resumed coordinator starts from.
    public func shards(_ role: ImageRole) throws -> [ShardRecord] {
        try read { database in
            try Row.fetchAll(
                database, sql: "SELECT * FROM shards WHERE role = ? ORDER BY first_image", arguments: [role.rawValue]
            ).map { try ShardRecord(row: $0) }
        }
    }

    /// The images of a shard, in order.
    public func images(ofShard id: Int64) throws -> [JobImage] {
        try read { database in
            let shard = try Self.shard(id, database)
            return try Row.fetchAll(
                database, sql: "SELECT id, path, file, output FROM images WHERE id >= ? AND id < ? ORDER BY id",
                arguments: [shard.firstImage, shard.endImage]
            ).map { JobImage(id: try $0.get("id"), record: try ImageRecord(row: $0)) }
        }
    }

    /// Notes that a worker died over these shards; committed ones are left alone.
    public func addAttempt(toShards ids: [Int64]) throws {
        try write { database in
            let statement = try database.makeStatement(
                sql: "UPDATE shards SET attempts = attempts + 1 WHERE id = ? AND state = 'pending'")
            for id in ids { try statement.execute(arguments: [id]) }
        }
    }

    /// Replaces a pending shard by smaller ones, which have new numbers, over the same images.
    ///
    /// They inherit no attempts: a shard is judged by what happens to itself.
    /// - Parameter size: images of each; the last may be smaller.
    /// - Throws: ``JournalError/alreadyCommitted(shards:)``, ``JournalError/unknownShards(_:)``.
    public func split(shard id: Int64, size: Int) throws -> [ShardRecord] {
        guard size > 0 else { throw JournalError.inconsistent("a shard size of \(size) is not possible") }
        return try write { database in
            let old = try Self.pendingShards([id], database)[0]
            try database.execute(sql: "DELETE FROM shards WHERE id = ?", arguments: [id])
            try Self.insertShards(old.role, first: old.firstImage, images: old.images, size: size, database)
            return try Row.fetchAll(
                database, sql: "SELECT * FROM shards WHERE first_image >= ? AND first_image < ? ORDER BY first_image",
                arguments: [old.firstImage, old.endImage]
            ).map { try ShardRecord(row: $0) }
        }
    }

    static func shard(_ id: Int64, _ database: Database) throws -> ShardRecord {
        let row = try Row.fetchOne(database, sql: "SELECT * FROM shards WHERE id = ?", arguments: [id])
        guard let row else { throw JournalError.unknownShards([id]) }
        return try ShardRecord(row: row)
    }

    /// The fence: gives the shards, or refuses if one of them is unknown, named twice, or already counts.
    static func pendingShards(_ ids: [Int64], _ database: Database) throws -> [ShardRecord] {
        guard Set(ids).count == ids.count else {
            throw JournalError.inconsistent("a shard is named twice in one commit: \(ids)")
        }
        var shards: [ShardRecord] = []
        var unknown: [Int64] = []
        let statement = try database.makeStatement(sql: "SELECT * FROM shards WHERE id = ?")
        for id in ids {
            if let row = try Row.fetchOne(statement, arguments: [id]) {
                shards.append(try ShardRecord(row: row))
            } else {
                unknown.append(id)
            }
        }
        guard unknown.isEmpty else { throw JournalError.unknownShards(unknown) }
        let committed = shards.filter(\.isCommitted).map(\.id)
        guard committed.isEmpty else { throw JournalError.alreadyCommitted(shards: committed) }
        return shards
    }
}
