import Foundation
import GRDB
import Storage

extension Journal {
    /// The partials that hold the committed sums.
    public func partials() throws -> [CommittedPartial] {
        try read { database in
            try Row.fetchAll(database, sql: "SELECT * FROM partials ORDER BY id").map { try CommittedPartial(row: $0) }
        }
    }

    /// Those of images of one role.
    public func partials(_ role: ImageRole) throws -> [CommittedPartial] {
        try read { database in
            try Row.fetchAll(
                database, sql: "SELECT * FROM partials WHERE role = ? ORDER BY id", arguments: [role.rawValue]
            ).map { try CommittedPartial(row: $0) }
        }
    }

    /// Puts one partial, their exact sum, in the place of several. Their files may be deleted after this returns.
    /// - Returns: the new partial's number.
    /// - Throws: ``JournalError/unknownPartials(_:)``; ``JournalError/inconsistent(_:)`` if the counts do not add up, or the
    ///   partials are of several roles or lots.
    @discardableResult
    public func replace(partials ids: [PartialID], with sum: PartialRecord) throws -> PartialID {
        try write { database in
            var (images, clamped) = (0, Int64(0))
            var first: CommittedPartial?
            for id in Set(ids) {
                let row = try Row.fetchOne(database, sql: "SELECT * FROM partials WHERE id = ?", arguments: [id])
                guard let row else { throw JournalError.unknownPartials([id]) }
                let old = try CommittedPartial(row: row)
                guard first?.addsUp(with: old) ?? true else {
                    throw JournalError.inconsistent(
                        "partials of several roles, lots or workers are not added up: \(ids)")
                }
                first = old
                (images, clamped) = (images + old.record.images, clamped + old.record.clamped)
            }
            guard images == sum.images, clamped == sum.clamped, let first else {
                throw JournalError.inconsistent(
                    "a sum of \(sum.images) images (\(sum.clamped) clamped values) cannot replace partials of \(images) "
                        + "(\(clamped))")
            }
            var sum = sum
            sum.maker = first.record.maker
            let new = try Self.insert(sum, first.role, lot: first.lot, database)
            for id in Set(ids) {
                try database.execute(sql: "UPDATE shards SET partial = ? WHERE partial = ?", arguments: [new, id])
                try database.execute(sql: "DELETE FROM partials WHERE id = ?", arguments: [id])
            }
            return new
        }
    }

    /// Forgets a partial whose file is damaged or gone: the images that it counted are to do again.
    /// - Throws: ``JournalError/unknownPartials(_:)``.
    public func discard(partial id: PartialID) throws {
        try write { try Self.discard(partial: id, $0) }
    }

    static func discard(partial id: PartialID, _ database: Database) throws {
        let shards = try Row.fetchAll(database, sql: "SELECT * FROM shards WHERE partial = ?", arguments: [id])
            .map { try ShardRecord(row: $0) }
        for shard in shards {
            try database.execute(
                sql: "UPDATE images SET status = NULL, reason = NULL WHERE id >= ? AND id < ?",
                arguments: [shard.firstImage, shard.endImage])
        }
        try database.execute(
            sql: """
                UPDATE shards SET state = 'pending', partial = NULL, fingerprint = NULL, audited_by = NULL
                WHERE partial = ?
                """, arguments: [id])
        try database.execute(sql: "DELETE FROM partials WHERE id = ?", arguments: [id])
        guard database.changesCount == 1 else { throw JournalError.unknownPartials([id]) }
    }

    /// Deletes files in the folder of partials that the journal does not name: uploads that a crash cut off, partials that
    /// were replaced, sums that a worker wrote and never spoke of. Only while no upload is under way, since theirs are not named yet.
    /// What cannot be deleted, as a folder that somebody made there, takes space and does no other harm: it stays.
    /// - Returns: the names of the files deleted.
    @discardableResult
    public func removeStrayPartials() throws -> [String] {
        let named = Set(try partials().map(\.record.file))
        let present = (try? FileManager.default.contentsOfDirectory(atPath: directory.partials)) ?? []
        return present.filter { !named.contains($0) }.sorted().filter { unlink(directory.partial($0)) == 0 }
    }

    static func insert(
        _ partial: PartialRecord, _ role: ImageRole, lot: Int?, _ database: Database
    ) throws -> PartialID {
        guard partial.isFileNameSafe else {
            throw JournalError.inconsistent("a partial cannot be named '\(partial.file)'")
        }
        try database.execute(
            sql: """
                INSERT INTO partials (file, images, clamped, digest, role, lot, maker, maker_set)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                partial.file, partial.images, partial.clamped, partial.digest.hex, role.rawValue, lot,
                partial.maker?.worker, partial.maker?.instructionSet,
            ])
        return PartialID(rawValue: database.lastInsertedRowID)
    }
}
