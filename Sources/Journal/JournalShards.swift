import GRDB
import Storage

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
    public func images(ofShard id: ShardID) throws -> [JobImage] {
        let shard = try read { try Self.shard(id, $0) }
        return try images(first: shard.firstImage, count: shard.images)
    }

    /// Replaces a pending shard by smaller ones over the same images.
    ///
    /// Each inherits all attempts but one: once more, and it is split as well.
    /// - Parameter pieces: in the order of their images, with numbers that the job never used.
    /// - Throws: ``JournalError/alreadyCommitted(shards:)``, ``JournalError/unknownShards(_:)``,
    ///   ``JournalError/inconsistent(_:)`` if the pieces are not the shard.
    public func split(shard id: ShardID, into pieces: [(id: ShardID, firstImage: ImageID, images: Int)]) throws {
        try write { database in
            let old = try Self.pendingShards([id], database)[0]
            var next = old.firstImage
            for piece in pieces {
                guard piece.firstImage == next, piece.images > 0 else {
                    throw JournalError.inconsistent("the pieces of shard \(id) do not join")
                }
                next = next.advanced(by: piece.images)
            }
            guard next == old.endImage else {
                throw JournalError.inconsistent("the pieces of shard \(id) are not all of it")
            }
            try database.execute(sql: "DELETE FROM shards WHERE id = ?", arguments: [id])
            for piece in pieces {
                try database.execute(
                    sql: "INSERT INTO shards (id, role, first_image, images, attempts, lot) VALUES (?, ?, ?, ?, ?, ?)",
                    arguments: [
                        piece.id, old.role.rawValue, piece.firstImage, piece.images, max(0, old.attempts - 1), old.lot,
                    ])
            }
        }
    }

    /// The highest shard number that the job ever used.
    public func lastShard() throws -> ShardID {
        let last = try read {
            try Int64.fetchOne($0, sql: "SELECT seq FROM sqlite_sequence WHERE name = 'shards'") ?? 0
        }
        guard (0...1 << 52).contains(last) else {
            throw JournalError.inconsistent("the journal's last shard number of \(last) is not possible")
        }
        return ShardID(rawValue: last)
    }

    /// Consecutive images, in order.
    public func images(first: ImageID, count: Int) throws -> [JobImage] {
        try read { database in
            try Row.fetchAll(
                database.cachedStatement(
                    sql: """
                        SELECT id, path, file, place, output, digest, lot, roi, roi_place FROM images
                        WHERE id >= ? AND id < ? ORDER BY id
                        """), arguments: [first, first.advanced(by: count)]
            ).map { JobImage(id: try $0.get("id"), record: try ImageRecord(row: $0)) }
        }
    }

    static func shard(_ id: ShardID, _ database: Database) throws -> ShardRecord {
        let row = try Row.fetchOne(database, sql: "SELECT * FROM shards WHERE id = ?", arguments: [id])
        guard let row else { throw JournalError.unknownShards([id]) }
        return try ShardRecord(row: row)
    }

    /// The fence: gives the shards, or refuses if one of them is unknown, named twice, or already counts.
    static func pendingShards(_ ids: [ShardID], _ database: Database) throws -> [ShardRecord] {
        guard Set(ids).count == ids.count else {
            throw JournalError.inconsistent("a shard is named twice in one commit: \(ids)")
        }
        var shards: [ShardRecord] = []
        var unknown: [ShardID] = []
        let statement = try database.cachedStatement(sql: "SELECT * FROM shards WHERE id = ?")
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
