/// What is worked on: stages prepared, shards dealt, what comes back of them.
extension CoordinatorCore {
    /// Tells a worker of the stage, and again while it has not answered.
    mutating func prepare(_ address: WorkerAddress) {
        guard let stage, let worker = workers[address], worker.upload == nil else { return }
        if worker.prepared == stage.number || worker.unfitFor == stage.number { return }
        if let prepared = worker.prepared, prepared != stage.number {
            workers[address]?.prepared = nil
            workers[address]?.prepareSaid = nil
        }
        if let said = workers[address]?.prepareSaid, now.since(said) < limits.retry { return }
        if workers[address]?.prepareSaid == nil { workers[address]?.progressed = now }
        workers[address]?.prepareSaid = now
        say(.prepare(session: worker.session, stage: stage), to: address)
    }

    mutating func unfit(_ address: WorkerAddress, _ number: Int, _ reason: String) {
        guard let worker = workers[address], number == stage?.number else { return }
        workers[address]?.isDoubted = false
        guard worker.unfitFor != number else { return }
        workers[address]?.unfitFor = number
        note(.unfit(name: worker.name, reason: String(reason.prefix(1000))))
    }

    /// What a worker has in hand and says that it cannot do, others do. Nobody died of it.
    mutating func takeBackLeases(of address: WorkerAddress) {
        guard let worker = workers[address], worker.unfitFor == stage?.number, !worker.leases.isEmpty else { return }
        for lease in worker.leases.values { shards.giveBack(lease.shard.id, died: false) }
        workers[address]?.leases = [:]
        handsChanged = true
    }

    mutating func fetch(_ address: WorkerAddress, _ blob: Blob, _ offset: Int64, _ count: Int) {
        guard let stage, stage.work.blobs.contains(blob), offset >= 0, offset < blob.byteCount, count > 0 else {
            drop("a fetch of a blob that is not served, or beyond its end")
            return
        }
        workers[address]?.progressed = now
        let count = min(count, limits.pieceBytes, Int(blob.byteCount - offset))
        directives.append(.sendPiece(blob, offset: offset, count: count, to: address))
    }

    mutating func deal(to address: WorkerAddress) {
        guard let stage, stopping == nil, let worker = workers[address] else { return }
        guard worker.prepared == stage.number, worker.unfitFor != stage.number, worker.upload == nil, !worker.leaving,
            !isCheckpointDue(worker)
        else { return }
        // A disk slower than the workers holds up the dealing; else what waits for it would grow.
        guard shards.committing <= 2 * workers.count + 4, picturesWaiting <= limits.picturesWaiting else { return }
        var held = worker.leases.values.map(\.shard)
        while held.count < limits.shardsInFlight, let next = shards.next {
            // A shard that a worker died on is worked on alone, so that a second death tells.
            let suspects = next.deaths > 0 || held.contains { (shards[$0.id]?.deaths ?? 0) > 0 }
            guard held.isEmpty || !suspects, canBeRisked(next) else { return }
            let lease = nextNumber()
            guard let entry = shards.dealNext(lease: lease) else { return }
            if held.isEmpty { workers[address]?.progressed = now }
            held.append(entry.range)
            handsChanged = true
            let isKnown = recordedInHand == inHand && inHand.contains(entry.range.id)
            workers[address]?.leases[lease] = .init(shard: entry.range, said: isCareful && !isKnown ? nil : now)
            guard !isCareful || isKnown else { continue }
            directives.append(.deal(session: worker.session, lease: lease, shard: entry.range, to: address))
        }
    }

    /// Takes back a lease whose work is reported. An unknown number is an old report said again: it is only acknowledged.
    private mutating func close(_ lease: Int64, of address: WorkerAddress) -> ShardRange? {
        guard let worker = workers[address] else { return nil }
        say(.acknowledged(session: worker.session, lease: lease), to: address)
        handsChanged = true
        workers[address]?.progressed = now
        return workers[address]?.leases.removeValue(forKey: lease)?.shard
    }

    /// Whether a report speaks only of the lease's images, each once.
    ///
    /// A worker that says otherwise is not to be trusted: its session ends, and its shards are dealt again.
    private mutating func speaksOf(_ lease: Int64, _ images: [Int64], _ address: WorkerAddress) -> Bool {
        guard let shard = workers[address]?.leases[lease]?.shard else { return true }
        guard images.allSatisfy(shard.contains), Set(images).count == images.count else {
            drop("a report of lease \(lease) that names images of other shards, or one twice")
            bury(address)
            return false
        }
        return true
    }

    /// Whether to believe that none of a shard's images can be used. It may be the worker that sees no images at all: then
    /// another one is asked, if there is one, and the first is believed only if that one says the same.
    private mutating func isBelieved(_ shard: ShardRange, failures: [ImageFailure], _ address: WorkerAddress) -> Bool {
        guard failures.count == shard.count, !failures.allSatisfy({ unusable.contains($0.id) }),
            let worker = workers[address], let number = stage?.number
        else {
            return true
        }
        let others = workers.values.contains { $0.session != worker.session && $0.unfitFor != number }
        if let first = shards[shard.id]?.doubtedSession, first != worker.session {
            // Two say so. The first was right after all.
            for other in inOrder where other.session == first { believe(other.address) }
            return true
        }
        guard others else { return true }
        shards.doubt(shard.id, session: worker.session)
        unfit(address, number, "none of a shard's images can be read there; the first: \(failures[0].reason)")
        workers[address]?.isDoubted = true
        return false
    }

