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
        // A relay has one place for each map: those of two workers would take turns in it.
        guard let stage, stage.work.sums == nil, isOfJournal, !(isOpenEnded && makesArtifacts), shards.pending == 0,
            let worker = workers[address],
            worker.leases.isEmpty, worker.superseded.isEmpty
        else { return }
        if overdue.isLookDue(now, every: limits.overdueLookEvery) { lookForOverdue() }
        while let id = overdue.next(for: worker.instructionSet) {
            guard let entry = shards[id], overdueTime(entry) != nil, let dealt = entry.dealt,
                isSafeToDealTwice(entry, dealt.to), dealt.to != worker.session
            else { continue }
            let lease = LeaseID(rawValue: nextNumber())
            shards.dealSpare(id, lease: lease, to: worker.session)
            give(entry.range, lease, to: address, isFirst: true)
            note(.overdue(shard: id, name: worker.name))
            return
        }
    }

    /// Looks at all that is in hand, which takes time in its number: so all idle workers share what is found.
    private mutating func lookForOverdue() {
        var found: [(instructionSet: String, shard: ShardID, time: Int64)] = []
        for id in inFlight.all {
            guard let entry = shards[id], let time = overdueTime(entry), let session = entry.dealt?.to,
                isSafeToDealTwice(entry, session), let first = worker(session)
            else { continue }
            found.append((first.instructionSet, id, time))
        }
        overdue.set(found, looked: inFlight.all.count)
    }

    /// For how long a shard, which no second worker has, has been overdue; nil where it is not.
    private func overdueTime(_ entry: ShardTable.Entry) -> Int64? {
        guard entry.spare == nil, let dealt = entry.dealt, let usual = pace.time(of: dealt.images) else { return nil }
        let time = now.since(dealt.at) - limits.spareAfterTimes.multipliedOrMost(by: usual) - limits.spareAfter
        return time > 0 ? time : nil
    }

    private var makesArtifacts: Bool {
        if case .inspect(_, _, let order)? = stage?.work { order.hasArtifacts } else { false }
    }

    private func worker(_ session: SessionID) -> WorkerRecord? {
        workers.address(ofSession: session).flatMap { workers[$0] }
    }

    /// Whether a second worker of the same instruction set would do the same, and be in no danger. One of another set may give other bits, and
    /// chance would say which of them count.
    private func isSafeToDealTwice(_ entry: ShardTable.Entry, _ session: SessionID) -> Bool {
        guard entry.deaths == 0, !entry.isInherited, entry.unconfirmedSession == nil, let first = worker(session),
            case .dealt(let lease) = entry.state
        else { return false }
        return first.leases[lease]?.lastSent != nil
    }

    /// A shard is done. Whoever else has it is held to nothing any more.
    mutating func supersede(_ shard: ShardRange) {
        guard let entry = shards[shard.id], entry.spare != nil else { return }
        let addresses = [entry.dealt?.to, entry.spareTo].compactMap { $0.flatMap(workers.address(ofSession:)) }
        for number in shards.leases(of: shard.id) {
            guard let address = addresses.first(where: { workers[$0]?.leases[number] != nil }) else { continue }
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

/// Shards that take longer than they should, as one look at all that is in hand found them.
struct OverdueShards: Sendable {
    /// By the instruction set of the worker that has them, the longest overdue last.
    private var waiting: [String: [ShardID]] = [:]
    private var nextLook = Instant.start
    /// How many shards were looked at.
    private(set) var looked = 0

    /// Whether it is time for another look. If so, the one after it is due later.
    mutating func isLookDue(_ now: Instant, every interval: Int64) -> Bool {
        guard now >= nextLook else { return false }
        nextLook = Instant(milliseconds: now.milliseconds + interval)
        return true
    }

    mutating func set(_ found: [(instructionSet: String, shard: ShardID, time: Int64)], looked count: Int) {
        looked += count
        // Of equally late ones the first is next, so that the same events give the same directives.
        waiting = Dictionary(grouping: found.sorted { ($0.time, $1.shard) < ($1.time, $0.shard) }, by: \.instructionSet)
            .mapValues { $0.map(\.shard) }
    }

    /// Takes the shard that was longest overdue, which may be done by now.
    mutating func next(for instructionSet: String) -> ShardID? { waiting[instructionSet]?.popLast() }
}

extension Int64 {
    fileprivate func multipliedOrMost(by other: Int64) -> Int64 {
        let (product, overflow) = multipliedReportingOverflow(by: other)
        return overflow ? .max / 4 : Swift.min(product, .max / 4)
    }
}
