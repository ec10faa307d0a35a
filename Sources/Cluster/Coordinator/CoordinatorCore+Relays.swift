import Storage

/// Workers that are relays, behind which are others.
extension CoordinatorCore {
    /// A heartbeat says which instruction sets the workers behind a relay have.
    mutating func heard(_ address: WorkerAddress, ofInstructionSets said: [String]) {
        let sets = Array(Set(said).sorted().prefix(Wire.mostInstructionSets))
        guard let worker = workers[address], worker.instructionSetsBehind != sets else { return }
        workers.update(address) { $0.instructionSetsBehind = sets }
        note(.relays(name: worker.name, instructionSets: sets))
    }

    /// What `deal` says of a lease.
    /// - Parameters:
    ///   - lease: under which the shard is dealt.
    ///   - session: that of the worker that has the lease.
    /// - Returns: true where the worker is a relay and somebody died on the shard; else nil.
    public func isDealtAlone(_ lease: LeaseID, in session: SessionID) -> Bool? {
        guard let worker = workers.address(ofSession: session).flatMap({ workers[$0] }), worker.mostLeases != nil,
            let shard = worker.leases[lease]?.shard.id, let entry = shards[shard], entry.deaths > 0
        else { return nil }
        return true
    }

    /// In how long a relay will be dealt nothing more, so that its workers end together: until all that nobody has in hand will have been dealt, or until its
    /// sums are due. Nil while that is not known, or longer than anybody plans for.
    func queueMilliseconds(for address: WorkerAddress) -> Int64? {
        guard stage != nil, !isMerging, let time = dealingRule.queueTime, time < Self.longestQueue else { return nil }
        guard let gatheringSince = workers[address]?.gatheringSince else { return Int64(time) }
        return min(Int64(time), checkpoints.due(after: now.since(gatheringSince), before: Int64(time)) ?? .max)
    }

    /// A day, in milliseconds.
    private static let longestQueue = 86_400_000.0

    /// Of an open-ended stage: as many images are still to come as the workers do while the queue above lasts.
    var imagesToCome: Int {
        guard let queueAboveEnds, let rate = fleet.rate else { return Int.max / 2 }
        let images = Double(max(0, queueAboveEnds.since(now))) * rate
        return images < 1e15 ? Int(images) : Int.max / 2
    }

    /// Of an open-ended stage: whether the queue above has been dealt, so that as a rule nothing more comes.
    var hasQueueAboveEnded: Bool { queueAboveEnds.map { now >= $0 } ?? false }

    /// Those of all workers in session, and of the workers behind relays among them; ascending.
    var instructionSets: [String] {
        let all = workers.values.reduce(into: Set<String>()) { all, worker in
            if RelayCore.isInstructionSet(worker.instructionSet) {
                all.formUnion(worker.instructionSetsBehind)
            } else {
                all.insert(worker.instructionSet)
            }
        }
        return Array(all.sorted().prefix(Wire.mostInstructionSets))
    }
}
