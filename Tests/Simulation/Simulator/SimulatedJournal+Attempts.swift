/// What is remembered of shards that workers, or the coordinator itself, ended with.
extension SimulatedJournal {
    package mutating func addAttempt(toShards ids: [Int64]) {
        for id in ids where shards[id]?.isCommitted == false { shards[id]?.attempts += 1 }
        inHand.removeAll(where: ids.contains)
    }

    package mutating func recordInHand(_ ids: [Int64]) { inHand = ids }

    @discardableResult
    package mutating func blameShardsInHand() -> [Int64] {
        let blamed = inHand
        addAttempt(toShards: blamed)
        inHand = []
        return blamed
    }

    /// For a flaw: deaths live in memory only.
    mutating func forgetAttempts() { for id in shards.keys { shards[id]?.attempts = 0 } }
}

extension [SimulatedJournal.Shard] {
    /// As the core is told of them.
    var deaths: [Int64: Int] {
        Dictionary(filter { $0.attempts > 0 }.map { ($0.range.id, $0.attempts) }) { first, _ in first }
    }
}
