import Storage

/// How long workers take for an image, from what they reported in a stage.
struct Pace: Sendable {
    private var images = 0
    private var milliseconds: Int64 = 0

    mutating func add(images: Int, milliseconds: Int64) {
        self.images += images
        self.milliseconds += max(0, milliseconds)
    }

    /// What so many images take, in milliseconds; nil before anything was reported.
    func time(of images: Int) -> Int64? {
        self.images > 0 ? milliseconds * Int64(images) / Int64(self.images) : nil
    }
}

/// The end of a stage: when nothing is left to deal, a worker that has nothing to do gets a shard that another has had for longer than it
/// should take. The first report counts; what the other says of it is acknowledged, and nothing else.
///
/// Only where each shard has results of its own. Sums hold many shards folded together: a shard that two workers fold would be in the sums
/// of both, and could not be taken out of either.
extension CoordinatorCore {
    /// Deals an idle worker what is overdue elsewhere.
    mutating func dealSpare(to address: WorkerAddress) {
        guard let stage, stage.work.sums == nil, shards.pending == 0, let worker = workers[address],
            worker.leases.isEmpty, worker.superseded.isEmpty, let shard = mostOverdue(for: worker)
        else { return }
        let lease = LeaseID(rawValue: nextNumber())
        shards.dealSpare(shard.id, lease: lease)
        give(shard, lease, to: address, isFirst: true)
        note(.overdue(shard: shard.id, name: worker.name))
    }

    /// The shard that is longest overdue, of those that a worker may do as well.
    private func mostOverdue(for worker: WorkerRecord) -> ShardRange? {
        var longest: (shard: ShardRange, time: Int64)?
        for id in inFlight.all {
            guard let entry = shards[id], entry.spare == nil, let dealt = entry.dealt,
                let usual = pace.time(of: dealt.images)
            else { continue }
            let time = now.since(dealt.at) - limits.spareAfterTimes.multipliedOrMost(by: usual) - limits.spareAfter
            guard time > longest?.time ?? 0, isSafeToDealTwice(entry, dealt.to, worker) else { continue }
            longest = (entry.range, time)
        }
        return longest?.shard
    }

    /// Whether a second worker would do the same, and be in no danger. One of another instruction set may give other bits: what it writes
    /// would not be what is there already.
    private func isSafeToDealTwice(_ entry: ShardTable.Entry, _ session: SessionID, _ worker: WorkerRecord) -> Bool {
        guard entry.deaths == 0, !entry.isInherited, entry.unconfirmedSession == nil, session != worker.session,
            let first = workers.address(ofSession: session).flatMap({ workers[$0] })
        else { return false }
        return first.instructionSet == worker.instructionSet
            && shards.leases(of: entry.range.id).allSatisfy { first.leases[$0]?.lastSent != nil }
    }

    /// A shard is done. Whoever else has it is held to nothing any more.
    mutating func supersede(_ shard: ShardRange) {
        guard shards[shard.id]?.spare != nil else { return }
        for number in shards.leases(of: shard.id) {
            guard let address = workers.inOrder.first(where: { workers[$0]?.leases[number] != nil }) else { continue }
            workers.update(address) { worker in
                guard let lease = worker.leases.removeValue(forKey: number) else { return }
                // What it was not told of it does not do.
                if lease.lastSent != nil { worker.superseded[number] = (lease, now) }
                worker.progressed = now
            }
            untold[number] = nil
        }
        shards.forgetSpare(shard.id)
        inFlight.remove(shard.id)
    }
}

extension Int64 {
    fileprivate func multipliedOrMost(by other: Int64) -> Int64 {
        let (product, overflow) = multipliedReportingOverflow(by: other)
        return overflow ? .max / 4 : Swift.min(product, .max / 4)
    }
}
