import Storage

/// What is worked on: stages prepared, shards dealt, what comes back of them.
extension CoordinatorCore {
    /// Tells a worker of the stage, and again while it has not answered.
    mutating func prepare(_ address: WorkerAddress) {
        guard let stage, let worker = workers[address], worker.upload == nil else { return }
        if worker.prepared == stage.number || worker.ineligibleFor == stage.number { return }
        if let prepared = worker.prepared, prepared != stage.number {
            workers.update(address) {
                $0.prepared = nil
                $0.prepareLastSent = nil
            }
        }
        if let lastSent = worker.prepareLastSent, worker.prepared == nil,
            now.since(lastSent) < limits.retry << min(worker.prepareRepeats, 3)
        {
            return
        }
        workers.update(address) { worker in
            if worker.prepareLastSent == nil {
                worker.progressed = now
                worker.prepareRepeats = 0
            } else {
                worker.prepareRepeats += 1
            }
            worker.prepareLastSent = now
        }
        send(.prepare(session: worker.session, stage: stage), to: address)
    }

    mutating func markIneligible(_ address: WorkerAddress, _ number: Int, _ reason: String) {
        guard let worker = workers[address], number == stage?.number else { return }
        workers.update(address) { $0.isUnconfirmed = false }
        guard worker.ineligibleFor != number else { return }
        workers.update(address) { ($0.ineligibleFor, $0.unfitReason) = (number, reason) }
        note(isMerging ? .abstains(name: worker.name, reason: reason) : .ineligible(name: worker.name, reason: reason))
    }

    /// The shards that a worker has in hand are dealt again, and nobody is to blame.
    /// - Returns: how many shards.
    @discardableResult
    mutating func takeBackLeases(of address: WorkerAddress) -> Int {
        let taken = workers.update(address) { worker in
            defer { worker.leases = [:] }
            return (leases: worker.leases, isRelay: worker.isRelay)
        }
        guard let (leases, isRelay) = taken else { return 0 }
        for (number, lease) in leases.sorted(by: { $0.key < $1.key }) {
            release(number, lease, ofRelay: isRelay)
            shards.takeBack(lease.shard.id, from: number, died: false)
        }
        return leases.count
    }

    /// A lease is over, and its shard in nobody's hands, unless another worker has it too.
    /// - Parameter keepsArtifacts: whether what was written under it may count.
    mutating func release(
        _ number: LeaseID, _ lease: WorkerRecord.Lease, ofRelay isRelay: Bool, keepsArtifacts: Bool = false
    ) {
        if !keepsArtifacts { dropArtifacts(of: number, lease, ofRelay: isRelay) }
        if shards.leases(of: lease.shard.id).allSatisfy({ $0 == number }) { inFlight.remove(lease.shard.id) }
        untold[number] = nil
    }

    mutating func deal(to address: WorkerAddress) {
        guard let stage, stopping == nil, let worker = workers[address] else { return }
        guard worker.prepared == stage.number, worker.ineligibleFor != stage.number, worker.upload == nil,
            !worker.leaving,
            !uploads.isCalled(worker.session), !isHeldUp, !isMergeGivenUp
        else { return }
        if isAuditing { return dealAudit(to: address) }
        var held = worker.leases.values.map(\.shard)
        while let worker = workers[address], let next = choice(for: worker, held: held) {
            // Sums are made safe before a suspect is dealt.
            guard worker.folded.isEmpty || !isSuspectNext else { return }
            // A shard that a worker died on is worked on alone, so that a second death tells. A relay has one of its workers do so.
            let suspects = next.deaths > 0 || held.contains { (shards[$0.id]?.deaths ?? 0) > 0 }
            guard held.isEmpty || !suspects || worker.isRelay, prepareToRisk(next) else { return }
            // Its own end is a death for all that a relay has in hand. Only one of them at a time may be split for that, or marked as poison.
            if isSuspect(next), held.contains(where: { shards[$0.id].map(isSuspect) ?? false }) { return }
            let lease = LeaseID(rawValue: nextNumber())
            let images = held.reduce(0) { $0 + $1.count }
            guard
                let entry = shards.deal(next.range.id, lease: lease, to: worker.session, at: now, behind: images)
            else { return }
            give(entry.range, lease, to: address, isFirst: held.isEmpty)
            held.append(entry.range)
        }
        if held.isEmpty { dealSpare(to: address) }
    }

    /// Puts a shard into a worker's hands under a new lease, and tells it, once the disk knows where it must.
    /// - Parameter isFirst: whether the worker has nothing else in hand.
    mutating func give(_ shard: ShardRange, _ lease: LeaseID, to address: WorkerAddress, isFirst: Bool) {
        guard let session = workers[address]?.session else { return }
        inFlight.insert(shard.id)
        if isMerging { unreportedRanges.insert(lease) }
        let isKnown =
            !isOfJournal || !isCareful
            || (recordedInFlight == requestedInFlight && requestedInFlight.contains(shard.id))
        workers.update(address) { worker in
            if isFirst { (worker.progressed, worker.began) = (now, now) }
            worker.leases[lease] = .init(shard: shard, place: worker.dealt, lastSent: isKnown ? now : nil)
            worker.dealt += 1
        }
        lastDealt = now
        guard isKnown else {
            untold[lease] = session
            return
        }
        directives.append(.deal(session: session, lease: lease, shard: shard, to: address))
    }

