import Foundation
import GRDB

extension Journal {
    /// Counts the starts of this job's coordinator.
    /// - Returns: a number greater than every earlier one, below 2^22, on the disk before it is returned.
    public func beginEpoch() throws -> Int64 {
        try write { database in
            let last = try Self.value(.epoch, database) ?? 0
            guard (0..<Self.epochs - 1).contains(last) else {
                throw JournalError.inconsistent("the journal's count of \(last) starts is not possible")
            }
            try Self.set(.epoch, to: last + 1, database)
            return last + 1
        }
    }

    private static let epochs: Int64 = 1 << 22

    /// A value that the job fixed earlier, or nil.
    public func value<Value>(_ key: JournalKey<Value>) throws -> Value? {
        try read { try Self.value(key, $0) }
    }

    /// Fixes a value, or gives it another.
    public func set<Value>(_ key: JournalKey<Value>, to value: Value) throws {
        try write { try Self.set(key, to: value, $0) }
    }

    /// Takes a value back: it is to be fixed again.
    public func forget<Value>(_ key: JournalKey<Value>) throws {
        try write { try Self.forget(key, $0) }
    }

    static func forget<Value>(_ key: JournalKey<Value>, _ database: Database) throws {
        try database.execute(sql: "DELETE FROM meta WHERE key = ?", arguments: [key.name])
    }

    /// Records what the job is, if nothing is recorded yet.
    /// - Returns: what is recorded.
    static func adopt(_ job: JobRecord, _ database: Database) throws -> JobRecord {
        if let stored = try storedJob(database) { return stored }
        try set(JournalKey("job"), to: job, database)
        return job
    }

    static func storedJob(_ database: Database) throws -> JobRecord? {
        try value(JournalKey<JobRecord>("job"), database)
    }

    static func value<Value>(_ key: JournalKey<Value>, _ database: Database) throws -> Value? {
        let text = try String.fetchOne(database, sql: "SELECT value FROM meta WHERE key = ?", arguments: [key.name])
        guard let text else { return nil }
        do {
            return try JSONDecoder().decode(Value.self, from: Data(text.utf8))
        } catch {
            throw JournalError.inconsistent(
                "the journal's value of '\(key.name)' is not understood: \(text.prefix(200))")
        }
    }

    static func set<Value>(_ key: JournalKey<Value>, to value: Value, _ database: Database) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let text = String(decoding: try encoder.encode(value), as: UTF8.self)
        try database.execute(
            sql: "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            arguments: [key.name, text])
    }
}

extension Journal {
    /// How SQLite syncs this connection's commits: 2 is FULL, every commit on the disk before it returns.
    package func synchronousMode() throws -> Int? {
        try write { try Int.fetchOne($0, sql: "PRAGMA synchronous") }
    }
}
