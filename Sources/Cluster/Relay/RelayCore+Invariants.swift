extension RelayCore {
    /// Looks whether the parts of the state agree with each other, as they must after every event.
    /// - Returns: what does not hold, in words; nil where all does.
    package func checkInvariants() -> String? {
        if let broken = parent.checkInvariants() { return "the side of a worker: \(broken)" }
        if let broken = workers.checkInvariants() { return "the side of a coordinator: \(broken)" }
        var invariants = Invariants()
        let open = held.values.filter { $0.report == nil }.map(\.lease)
        invariants.require(
            Set(open) == parent.working && open.count == parent.working.count,
            "the leases in hand are \(parent.working), and shards are held under \(open)")
        invariants.require(images.isConsistent, "the pieces of images under way are not those that were asked for")
        for (id, entry) in held {
            invariants.require(
                workers.shards[id]?.range == entry.range, "shard \(id) is held, and its workers know nothing of it")
        }
        return invariants.broken
    }
}