    mutating func acknowledge(_ lease: LeaseID, _ address: WorkerAddress) {
        guard let worker = workers[address] else { return }
        if let (late, _) = worker.superseded[lease] {
            // It writes no more.
            dropArtifacts(of: lease, late, ofRelay: worker.isRelay)
            workers.update(address) { worker in
                worker.superseded[lease] = nil
                // What it has in hand besides it begins only now.
                (worker.progressed, worker.began) = (now, now)
            }
        }
        send(.acknowledged(session: worker.session, lease: lease), to: address)
    }

    /// Takes back a lease whose work is reported. An unknown number is an old report sent again: it is only acknowledged.
    /// - Parameters:
    ///   - isDone: whether the time that it took is that of its work.
    ///   - keepsArtifacts: whether what was written under it may count.
    mutating func close(
        _ lease: LeaseID, of address: WorkerAddress, isDone: Bool = true, keepsArtifacts: Bool = false
    ) -> ShardRange? {
        acknowledge(lease, address)
        let closed = workers.update(address) { worker in
            let took = isDone ? now.since(worker.began) : nil
            (worker.progressed, worker.began) = (now, now)
            return worker.leases.removeValue(forKey: lease).map { (lease: $0, took: took, isRelay: worker.isRelay) }
        }
        guard let (record, took, isRelay) = closed ?? nil else { return nil }
        let shard = record.shard
        release(lease, record, ofRelay: isRelay, keepsArtifacts: keepsArtifacts)
        if let took {
            workers.update(address) { $0.pace.add(images: shard.count, milliseconds: took) }
            // Behind a relay many are worked on at once: the time from one report to the next says nothing of the time that one takes.
            if !isRelay { pace.add(images: shard.count, milliseconds: took) }
        }
        return shard
    }

    /// A shard's report is believed.
    mutating func accept(_ shard: ShardRange, failures: [ImageFailure], _ address: WorkerAddress) {
        supersede(shard)
        // Its session may have ended with the report.
        if workers[address] != nil { workers.update(address) { $0.imagesReported += shard.count } }
        if !failures.isEmpty { note(.unusable(failures)) }
    }

    /// Ends the session of a worker whose report is not about its shard's images, each at most once.
    /// - Returns: whether the report is sound.
    mutating func requireOwnImages(_ shard: ShardRange, _ images: [ImageID], _ address: WorkerAddress) -> Bool {
        guard let foreign = images.first(where: { !shard.contains($0) }) else {
            guard Set(images).count < images.count else { return true }
            breach(address, "it reported an image of shard \(shard.id) twice")
            return false
        }
        breach(address, "it reported image \(foreign), which is not one of shard \(shard.id)")
        return false
    }

    mutating func folded(
        _ address: WorkerAddress, _ lease: LeaseID, _ failures: [ImageFailure], _ contents: [ContentDigest],
        _ fingerprint: Fingerprint?
    ) {
        guard let shard = workers[address]?.leases[lease]?.shard else { return acknowledge(lease, address) }
        guard case .accumulate? = stage?.work else {
            return breach(address, "it folded a shard in a stage that makes no sums")
        }
        if let fault = auditFault(shard, failures, contents, fingerprint) { return breach(address, fault) }
        if !contents.isEmpty, let fault = contentsFault(shard, failures, contents) { return breach(address, fault) }
        guard requireOwnImages(shard, failures.map(\.id), address), close(lease, of: address) != nil,
            let session = workers[address]?.session, confirmFailures(shard, lease, failures: failures, address)
        else { return }
        accept(shard, failures: failures, address)
        shards.fold(shard.id, session: session, failures: failures, contents: contents, fingerprint: fingerprint)
        workers.update(address) { worker in
            worker.folded.append(shard.id)
            worker.foldedImages += shard.count
            worker.gatheringSince = worker.gatheringSince ?? now
        }
        if isOpenEnded { directives.append(.folded(shard: shard.id, failures: failures, contents: contents)) }
    }

    mutating func abandoned(_ address: WorkerAddress, _ lease: LeaseID, _ reason: String) {
        guard let worker = workers[address] else { return }
        let late = worker.superseded[lease]?.lease.shard
        guard let shard = close(lease, of: address) ?? late else { return }
        // Another worker has done it, and what this one ran into may follow from that: it begins anew, and has nothing to answer for.
        guard late == nil else {
            endSession(address)
            return
        }
        note(.abandoned(name: worker.name, shard: shard.id, reason: reason))
        shards.takeBack(shard.id, from: lease, died: false)
        // What is done once more need not be: who cannot do it has nothing to answer for, and others are asked.
        guard !isAuditing else {
            hearings?.pass(over: worker.name, of: shard.id)
            endSession(address)
            return
        }
        // A shard may be half in the sums: they are void. Nobody died, so the other shards in hand are no suspects.
        endSession(address)
        abandonedCounts[worker.name, default: 0] += 1
        if abandonedCounts.values.reduce(0, +) >= limits.abandonedInAll, stopping == nil {
            stopping = .workersGiveUp(reason)
        }
    }

    mutating func drop(_ reason: String) { note(.dropped(reason: reason)) }
}