    /// Those who were to give a second opinion are gone, or can do nothing themselves: who was doubted works on, and is
    /// believed if nobody else comes.
    mutating func believeTheLast() {
        guard let number = stage?.number, workers.values.contains(where: \.isDoubted),
            workers.values.allSatisfy({ $0.unfitFor == number })
        else { return }
        for worker in inOrder where worker.isDoubted { believe(worker.address) }
    }

    private mutating func believe(_ address: WorkerAddress) {
        workers[address]?.unfitFor = nil
        workers[address]?.isDoubted = false
    }

    mutating func calibrated(_ address: WorkerAddress, _ lease: Int64, _ failures: [ImageFailure], _ payload: [UInt8]) {
        guard case .calibrate(let space, _)? = stage?.work, payload.count == 4 * space.channels.count else {
            return drop("a calibration of another stage or with \(payload.count) bytes")
        }
        let maxima = payload.withUnsafeBytes { bytes in
            (0..<space.channels.count).map {
                Float(bitPattern: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self)))
            }
        }
        guard maxima.allSatisfy({ $0.isFinite && $0 >= 0 }) else { return drop("a calibration that is not finite") }
        guard speaksOf(lease, failures.map(\.id), address), let shard = close(lease, of: address) else { return }
        guard isBelieved(shard, failures: failures, address) else { return }
        shards.commit(shard.id)
        calibration?.raise(to: maxima)
        calibration?.failures += failures
    }

    mutating func folded(_ address: WorkerAddress, _ lease: Int64, _ failures: [ImageFailure]) {
        guard case .accumulate? = stage?.work else { return drop("sums in a stage that makes none") }
        guard speaksOf(lease, failures.map(\.id), address), let shard = close(lease, of: address),
            let session = workers[address]?.session, isBelieved(shard, failures: failures, address)
        else { return }
        shards.fold(shard.id, session: session, failures: failures)
        workers[address]?.folded.append(shard.id)
        workers[address]?.foldedImages += shard.count
        if workers[address]?.gatheringSince == nil { workers[address]?.gatheringSince = now }
    }

    mutating func scored(_ address: WorkerAddress, _ lease: Int64, _ outcomes: [ImageOutcome], _ pictures: Int) {
        guard case .inspect? = stage?.work else { return drop("scores in a stage that makes none") }
        if let shard = workers[address]?.leases[lease]?.shard {
            guard outcomes.count == shard.count, outcomes.allSatisfy(\.isSound) else {
                drop("\(outcomes.count) outcomes, or unsound ones, for a shard of \(shard.count) images")
                return bury(address)
            }
        }
        let arrived = workers[address]?.leases[lease]?.pictures.count ?? 0
        guard speaksOf(lease, outcomes.map(\.id), address), let shard = close(lease, of: address) else { return }
        guard pictures <= arrived else {
            // Pictures were lost on the way: results without their maps are not results.
            return shards.giveBack(shard.id, died: false)
        }
        let failures = outcomes.compactMap { outcome in
            outcome.failure.map { ImageFailure(id: outcome.id, reason: $0) }
        }
        guard isBelieved(shard, failures: failures, address) else { return }
        shards.finishResults(shard.id, failures: failures)
        directives.append(.commitResults(shard: shard.id, outcomes: outcomes))
    }

    mutating func picture(_ address: WorkerAddress, _ lease: Int64, _ image: Int64, _ kind: Picture, _ bytes: [UInt8]) {
        guard case .inspect? = stage?.work, let shard = workers[address]?.leases[lease]?.shard, shard.contains(image)
        else {
            return drop("a \(kind.rawValue) of an image that the worker does not hold")
        }
        // One that comes twice is stored once: nothing that waits for the disk grows with the network's mistakes.
        let isNew = workers[address]?.leases[lease]?.pictures.insert("\(kind.rawValue) \(image)").inserted ?? false
        guard isNew else { return }
        workers[address]?.progressed = now
        picturesWaiting += 1
        directives.append(.storePicture(image: image, kind: kind, bytes: bytes))
    }

    mutating func gaveUp(_ address: WorkerAddress, _ lease: Int64, _ reason: String) {
        guard let worker = workers[address], let shard = close(lease, of: address) else { return }
        let reason = String(reason.prefix(1000))
        note(.gaveUp(name: worker.name, shard: shard.id, reason: reason))
        shards.giveBack(shard.id, died: false)
        // A shard may be half in the sums: they are void. Nobody died, so the other shards in hand are no suspects.
        for lease in worker.leases.values where lease.shard.id != shard.id {
            shards.giveBack(lease.shard.id, died: false)
        }
        workers[address]?.leases = [:]
        bury(address)
        gaveUps[worker.name, default: 0] += 1
        if gaveUps.values.reduce(0, +) >= limits.gaveUpsInAll, stopping == nil { stopping = .workersGiveUp(reason) }
    }

    mutating func drop(_ reason: String) { note(.dropped(reason: reason)) }
}
