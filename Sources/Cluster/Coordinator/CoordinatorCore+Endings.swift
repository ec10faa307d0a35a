import Storage

/// How sessions end: by silence, by work that does not go on, by leaving.
extension CoordinatorCore {
    /// Whether a time at which a session may be over has come is looked for at least so often.
    private static let lookEvery: Int64 = 1_000

    mutating func expireSilentSessions() {
        guard now >= nextExpiry else { return }
        // Who comes later, or is heard of, is over later than anybody here.
        nextExpiry = now.advanced(by: min(Self.lookEvery, limits.deadAfter))
        let (number, moment, limits) = (stage?.number, now, limits)
        var next = nextExpiry
        var over: [WorkerAddress] = []
        workers.updateAll { worker in
            let isSilent = moment.since(worker.lastReceived) >= limits.deadAfter
            let isStuck = moment.since(worker.progressed) >= limits.stuckAfter && worker.owes(number)
            if isSilent || isStuck { over.append(worker.address) }
            next = min(next, worker.lastReceived.advanced(by: limits.deadAfter))
        }
        nextExpiry = next
        guard !over.isEmpty else { return }
        let silent = Set(over)
        for address in workers.inOrder where silent.contains(address) {
            guard let worker = workers[address] else { continue }
            if now.since(worker.lastReceived) < limits.deadAfter {
                // A disk that does not answer, an image without an end: heartbeats come from a thread of their own.
                note(.stuck(name: worker.name, milliseconds: now.since(worker.progressed)))
            }
            expireSession(address)
        }
    }

    /// Ends the session of a worker that is taken for dead. What it held and had not committed is dealt again, and the shards that it
    /// worked on are blamed.
    mutating func expireSession(_ address: WorkerAddress) {
        guard let worker = workers[address] else { return }
        checkpoints.noteDeath()
        for (number, lease) in worker.leases { release(number, lease, ofRelay: worker.isRelay) }
        // A worker cannot die of a shard that it was not told of.
        let leases = worker.leases.sorted { $0.value.shard.id < $1.value.shard.id }
        for (number, lease) in leases where lease.lastSent == nil {
            shards.takeBack(lease.shard.id, from: number, died: false)
        }
        let told = leases.filter { $0.value.lastSent != nil }.map { (number: $0.key, shard: $0.value.shard.id) }
        blame(told)
        note(.died(name: worker.name, shardsDealtAgain: told.count + removeWorker(address)))
    }

    /// Takes a worker out, its leases aside: the shards in its sums are dealt again, and it is told that its session is over.
    /// - Returns: how many shards those are.
    mutating func removeWorker(_ address: WorkerAddress) -> Int {
        guard let worker = workers.remove(address) else { return 0 }
        uploads.withdraw(worker.session)
        fetchers[worker.session] = nil
        if let upload = worker.upload, !upload.committing {
            uploads.end(upload.number)
            // Where the worker writes its sums itself, a file may be there that nobody will speak of.
            if upload.open || stage?.work.folderOfSums != nil {
                directives.append(.dropPartial(upload: upload.number))
            }
        }
        let lost = giveBackSums(of: worker)
        send(.fenced(session: worker.session), to: address)
        return lost
    }

    /// The shards in a worker's sums are dealt again, unless all of the sums are here: then they are committed without the worker.
    /// - Returns: how many shards.
    @discardableResult
    mutating func giveBackSums(of worker: WorkerRecord?) -> Int {
        guard let worker, worker.upload?.committing != true else { return 0 }
        for shard in worker.folded { shards.giveBack(shard, died: false) }
        return worker.folded.count
    }

    mutating func dismissIfLeaving(_ address: WorkerAddress) {
        guard let worker = workers[address], worker.leaving, worker.isEmptyHanded else { return }
        workers.remove(address)
        fetchers[worker.session] = nil
        send(.done(session: worker.session), to: address)
        note(.left(name: worker.name))
    }
}
