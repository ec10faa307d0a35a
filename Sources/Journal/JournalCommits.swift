import Foundation
import GRDB
import Storage

extension Journal {
    /// Makes the images of these shards count: from here on they are in the sums, once.
    ///
    /// The partial's file must be on the disk, synced, before this is called.
    /// - Parameters:
    ///   - partial: the sums of all images of these shards that did not fail; nil if all of them failed.
    ///   - shards: pending shards, all of one lot: it is the partial's too.
    ///   - role: of their images.
    ///   - failures: images of these shards that could not be read.
    ///   - poison: those that ended workers. All others become ok.
    ///   - contents: the digests of the others' contents, as far as they are known.
    ///   - fingerprints: of the shards' images, where there is an audit.
    /// - Returns: the partial's number, or nil without a partial.
    /// - Throws: ``JournalError/alreadyCommitted(shards:)`` (the fence), ``JournalError/unknownShards(_:)``,
    ///   ``JournalError/inconsistent(_:)`` if the partial's count is not that of the images, or the shards are of several lots; nothing is
    ///   changed then.
    @discardableResult
    public func commit(
        partial: PartialRecord?, shards ids: [ShardID], role: ImageRole, failures: [ImageFailure],
        poison: [ImageFailure] = [], contents: [ImageID: ContentDigest] = [:],
        fingerprints: [ShardID: Fingerprint] = [:]
    ) throws -> PartialID? {
        try write { database in
            let shards = try Self.pendingShards(ids, database)
            try Self.check(shards, role: role)
            let skipped = failures + poison
            try Self.check(skipped, of: shards)
            let counted = shards.reduce(0) { $0 + $1.images } - skipped.count
            guard counted == partial?.images ?? 0, !shards.isEmpty else {
                throw JournalError.inconsistent(
                    "a partial of \(partial?.images ?? 0) images came for shards that have \(counted)")
            }
            guard shards.allSatisfy({ $0.lot == shards[0].lot }) else {
                throw JournalError.inconsistent("a partial came for shards of several lots: \(ids)")
            }
            let id = try partial.map { try Self.insert($0, role, lot: shards[0].lot, database) }
            try Self.record(failures, .unreadable, database)
            try Self.record(poison, .poison, database)
            try Self.record(contents, of: shards, database)
            for shard in shards {
                try database.execute(
                    sql: "UPDATE images SET status = 'ok' WHERE id >= ? AND id < ? AND status IS NULL",
                    arguments: [shard.firstImage, shard.endImage])
            }
            try Self.markCommitted(ids, partial: id, database)
            try Self.record(fingerprints.filter { ids.contains($0.key) }, database)
            return id
        }
    }

    /// Records what was found in the images of a shard: the shard is done.
    /// - Parameters:
    ///   - role: of the shard's images.
    ///   - results: one an image of the shard, in any order.
    ///   - payload: what the stage's work gave for the whole shard.
    ///   - maker: who scored the images.
    /// - Throws: as ``commit(partial:shards:role:failures:poison:contents:)``.
    public func commitResults(
        shard id: ShardID, role: ImageRole, results: [ImageResult], payload: [UInt8]? = nil, maker: ResultMaker? = nil
    ) throws {
        try write { database in
            let shards = try Self.pendingShards([id], database)
            try Self.check(shards, role: role)
            try Self.check(results, of: shards[0])
            let statement = try database.cachedStatement(
                sql: """
                    UPDATE images SET status = ?, reason = ?, score = ?, max_row = ?, max_col = ?, image_row = ?, image_col = ?,
                        flagged = ?, map_path = ?, digest = coalesce(?, digest)
                    WHERE id = ?
                    """)
            for result in results {
                try statement.execute(arguments: [
                    result.status.rawValue, result.reason, result.score.map { Double($0) }, result.maxRow,
                    result.maxColumn, result.imageRow, result.imageColumn, result.flagged.map { $0 ? 1 : 0 },
                    result.mapPath, result.digest.map { Data($0.bytes) }, result.image,
                ])
            }
            try Self.markCommitted([id], partial: nil, database)
            if let maker {
                try database.cachedStatement(sql: "UPDATE shards SET scored_by = ?, scored_set = ? WHERE id = ?")
                    .execute(arguments: [maker.worker, maker.instructionSet, id])
            }
            if let payload {
                try database.execute(
                    sql: "UPDATE shards SET payload = ? WHERE id = ?", arguments: [Data(payload), id])
            }
        }
    }

