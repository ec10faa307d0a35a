import GRDB

extension Journal {
    /// Flags a role's images by their scores and records the threshold as the job's, in one transaction. Nothing is scored again.
    /// - Parameter threshold: an image that scores at least this much is flagged.
    /// - Returns: how many images are flagged.
    @discardableResult
    public func flag(_ role: ImageRole, atLeast threshold: Float) throws -> Int {
        try write { database in
            // A Float32 is the same number as a Double, in which SQLite compares.
            try database.execute(
                sql: "UPDATE images SET flagged = (score >= ?) WHERE role = ? AND score IS NOT NULL",
                arguments: [Double(threshold), role.rawValue])
            try Self.set(.threshold, to: threshold, database)
            return try Self.flagged(role, database)
        }
    }

    /// How many of a role's images are flagged.
    public func flagged(_ role: ImageRole) throws -> Int { try read { try Self.flagged(role, $0) } }

    private static func flagged(_ role: ImageRole, _ database: Database) throws -> Int {
        try Int.fetchOne(
            database, sql: "SELECT count(*) FROM images WHERE role = ? AND flagged = 1", arguments: [role.rawValue])
            ?? 0
    }

    /// Forgets the maps of a role's images that are not flagged: their files may be removed after this returns.
    public func forgetMapsOfUnflagged(_ role: ImageRole) throws {
        try write {
            try $0.execute(
                sql: "UPDATE images SET map_path = NULL WHERE role = ? AND flagged = 0", arguments: [role.rawValue])
        }
    }

    /// Opens the journal of a job that is there, to change it, and takes the job for this process.
    /// - Throws: ``JournalError``: there is no job; it is locked; its format is newer; the file is damaged.
    public static func reopen(_ directory: JobDirectory) throws -> Journal {
        let found = try read(directory)
        let job = found.job
        try found.close()
        return try open(directory, job: job)
    }
}
