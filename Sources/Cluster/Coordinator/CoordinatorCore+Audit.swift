import Storage

/// Audits: fingerprints by which sums are checked when they are committed, and shards that are done once more by others.
///
/// A fingerprint that is said with each shard must be that of the sums: so sums of zeros, in another order, or of fewer images are found before they
/// count. A worker whose features are wrong says their fingerprint, and its sums fit it. So a share of the shards is computed by another worker of
/// the same kind of bits. Where it says something else a third one decides. Scores are audited likewise, by workers of any kind.
extension CoordinatorCore {
    var isAuditing: Bool { stage != nil && hearings != nil }

    /// Whether the shards of the stage are those that the journal has open: not so in a merge or an audit.
    var isOfJournal: Bool { !isMerging && !isAuditing }

    // MARK: Sums

    /// What is wrong with what a worker says of a shard for the audit, in words; nil where nothing is.
    func auditFault(
        _ shard: ShardRange, _ failures: [ImageFailure], _ contents: [ContentDigest], _ fingerprint: Fingerprint?
    ) -> String? {
        guard stage?.work.audit != nil else {
            return fingerprint == nil ? nil : "it told a fingerprint of shard \(shard.id), which nobody asked for"
        }
        if fingerprint == nil { return "it told no fingerprint of shard \(shard.id)" }
        return contentsFault(shard, failures, contents)
    }

    /// What is wrong with the number of digests that a worker says of a shard's images, in words; nil where there is one for each that did not fail.
    func contentsFault(_ shard: ShardRange, _ failures: [ImageFailure], _ contents: [ContentDigest]) -> String? {
        contents.count == shard.count - failures.count
            ? nil
            : "it told the contents of \(contents.count) images of a shard of \(shard.count), of which \(failures.count) failed"
    }

    /// What the fingerprint of sums must be, and who made them; nil where the stage has no audit.
    func audit(of ids: [ShardID], by worker: WorkerRecord) -> PartialAudit? {
        guard stage?.work.audit != nil else { return nil }
        let fingerprints = ids.compactMap { id in shards[id]?.fingerprint.map { (id, $0) } }
        return PartialAudit(
            maker: maker(worker), fingerprints: Dictionary(fingerprints) { first, _ in first })
    }

    /// Whose work it is that a worker reports.
    func maker(_ worker: WorkerRecord) -> ResultMaker {
        ResultMaker(worker: worker.name, instructionSet: stage?.instructionSet ?? worker.instructionSet)
    }

    // MARK: Shards once more

    mutating func open(_ opened: Stage, _ toDo: AuditToDo) {
        open(
            opened,
            ShardsToDo(
                shards: toDo.cases.map(\.shard), lastShard: toDo.lastShard, failures: 0, mostFailures: .max,
                mapBounds: toDo.mapBounds))
        hearings = AuditBench(toDo)
    }

    /// Deals a worker the next shards that others have done.
    mutating func dealAudit(to address: WorkerAddress) {
        while let worker = workers[address], let hearings,
            worker.leases.count + worker.superseded.count < limits.shardsInFlight
        {
            let kind = hearings.kind(of: maker(worker).instructionSet)
            let next = shards.queue.last { hearings.mayHear(worker.name, kind: kind, of: $0) }
            guard let next else { return }
            // A shard that a worker died on is worked on alone, as in other stages.
            let suspects = ([next] + worker.leases.values.map(\.shard.id)).contains { (shards[$0]?.deaths ?? 0) > 0 }
            guard worker.leases.isEmpty || !suspects else { return }
            let lease = LeaseID(rawValue: nextNumber())
            let images = worker.leases.values.reduce(0) { $0 + $1.shard.count }
            guard let entry = shards.deal(next, lease: lease, to: worker.session, at: now, behind: images) else {
                return
            }
            give(entry.range, lease, to: address, isFirst: worker.leases.isEmpty)
        }
    }

    mutating func audited(
        _ address: WorkerAddress, _ lease: LeaseID, _ failures: [ImageFailure], _ contents: [ContentDigest],
        _ fingerprint: Fingerprint
    ) {
        guard let shard = workers[address]?.leases[lease]?.shard else { return acknowledge(lease, address) }
        guard isAuditing, stage?.work.audit != nil else {
            return breach(address, "it audited a shard in a stage that asks for no fingerprints")
        }
        if let fault = auditFault(shard, failures, contents, fingerprint) { return breach(address, fault) }
        guard requireOwnImages(shard, failures.map(\.id), address) else { return }
        let failed = Set(failures.map(\.id))
        let usable = (shard.first..<shard.first.advanced(by: shard.count)).filter { !failed.contains($0) }
        heard(
            address, lease,
            AuditStatement(fingerprint, contents: Dictionary(zip(usable, contents)) { first, _ in first }))
    }

    /// What a worker says of a shard that it did once more; it may say that.
    mutating func heard(_ address: WorkerAddress, _ lease: LeaseID, _ said: AuditStatement) {
        guard let worker = workers[address], let shard = close(lease, of: address) else { return }
        workers.update(address) { $0.imagesReported += shard.count }
        let maker = maker(worker)
        let found = hearings?.hear(maker, of: shard.id, said)
        guard let found, found.isDone else { return shards.giveBack(shard.id, died: false) }
        shards.settle(shard.id)
        for name in found.wrong {
            distrust(name, "of shard \(shard.id) it computed something else than two other workers")
        }
    }

    /// A worker of that name is not taken in any more, and what it has said counts no more.
    private mutating func distrust(_ name: String, _ reason: String) {
        distrusted[name] = reason
        note(.distrusted(name: name, reason: reason))
        for address in workers.inOrder where workers[address]?.name == name { endSession(address) }
        for shard in hearings?.disregard(name) ?? [] { withdrawAudit(of: shard) }
    }

    /// A shard need not be computed any more, whoever has it in hand.
    private mutating func withdrawAudit(of shard: ShardID) {
        for address in workers.inOrder {
            guard let worker = workers[address] else { continue }
            for (number, lease) in worker.leases where lease.shard.id == shard {
                // It may be at it, and is held to nothing any more.
                workers.update(address) {
                    $0.leases[number] = nil
                    $0.superseded[number] = (lease, now)
                }
                release(number, lease, ofRelay: worker.isRelay)
            }
        }
        shards.settle(shard)
    }

    /// It stays as it is.
    /// - Parameter isFatal: workers end with it.
    mutating func giveUpAudit(of shard: ShardID, isFatal: Bool) {
        hearings?.close(shard, isFatal: isFatal)
        shards.settle(shard)
    }

    /// Ends the audit of shards that nobody in session can compute, where that is so for long enough for others to come.
    mutating func settleStalledAudit() {
        guard isAuditing, let stage, let hearings, stopping == nil, inFlight.all.isEmpty else {
            auditStalled = nil
            return
        }
        let present = workers.values.filter { $0.ineligibleFor != stage.number && !$0.leaving }.map {
            (name: $0.name, kind: hearings.kind(of: stage.instructionSet ?? $0.instructionSet))
        }
        let canGoOn = shards.queue.contains { shard in
            present.contains { hearings.mayHear($0.name, kind: $0.kind, of: shard) }
        }
        // Where nobody is there at all it is for the shell to say how long is waited.
        guard !canGoOn, !present.isEmpty else {
            auditStalled = nil
            return
        }
        let since = auditStalled ?? now
        auditStalled = since
        guard now.since(since) >= limits.auditPatience else { return }
        for shard in shards.queue.reversed() { giveUpAudit(of: shard, isFatal: false) }
    }
}
