import GRDB
import Storage

extension Journal {
    /// How many images of a role stand how.
    public func counts(_ role: ImageRole) throws -> ImageCounts {
        try read { database in
            var counts = ImageCounts()
            let rows = try Row.fetchCursor(
                database,
                sql: "SELECT status, excluded, count(*) AS images FROM images WHERE role = ? GROUP BY status, excluded",
                arguments: [role.rawValue])
            while let row = try rows.next() {
                let images: Int = try row.get("images")
                counts.set(images, try row.status())
            }
            return counts
        }
    }

    /// Calls `body` with every image of a role, in the list's order, as it stands at one moment. Memory does not grow with
    /// their number.
    public func forEachImage(_ role: ImageRole, _ body: (ImageRow) throws -> Void) throws {
        try read { database in
            let sources = try SourceTable(role, database)
            let rows = try Row.fetchCursor(
                database, sql: "SELECT * FROM images WHERE role = ? ORDER BY id", arguments: [role.rawValue])
            while let row = try rows.next() { try body(try ImageRow(row: row, sources)) }
        }
    }

    /// Images of a role in the list's order, so many at a time.
    /// - Parameter after: the last one that was had before; nil: from the first on.
    public func images(_ role: ImageRole, after: ImageID?, limit: Int) throws -> [ImageRow] {
        try read { database in
            let sources = try SourceTable(role, database)
            return try Row.fetchAll(
                database, sql: "SELECT * FROM images WHERE role = ? AND id > ? ORDER BY id LIMIT ?",
                arguments: [role.rawValue, after ?? ImageID(rawValue: -1), limit]
            ).map { try ImageRow(row: $0, sources) }
        }
    }

    /// Images of a role by their numbers, in the order of these. One that is not there is left out.
    public func images(_ ids: [ImageID], _ role: ImageRole) throws -> [ImageRow] {
        try read { database in
            let sources = try SourceTable(role, database)
            let statement = try database.makeStatement(sql: "SELECT * FROM images WHERE role = ? AND id = ?")
            return try ids.compactMap { id in
                try Row.fetchOne(statement, arguments: [role.rawValue, id]).map { try ImageRow(row: $0, sources) }
            }
        }
    }

    /// The images that were skipped, in the list's order.
    /// - Parameter limit: the most to return.
    public func failures(_ role: ImageRole, limit: Int = .max) throws -> [ImageRow] {
        try rows(
            "SELECT * FROM images WHERE role = ? AND status IN ('unreadable', 'poison') ORDER BY id LIMIT ?", role,
            limit)
    }

    /// Those of them that stand before an image in the list.
    public func failures(_ role: ImageRole, before end: ImageID) throws -> [ImageRow] {
        try read { database in
            let sources = try SourceTable(role, database)
            return try Row.fetchAll(
                database,
                sql: """
                    SELECT * FROM images WHERE role = ? AND id < ? AND status IN ('unreadable', 'poison') ORDER BY id
                    """, arguments: [role.rawValue, end]
            ).map { try ImageRow(row: $0, sources) }
        }
    }

    /// The images of a role with the highest scores, highest first; equal ones in the list's order.
    public func highestScores(_ role: ImageRole = .inspect, limit: Int) throws -> [ImageRow] {
        try rows(
            "SELECT * FROM images WHERE role = ? AND score IS NOT NULL ORDER BY score DESC, id LIMIT ?", role, limit
        )
    }

    private func rows(_ sql: String, _ role: ImageRole, _ limit: Int) throws -> [ImageRow] {
        try read { database in
            let sources = try SourceTable(role, database)
            return try Row.fetchAll(database, sql: sql, arguments: [role.rawValue, limit]).map {
                try ImageRow(row: $0, sources)
            }
        }
    }
}
