import Foundation
import GRDB
import Storage

/// Images that are taken out of a fit.
///
/// One that is not in the sums is cut out of its shard at once. One that is gets a copy, a row of the role `excluding`, which is folded into
/// sums of its own. When all copies are, the sums without them take the place of the fit's partials, in one transaction: until then the
/// fit is what it was. An image that was taken out keeps its row, without a status, in a shard without sums.
extension Journal {
    /// Begins to take images of the fit out, or goes on where that began. What began with other images is forgotten.
    /// - Parameters:
    ///   - places: of the images in the list, counted from 0.
    ///   - shardSize: images of a shard of copies.
    /// - Returns: how many of them are in the sums, and have to be folded once more.
    /// - Throws: ``JournalError/inconsistent(_:)`` where an image is in the sums and its content is not known.
    @discardableResult
    public func beginExclusion(of places: [Int], shardSize: Int) throws -> Int {
        try write { database in
            guard let first = try Self.firstImage(.normal, database) else { return 0 }
            var (inSums, others) = (Set<ImageID>(), Set<ImageID>())
            var (files, isModelOld) = (Set<String>(), false)
            for place in Set(places) {
                let id = first.advanced(by: place)
                let row = try Row.fetchOne(
                    database, sql: "SELECT * FROM images WHERE id = ? AND role = 'normal'", arguments: [id])
                guard let row else { throw JournalError.inconsistent("the fit has no image \(id) to take out") }
                switch try row.status() {
                case .excluded: continue
                case .ok:
                    guard try row.contentDigest() != nil else {
                        throw JournalError.inconsistent(
                            "a release before 0.3 folded \(row["path"] as String), and did not write down what its content was: it cannot be taken out"
                        )
                    }
                    inSums.insert(id)
                    files.insert(try row.get("file"))
                case nil:
                    others.insert(id)
                    isModelOld = true
                case .unreadable, .poison: others.insert(id)
                }
            }
            try Self.leaveOut(others, database)
            // A model that is there was made with them: their sums were lost since.
            if isModelOld { try Self.forgetModels(database) }
            let begun = try String.fetchSet(database, sql: "SELECT file FROM images WHERE role = 'excluding'")
            if begun != files {
                try Self.removeExclusion(database)
                try Self.insertCopies(of: inSums, shardSize: shardSize, database)
            }
            return inSums.count
        }
    }

