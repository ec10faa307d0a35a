import GRDB
import Storage

/// What is remembered of shards that workers, or the coordinator itself, ended with.
extension Journal {
    /// Notes that a worker died over these shards; committed ones are left alone. No worker has them from here on: if the
    /// coordinator ends next, the same death must not count twice.
    public func addAttempt(toShards ids: [ShardID]) throws {
        try write { database in
            try Self.addAttempt(ids, database)
            let inFlight = try Self.value(.inFlight, database) ?? []
            let left = inFlight.filter { !ids.contains($0) }
            if left != inFlight { try Self.set(.inFlight, to: left, database) }
        }
    }

    /// Notes the shards that are in workers' hands, in the place of those noted before.
    public func recordInFlight(_ ids: [ShardID]) throws { try set(.inFlight, to: ids) }

    /// Notes that the coordinator ends in order: nothing is in hand, and nobody is to blame.
    public func recordEnd() throws {
        try write { database in
            try Self.set(.inFlight, to: [], database)
            try Self.set(.ended, to: try Self.value(.epoch, database) ?? 0, database)
        }
    }

    /// Whether the last coordinator ended without recording it: killed, or by an image that took it down before the disk knew that it was in
    /// hand. To be asked before the next epoch begins.
    public func wasCutOff() throws -> Bool {
        try read { database in
            let epoch = try Self.value(.epoch, database) ?? 0
            return epoch > (try Self.value(.ended, database) ?? 0)
        }
    }

    /// Counts an attempt for every shard that was in workers' hands when the last coordinator ended: whatever ended it, one of
    /// their images may have. To be called once by each coordinator that starts; one that ended in order left none.
    /// - Returns: the shards.
    @discardableResult
    public func blameShardsInFlight() throws -> [ShardID] {
        try write { database in
            let ids = try Self.value(.inFlight, database) ?? []
            guard !ids.isEmpty else { return [] }
            try Self.addAttempt(ids, database)
            try Self.set(.inFlight, to: [], database)
            return ids
        }
    }

    private static func addAttempt(_ ids: [ShardID], _ database: Database) throws {
        let statement = try database.makeStatement(
            sql: "UPDATE shards SET attempts = attempts + 1 WHERE id = ? AND state = 'pending'")
        for id in ids { try statement.execute(arguments: [id]) }
    }
}

extension JournalKey where Value == Int64 {
    /// How often a coordinator started.
    static var epoch: Self { Self("epoch") }
    /// The epoch that ended in order last.
    static var ended: Self { Self("ended") }
}

extension JournalKey where Value == [ShardID] {
    /// The shards in workers' hands.
    static var inFlight: Self { Self("in-hand") }
}
