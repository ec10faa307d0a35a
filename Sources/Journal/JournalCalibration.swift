import Foundation
import GRDB
import Storage

/// Images of a fit that its model is tried on: rows of their own, of the role `calibration`.
extension Journal {
    /// Calls `body` with every image of a role that is in the sums, in the list's order. Memory does not grow with their number.
    public func forEachFoldedImage(_ role: ImageRole, _ body: (JobImage) throws -> Void) throws {
        try read { database in
            let rows = try Row.fetchCursor(
                database, sql: "SELECT * FROM images WHERE role = ? AND status = 'ok' ORDER BY id",
                arguments: [role.rawValue])
            while let row = try rows.next() {
                try body(JobImage(id: try row.get("id"), record: try ImageRecord(row: row)))
            }
        }
    }

    /// The digests of the contents of all images of a role that are in the sums, ascending.
    /// - Returns: nil where one is not known: a release before 0.3 folded it.
    public func contents(_ role: ImageRole) throws -> [ContentDigest]? {
        try read { database in
            let rows = try Row.fetchCursor(
                database, sql: "SELECT digest FROM images WHERE role = ? AND status = 'ok' ORDER BY digest",
                arguments: [role.rawValue])
            var digests: [ContentDigest] = []
            while let row = try rows.next() {
                guard let digest = try row.contentDigest() else { return nil }
                digests.append(digest)
            }
            return digests
        }
    }

    /// The image with the k-th smallest digest of content among those of a role that are in the sums, counted from 1; equal ones by their
    /// numbers. Those up to it are a sample that depends on nothing but the contents.
    public func content(ofRank rank: Int, _ role: ImageRole) throws -> (digest: ContentDigest, image: ImageID)? {
        try read { database in
            let row = try Row.fetchOne(
                database,
                sql: """
                    SELECT digest, id FROM images WHERE role = ? AND status = 'ok' AND digest IS NOT NULL
                    ORDER BY digest, id LIMIT 1 OFFSET ?
                    """, arguments: [role.rawValue, rank - 1])
            guard let row, let digest = try row.contentDigest() else { return nil }
            return (digest, try row.get("id"))
        }
    }

    /// Writes down which lots images belong to.
    /// - Parameter lots: ranges of images' numbers, and the lot of each.
    public func setLots(_ lots: [(images: ClosedRange<ImageID>, lot: Int)], _ role: ImageRole) throws {
        try write { database in
            try database.execute(sql: "UPDATE images SET lot = NULL WHERE role = ?", arguments: [role.rawValue])
            let statement = try database.makeStatement(
                sql: "UPDATE images SET lot = ? WHERE role = ? AND id BETWEEN ? AND ?")
            for (images, lot) in lots {
                try statement.execute(arguments: [lot, role.rawValue, images.lowerBound, images.upperBound])
            }
        }
    }

    /// How many images of each lot are in the sums; lots without any are not in it.
    public func lotSizes(_ role: ImageRole) throws -> [Int: Int] {
        try read { database in
            let rows = try Row.fetchAll(
                database,
                sql: """
                    SELECT lot, count(*) AS images FROM images WHERE role = ? AND status = 'ok' AND lot IS NOT NULL GROUP BY lot
                    """, arguments: [role.rawValue])
            var sizes: [Int: Int] = [:]
            for row in rows {
                if let lot = try row.lot() { sizes[lot] = Int(try row.count("images")) }
            }
            return sizes
        }
    }

    /// The lots of the images of a role that are in the sums, in the order in which these first have them.
    public func lotOrder(_ role: ImageRole) throws -> [Int] {
        try read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT lot FROM images WHERE role = ? AND status = 'ok' AND lot IS NOT NULL GROUP BY lot ORDER BY min(id)
                    """, arguments: [role.rawValue]
            ).compactMap { try $0.lot() }
        }
    }

    /// The images of a lot that are in the sums, in the list's order.
    public func images(ofLot lot: Int, _ role: ImageRole) throws -> [JobImage] {
        try read { database in
            try Row.fetchAll(
                database, sql: "SELECT * FROM images WHERE role = ? AND lot = ? AND status = 'ok' ORDER BY id",
                arguments: [role.rawValue, lot]
            ).map { JobImage(id: try $0.get("id"), record: try ImageRecord(row: $0)) }
        }
    }

    /// What a stage's work gave for the whole of a committed shard; empty where it gave nothing.
    public func payload(ofShard id: ShardID) throws -> [UInt8] {
        try read { database in
            let row = try Row.fetchOne(
                database, sql: "SELECT payload FROM shards WHERE id = ? AND state = 'committed'", arguments: [id])
            guard let row else { throw JournalError.unknownShards([id]) }
            let payload: Data? = try row.get("payload")
            return payload.map { Array($0) } ?? []
        }
    }

    /// Forgets the images of a role, their shards and results: they are to be taken up anew.
    public func forgetImages(_ role: ImageRole) throws {
        try write { database in
            try database.execute(sql: "DELETE FROM shards WHERE role = ?", arguments: [role.rawValue])
            try database.execute(sql: "DELETE FROM images WHERE role = ?", arguments: [role.rawValue])
            try Self.forget(JournalKey<Digest>("images of \(role.rawValue)"), database)
            try Self.forget(Self.sourcesKey(role), database)
        }
    }
}