    /// Copies of images whose content is another than that which is in the sums.
    public func changedSinceFolded() throws -> [JobImage] {
        try read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT copies.* FROM images AS copies JOIN images ON images.file = copies.file AND images.role = 'normal'
                    WHERE copies.role = 'excluding' AND copies.status = 'ok' AND copies.digest IS NOT images.digest
                    ORDER BY copies.id
                    """
            ).map { JobImage(id: try $0.get("id"), record: try ImageRecord(row: $0)) }
        }
    }

    /// Takes the images out whose copies are all folded: from here on the fit is one without them.
    ///
    /// The files of the new partials must be on the disk, synced, before this is called; those of the old ones, and of the copies', may
    /// be deleted after it returns.
    /// - Parameter rests: partials, and the exact sum of their images without those that are taken out; nil where none remains.
    /// - Throws: ``JournalError/inconsistent(_:)`` where copies are not folded, or the counts do not fit; nothing is changed then.
    public func finishExclusion(_ rests: [(partials: [PartialID], rest: PartialRecord?)]) throws {
        try write { database in
            let open = "SELECT count(*) FROM images WHERE role = 'excluding' AND status IS NOT 'ok'"
            guard try Int.fetchOne(database, sql: open) == 0 else {
                throw JournalError.inconsistent("images that are to be taken out are not folded")
            }
            let excluded = try ImageID.fetchSet(
                database,
                sql: """
                    SELECT images.id FROM images JOIN images AS copies ON images.file = copies.file AND copies.role = 'excluding'
                    WHERE images.role = 'normal' AND images.status = 'ok' AND images.digest = copies.digest
                    """)
            let copies = try Int.fetchOne(database, sql: "SELECT count(*) FROM images WHERE role = 'excluding'") ?? 0
            guard excluded.count == copies, copies > 0 else {
                throw JournalError.inconsistent(
                    "\(excluded.count) of the fit's images are the \(copies) that are to be taken out")
            }
            try Self.leaveOut(excluded, database)
            var replaced = 0
            for (partials, rest) in rests { replaced += try Self.replace(partials, withRest: rest, database) }
            guard replaced == copies else {
                throw JournalError.inconsistent("\(replaced) images are taken out of sums, and \(copies) of the fit")
            }
            try Self.removeExclusion(database)
            try Self.forgetModels(database)
        }
    }

    /// Gives up taking images out: the fit stays what it is.
    public func removeExclusion() throws { try write { try Self.removeExclusion($0) } }

    // MARK: Parts

    private static func firstImage(_ role: ImageRole, _ database: Database) throws -> ImageID? {
        try ImageID.fetchOne(
            database, sql: "SELECT min(id) FROM images WHERE role = ?", arguments: [role.rawValue])
    }

    private static func forgetModels(_ database: Database) throws {
        for key in [JournalKey<Digest>.model, .madeModel, .uncalibratedModel] { try forget(key, database) }
    }

    private static func removeExclusion(_ database: Database) throws {
        for table in ["shards", "partials", "images"] {
            try database.execute(sql: "DELETE FROM \(table) WHERE role = 'excluding'")
        }
    }

    /// Cuts images out of their shards. What remains of a shard stays as it was, but for the deaths: nobody knows in which piece they were.
    private static func leaveOut(_ images: Set<ImageID>, _ database: Database) throws {
        var next = images.sorted()[...]
        while let image = next.first {
            let row = try Row.fetchOne(
                database,
                sql:
                    "SELECT * FROM shards WHERE role = 'normal' AND first_image <= ? ORDER BY first_image DESC LIMIT 1",
                arguments: [image])
            guard let row, case let shard = try ShardRecord(row: row), shard.contains(image) else {
                throw JournalError.inconsistent("image \(image) is in no shard")
            }
            let found = next.prefix { shard.contains($0) }
            next = next.dropFirst(found.count)
            try cut(shard, partial: row.get("partial"), leaving: Set(found), database)
        }
    }

    private static func cut(
        _ shard: ShardRecord, partial: PartialID?, leaving excluded: Set<ImageID>, _ database: Database
    ) throws {
        try database.execute(sql: "DELETE FROM shards WHERE id = ?", arguments: [shard.id])
        var first = shard.firstImage
        while first < shard.endImage {
            let isOut = excluded.contains(first)
            var end = first.next
            while end < shard.endImage, excluded.contains(end) == isOut { end = end.next }
            try database.execute(
                sql: """
                    INSERT INTO shards (role, first_image, images, state, partial, lot) VALUES (?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    shard.role.rawValue, first, first.distance(to: end),
                    isOut || shard.isCommitted ? "committed" : "pending", isOut ? nil : partial, shard.lot,
                ])
            if isOut {
                try database.execute(
                    sql: """
                        UPDATE images SET excluded = 1, status = NULL, reason = NULL WHERE id >= ? AND id < ?
                        """, arguments: [first, end])
            }
            first = end
        }
    }

    /// Those of one lot come one after the other, and share no shard with those of others.
    private static func insertCopies(of images: Set<ImageID>, shardSize: Int, _ database: Database) throws {
        guard !images.isEmpty else { return }
        var found: [(record: ImageRecord, lot: Int?)] = []
        for id in images.sorted() {
            let row = try Row.fetchOne(
                database,
                sql: """
                    SELECT images.*, shards.lot AS shard_lot FROM images JOIN shards
                    ON images.id >= first_image AND images.id < first_image + shards.images WHERE images.id = ?
                    """, arguments: [id])
            guard let row else { throw JournalError.inconsistent("image \(id) is in no shard") }
            let record = try ImageRecord(row: row)
            found.append(
                (
                    ImageRecord(path: record.path, location: record.location, output: record.output),
                    try row.get("shard_lot")
                ))
        }
        found.sort { $0.lot ?? -1 < $1.lot ?? -1 }
        var shards: [NewShard] = []
        for (_, lot) in found {
            if let last = shards.last, last.lot == lot, last.images < shardSize {
                shards[shards.count - 1] = NewShard(images: last.images + 1, lot: lot)
            } else {
                shards.append(NewShard(images: 1, lot: lot))
            }
        }
        let first = try insert(found.map(\.record), .excluding, database)
        try insertShards(shards, .excluding, first: first, database)
    }

    /// - Returns: how many images fewer there are.
    private static func replace(
        _ partials: [PartialID], withRest rest: PartialRecord?, _ database: Database
    ) throws -> Int {
        var images = 0
        var first: CommittedPartial?
        for id in partials {
            let row = try Row.fetchOne(database, sql: "SELECT * FROM partials WHERE id = ?", arguments: [id])
            guard let row else { throw JournalError.unknownPartials([id]) }
            let old = try CommittedPartial(row: row)
            guard old.role == .normal, first?.isOfSameLot(as: old) ?? true else {
                throw JournalError.inconsistent("partials of several roles or lots have no common rest: \(partials)")
            }
            first = old
            images += old.record.images
        }
        guard let first else { throw JournalError.inconsistent("images are taken out of no partials") }
        let new = try rest.map { try insert($0, .normal, lot: first.lot, database) }
        for id in partials {
            try database.execute(sql: "UPDATE shards SET partial = ? WHERE partial = ?", arguments: [new, id])
            try database.execute(sql: "DELETE FROM partials WHERE id = ?", arguments: [id])
        }
        let counted = try Int.fetchOne(
            database,
            sql: """
                SELECT count(*) FROM images JOIN shards ON images.id >= first_image AND images.id < first_image + shards.images
                WHERE partial IS ? AND shards.role = 'normal' AND status = 'ok'
                """, arguments: [new])
        guard new == nil || counted == rest?.images else {
            throw JournalError.inconsistent("sums of \(rest?.images ?? 0) images came for \(counted ?? 0)")
        }
        return images - (rest?.images ?? 0)
    }
}
