import Storage

/// Shards that workers died on: what is made safe before they are dealt again, and what is remembered of them.
///
/// An image may end the worker that opens it, and it may take the machine down, coordinator and all. So the journal knows the
/// deaths, and what is in hand; a coordinator that starts again counts one death more for what the last one ended with. An image may be
/// faster than the disk: so after an end that was not in order nothing is dealt before the disk knows of it.
extension CoordinatorCore {
    /// Whether one more death splits the shard, or marks its image as poison.
    func isSuspect(_ entry: ShardTable.Entry) -> Bool { entry.deaths >= limits.deathsBeforeSplit - 1 }

    /// Sums are made safe before a suspect is dealt: they would go down with it.
    var isSuspectNext: Bool { shards.next.map(isSuspect) ?? false }

    /// Whether a shard is dealt only when nobody has anything in hand: it may take this coordinator down as well.
    func isToBeRisked(_ entry: ShardTable.Entry) -> Bool { entry.isInherited && isSuspect(entry) }

    /// Prepares for dealing a shard that may take down what it took down before.
    /// - Returns: whether nothing is lost then, and no other shard is blamed.
    mutating func prepareToRisk(_ entry: ShardTable.Entry) -> Bool {
        // It ended workers under the eyes of this coordinator: it is dealt alone, to a worker without sums.
        guard isToBeRisked(entry) else { return true }
        guard shards.committing == 0, hasNoWorkInFlight else { return false }
        // It may end us before the disk knows that it is in hand: so the disk comes first.
        if requestedInFlight != [entry.range.id] { recordInFlight([entry.range.id]) }
        return recordedInFlight == requestedInFlight
    }

    /// The disk knows of these: workers are told of those that waited for it.
    mutating func sendDeals(of held: [ShardID]) {
        guard !untold.isEmpty else { return }
        let held = Set(held)
        for (number, session) in untold.sorted(by: { $0.key < $1.key }) {
            guard let address = workers.address(ofSession: session), let lease = workers[address]?.leases[number],
                held.contains(lease.shard.id)
            else { continue }
            untold[number] = nil
            workers.updateLease(address, number) { $0.lastSent = now }
            directives.append(.deal(session: session, lease: number, shard: lease.shard, to: address))
        }
    }

    /// What an earlier coordinator counted may be enough.
    mutating func evaluateInheritedSuspects(_ toDo: ShardsToDo) {
        for shard in toDo.deaths.keys.sorted() { evaluateSuspect(shard) }
    }

    /// A worker ended with these shards in hand, and was told of them.
    mutating func blame(_ held: [(number: LeaseID, shard: ShardID)]) {
        guard !held.isEmpty else { return }
        let ids = held.map(\.shard)
        // Ranges of a merge, and what is computed once more, are none of the journal's.
        if isOfJournal { directives.append(.recordDeaths(shards: ids)) }
        inFlightChanged = true
        // With the deaths the journal forgets that they were in flight; dealt again, they are recorded again.
        requestedInFlight.removeAll(where: ids.contains)
        recordedInFlight?.removeAll(where: ids.contains)
        // A note that is under way speaks of them still: when it is written, it is not what is waited for.
        if isOfJournal, isCareful, recordedInFlight == nil { recordInFlight(requestedInFlight) }
        for (number, shard) in held {
            shards.takeBack(shard, from: number, died: true)
            if isOpenEnded { returnShard(shard) } else { evaluateSuspect(shard) }
        }
    }

    /// Of a stage whose shards come from elsewhere: what is to be done with a shard that a worker died on is decided there.
    private mutating func returnShard(_ id: ShardID) {
        guard shards.withdraw(id) else { return }
        directives.append(.returned(shard: id))
    }

    /// A relay says that a worker behind it ended with a shard in hand.
    mutating func lost(_ address: WorkerAddress, _ lease: LeaseID) {
        guard workers[address]?.leases[lease] != nil, !isMerging else { return acknowledge(lease, address) }
        guard let shard = close(lease, of: address, isDone: false) else { return }
        blame([(lease, shard.id)])
    }

    /// A shard that workers keep dying on is split until the image is found.
    mutating func evaluateSuspect(_ id: ShardID) {
        guard let entry = shards[id], entry.state == .pending, entry.deaths >= limits.deathsBeforeSplit else { return }
        guard !isMerging else {
            isMergeGivenUp = true
            return
        }
        guard !isAuditing else { return giveUpAudit(of: id, isFatal: true) }
        note(.suspect(shard: id, deaths: entry.deaths))
        if entry.range.count > 1 {
            directives.append(.split(shard: id, into: shards.split(id, deaths: limits.deathsBeforeSplit)))
        } else {
            shards.markPoisoned(id)
            directives.append(.poison(image: entry.range.first, shard: id))
        }
    }

    /// After an event that dealt or took back.
    mutating func recordInFlight() {
        guard inFlightChanged else { return }
        inFlightChanged = false
        guard inFlight.all != requestedInFlight else { return }
        // These are none of the journal's, which has no other shard in hand meanwhile.
        if !isOfJournal { requestedInFlight = inFlight.all } else { recordInFlight(inFlight.all) }
    }

    private mutating func recordInFlight(_ held: [ShardID]) {
        requestedInFlight = held
        recordedInFlight = nil
        directives.append(.recordInFlight(shards: held))
    }
}