    /// Records which contents the images of a shard have: the shard is done, and nothing was made of them.
    /// - Parameters:
    ///   - failures: images of the shard that could not be read.
    ///   - poison: those that ended workers. All others become ok.
    ///   - contents: the digest of each of the others' contents.
    /// - Throws: as ``commit(partial:shards:role:failures:poison:contents:)``.
    public func commitContents(
        shard id: ShardID, role: ImageRole, failures: [ImageFailure], poison: [ImageFailure] = [],
        contents: [ImageID: ContentDigest]
    ) throws {
        try write { database in
            let shards = try Self.pendingShards([id], database)
            try Self.check(shards, role: role)
            let skipped = failures + poison
            try Self.check(skipped, of: shards)
            guard contents.count + skipped.count == shards[0].images,
                skipped.allSatisfy({ contents[$0.id] == nil })
            else {
                throw JournalError.inconsistent(
                    "\(contents.count) contents and \(skipped.count) failures are not one of each image of shard \(id)")
            }
            try Self.record(failures, .unreadable, database)
            try Self.record(poison, .poison, database)
            try Self.record(contents, of: shards, database)
            try database.execute(
                sql: "UPDATE images SET status = 'ok' WHERE id >= ? AND id < ? AND status IS NULL",
                arguments: [shards[0].firstImage, shards[0].endImage])
            try Self.markCommitted([id], partial: nil, database)
        }
    }

    private static func record(
        _ contents: [ImageID: ContentDigest], of shards: [ShardRecord], _ database: Database
    ) throws {
        let statement = try database.cachedStatement(sql: "UPDATE images SET digest = ? WHERE id = ?")
        for (image, digest) in contents {
            guard shards.contains(where: { $0.contains(image) }) else {
                throw JournalError.inconsistent("image \(image) is not one of the shards that its content came with")
            }
            try statement.execute(arguments: [Data(digest.bytes), image])
        }
    }

    private static func markCommitted(_ ids: [ShardID], partial: PartialID?, _ database: Database) throws {
        let statement = try database.cachedStatement(
            sql: "UPDATE shards SET state = 'committed', partial = ? WHERE id = ?")
        for id in ids { try statement.execute(arguments: [partial, id]) }
    }

    private static func record(_ failures: [ImageFailure], _ status: ImageStatus, _ database: Database) throws {
        let statement = try database.cachedStatement(sql: "UPDATE images SET status = ?, reason = ? WHERE id = ?")
        for failure in failures {
            try statement.execute(arguments: [status.rawValue, failure.reason, failure.id])
        }
    }

    private static func check(_ shards: [ShardRecord], role: ImageRole) throws {
        guard let wrong = shards.first(where: { $0.role != role }) else { return }
        throw JournalError.inconsistent(
            "shard \(wrong.id) is one of \(wrong.role.label) images, not of \(role.label) ones")
    }

    private static func check(_ failures: [ImageFailure], of shards: [ShardRecord]) throws {
        guard Set(failures.map(\.id)).count == failures.count else {
            throw JournalError.inconsistent("an image failed twice in one commit")
        }
        for failure in failures {
            guard shards.contains(where: { $0.contains(failure.id) }) else {
                throw JournalError.inconsistent("image \(failure.id) is not one of the shards that it failed in")
            }
        }
    }

    private static func check(_ results: [ImageResult], of shard: ShardRecord) throws {
        guard results.count == shard.images, Set(results.map(\.image)).count == shard.images,
            results.allSatisfy({ shard.contains($0.image) })
        else { throw JournalError.inconsistent("the results of shard \(shard.id) are not one of each of its images") }
        for result in results where result.status == .ok {
            guard let score = result.score, score.isFinite else {
                throw JournalError.inconsistent("image \(result.image) has no finite score")
            }
        }
    }
}
