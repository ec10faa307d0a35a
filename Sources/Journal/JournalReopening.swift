import Foundation
import GRDB
import Storage

/// Images that could not be read, to be tried once more.
extension Journal {
    /// Marks a role's unreadable images as still to do: what kept them from being read, such as a folder that was not mounted, may be
    /// mended. Nothing of them is in any sum or result.
    ///
    /// Only they are to do again. A shard that holds others too is cut: the pieces with the others stay committed, with their sums and
    /// results, and the pieces with the unreadable ones are pending under numbers that the job never used. Poison stays recorded.
    /// - Returns: how many images.
    /// - Throws: ``JournalError/inconsistent(_:)`` where such a shard has a payload: that is of the whole shard, which cannot be cut.
    @discardableResult
    public func reopenUnreadable(_ role: ImageRole) throws -> Int {
        try write { database in
            let some = """
                SELECT * FROM shards WHERE role = ? AND state = 'committed' AND EXISTS (
                    SELECT 1 FROM images WHERE images.id >= first_image AND images.id < first_image + shards.images
                    AND status = 'unreadable') ORDER BY first_image
                """
            var reopened = 0
            for row in try Row.fetchAll(database, sql: some, arguments: [role.rawValue]) {
                let shard = try ShardRecord(row: row)
                try Self.checkHasNoPayload(shard, row)
                reopened += try Self.reopenUnreadable(
                    of: shard, partial: row.get("partial"), by: row.scorer(), database)
            }
            return reopened
        }
    }

    /// A payload is of all of a shard's images, and the pieces of a cut shard would lose it. Work that gives one has a score for every
    /// image, so a shard with a payload has no unreadable image: if it has, the journal was changed by something else.
    private static func checkHasNoPayload(_ shard: ShardRecord, _ row: Row) throws {
        let payload: Data? = try row.get("payload")
        guard payload == nil else {
            throw JournalError.inconsistent(
                "the journal's shard \(shard.id) has a result of all its images, and one of them is unreadable")
        }
    }

    private static func reopenUnreadable(
        of shard: ShardRecord, partial: PartialID?, by maker: ResultMaker?, _ database: Database
    ) throws -> Int {
        let statuses = try String?.fetchAll(
            database, sql: "SELECT status FROM images WHERE id >= ? AND id < ? ORDER BY id",
            arguments: [shard.firstImage, shard.endImage])
        guard statuses.count == shard.images else {
            throw JournalError.inconsistent("the journal's shard \(shard.id) holds images that are not in it")
        }
        try database.execute(sql: "DELETE FROM shards WHERE id = ?", arguments: [shard.id])
        let unreadable = statuses.map { $0 == ImageStatus.unreadable.rawValue }
        var next = 0
        while next < unreadable.count {
            let images = unreadable[next...].prefix { $0 == unreadable[next] }.count
            // Nobody died of a piece that was read to its end.
            try database.execute(
                sql: """
                    INSERT INTO shards (role, first_image, images, state, partial, lot, scored_by, scored_set)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    shard.role.rawValue, shard.firstImage.advanced(by: next), images,
                    unreadable[next] ? "pending" : "committed", unreadable[next] ? nil : partial,
                    shard.lot, unreadable[next] ? nil : maker?.worker, unreadable[next] ? nil : maker?.instructionSet,
                ])
            next += images
        }
        try database.execute(
            sql: "UPDATE images SET status = NULL, reason = NULL WHERE id >= ? AND id < ? AND status = 'unreadable'",
            arguments: [shard.firstImage, shard.endImage])
        return unreadable.count { $0 }
    }
}
