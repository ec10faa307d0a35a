import Storage

/// Decides whether to believe a worker that reports every image of a shard as unusable.
extension CoordinatorCore {
    /// Decides whether to believe that none of a shard's images can be used. It may be the worker that sees no images at all: then
    /// another one is asked, if there is one, and the first is believed only if that one says the same.
    mutating func confirmFailures(
        _ shard: ShardRange, _ lease: LeaseID, failures: [ImageFailure], _ address: WorkerAddress
    ) -> Bool {
        guard failures.count == shard.count, let worker = workers[address], let number = stage?.number else {
            return true
        }
        func tell() {
            guard worker.blindFor != number else { return }
            workers.update(address) { $0.blindFor = number }
            note(.sawNothing(name: worker.name, shard: shard.id, images: shard.count, reason: failures[0].reason))
        }
        let others = workers.values.contains { $0.session != worker.session && $0.ineligibleFor != number }
        if let first = shards[shard.id]?.unconfirmedSession, first != worker.session {
            // Two say so. The first was right after all.
            if let other = workers.address(ofSession: first) { believe(other) }
            tell()
            return true
        }
        guard others else {
            tell()
            return true
        }
        shards.markUnconfirmed(shard.id, session: worker.session, lease: lease)
        workers.update(address) { worker in
            worker.ineligibleFor = number
            worker.isUnconfirmed = true
        }
        if worker.ineligibleFor != number {
            note(.unconfirmed(name: worker.name, shard: shard.id, images: shard.count, reason: failures[0].reason))
        }
        return false
    }

    /// The workers that were to confirm a report are gone, or can do nothing themselves: the worker that made it works on, and is
    /// believed if no other comes.
    mutating func confirmTheLast() {
        guard let number = stage?.number, workers.contains(where: \.isUnconfirmed),
            !workers.contains(where: { $0.ineligibleFor != number })
        else { return }
        for address in workers.inOrder where workers[address]?.isUnconfirmed == true { believe(address) }
    }

    private mutating func believe(_ address: WorkerAddress) {
        workers.update(address) {
            $0.ineligibleFor = nil
            $0.isUnconfirmed = false
        }
    }
}
