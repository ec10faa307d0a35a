import Storage

/// Who takes part: hello, heartbeats, and what is said in a session.
extension CoordinatorCore {
    mutating func receive(_ message: WorkerMessage, _ payload: [UInt8], from address: WorkerAddress) {
        // Stopped, it takes nobody in: they ask again when it is back.
        if stopSent, !finished { return }
        if finished { return send(.done(session: message.session ?? 0), to: address) }
        let message = message.cleaned
        if case .hello(let version, let incarnation, let name, let threads, let instructionSet) = message {
            return welcome(address, version, incarnation, name, threads, instructionSet)
        }
        guard let session = message.session else { return }
        guard workers.look(at: address, { $0.session }) == session || move(session, to: address) else {
            // A worker that was declared dead, or one of an earlier coordinator: nothing it says counts.
            if case .written(_, let upload, _, _, _, _, _) = message { dropLate(upload) }
            return send(.fenced(session: session), to: address)
        }
        workers.update(address) { $0.lastReceived = now }
        switch message {
        case .hello: break
        case .heartbeat(_, let stage, let leases, let newest, let upload, let mostLeases, let instructionSets):
            if let mostLeases { workers.update(address) { $0.mostLeases = min(max(0, mostLeases), limits.mostLeases) } }
            if let instructionSets { heard(address, ofInstructionSets: instructionSets) }
            heartbeat(address, stage, leases, newest, upload)
        case .fetch(_, let blob, let offset, let count): fetch(address, blob, offset, count)
        case .fetchImage(_, let lease, let image, let part, let offset, let count):
            fetchImage(address, ServedImage(lease: lease, image: image, part: part), offset, count)
        case .prepared(_, let stage): if stage == self.stage?.number { ready(address, stage) }
        case .unfit(_, let stage, let reason):
            markIneligible(address, stage, reason)
            if workers[address]?.ineligibleFor == self.stage?.number { takeBackLeases(of: address) }
        case .folded(_, let lease, let failures, let contents, let fingerprint):
            folded(address, lease, failures, contents, fingerprint)
        case .audited(_, let lease, let failures, let contents, let fingerprint):
            audited(address, lease, failures, contents, fingerprint)
        case .scored(_, let lease, let outcomes, let artifacts): scored(address, lease, outcomes, artifacts)
        case .calibrated(_, let lease, let outcomes): calibrated(address, lease, outcomes, payload)
        case .picture(_, let lease, let image, let kind): artifact(address, lease, image, kind, payload)
        case .identified(_, let lease, let failures, let contents): identified(address, lease, failures, contents)
        case .merged(_, let lease): merged(address, lease, payload)
        case .gaveUp(_, let lease, let reason): abandoned(address, lease, reason)
        case .lost(_, let lease): lost(address, lease)
        case .offer(_, let upload, let images, let clamped, let chunks, let samples):
            offer(address, upload, images, samples: samples ?? images, clamped, chunks)
        case .chunk(_, let upload, let index): chunk(address, upload, index, payload)
        case .filled(_, let upload, let file): filled(address, upload, file)
        case .written(_, let upload, let images, let clamped, let samples, let byteCount, let digest):
            let sums = WrittenSums(
                images: images, clamped: clamped, samples: samples ?? images, byteCount: byteCount, digest: digest)
            written(address, upload, sums)
        case .worked(_, let stage, let time):
            guard stage == self.stage?.number, time.isSound else { return }
            note(.worked(session: session, time))
        case .leaving: workers.update(address) { $0.leaving = true }
        }
    }

    /// A worker that had to connect again comes from another address; its session goes on.
    private mutating func move(_ session: SessionID, to address: WorkerAddress) -> Bool {
        guard let old = workers.address(ofSession: session), workers[address] == nil else { return false }
        workers.move(from: old, to: address)
        // What was on its way when the connection broke did not arrive.
        workers.update(address) { worker in
            for lease in worker.leases.keys { worker.leases[lease]?.mayBeLost = true }
        }
        return true
    }

    private mutating func welcome(
        _ address: WorkerAddress, _ version: Int, _ incarnation: UInt64, _ name: String, _ threads: Int,
        _ instructionSet: String
    ) {
        if let known = workers[address] {
            if known.incarnation == incarnation {
                // The first welcome was lost.
                send(welcomeMessage(known), to: address)
                return
            }
            // The same process over the same connection: it is alive, and has begun anew.
            note(.beganAnew(name: known.name, session: known.session, shardsDealtAgain: endSession(address)))
        }
        guard version == Wire.version else {
            refuse(
                address, name,
                "it speaks protocol \(version), this coordinator \(Wire.version): install the same release")
            return
        }
        guard workers.count < limits.workers else {
            refuse(address, name, "there are \(workers.count) workers already, the most that is allowed")
            return
        }
        if let objection = objection(to: name) { return refuse(address, name, objection) }
        let worker = WorkerRecord(
            number: nextNumber(), session: nextSession(), address: address, incarnation: incarnation, name: name,
            threads: threads,
            instructionSet: instructionSet, lastReceived: now, heartbeat: heartbeatInterval)
        workers.insert(worker)
        send(welcomeMessage(worker), to: address)
        note(.joined(name: name, threads: threads, instructionSet: instructionSet))
    }

    private func welcomeMessage(_ worker: WorkerRecord) -> CoordinatorMessage {
        .welcome(
            session: worker.session, incarnation: worker.incarnation, heartbeatMilliseconds: worker.heartbeat,
            relays: relays.isEmpty ? nil : relays)
    }

    /// How often workers say that they are alive, in milliseconds: in steps, so that few workers are told of another interval whenever one
    /// comes or goes.
    private var heartbeatInterval: Int64 {
        let spread = Int64(workers.count) * 1_000 / max(1, limits.heartbeatsPerSecond) / 250 * 250
        return max(limits.heartbeat, min(spread, limits.deadAfter * 3 / 10))
    }

    /// Answers a heartbeat. A worker that joined when there were fewer is told how often to say it now.
    private mutating func answerHeartbeat(_ address: WorkerAddress) {
        let interval = heartbeatInterval
        let told = workers.update(address) { worker in
            defer { worker.heartbeat = interval }
            return (session: worker.session, isNew: worker.heartbeat != interval, isRelay: worker.mostLeases != nil)
        }
        guard let told else { return }
        send(
            .heartbeat(
                session: told.session, heartbeatMilliseconds: told.isNew ? interval : nil,
                queueMilliseconds: told.isRelay ? queueMilliseconds(for: address) : nil), to: address)
    }

    private mutating func refuse(_ address: WorkerAddress, _ name: String, _ reason: String) {
        send(.refused(reason: reason), to: address)
        note(.refused(name: name, reason: reason))
    }

    /// The heartbeat tells what the worker has in hand; what it should have and has not is sent again.
    private mutating func heartbeat(
        _ address: WorkerAddress, _ prepared: Int?, _ leases: [LeaseID], _ newest: LeaseID?, _ upload: UploadID?
    ) {
        answerHeartbeat(address)
        // As nearly always: with thousands of workers this is most of what there is to do.
        if workers.update(address, { $0.isAsTold(prepared, leases, upload) }) == true { return }
        guard let worker = workers[address] else { return }
        let leases = Set(leases)
        if let stage, worker.prepared == nil, worker.ineligibleFor != stage.number, prepared == stage.number {
            ready(address, stage.number)
        }
        for (number, lease) in worker.leases.sorted(by: { $0.key < $1.key })
        where !leases.contains(number) && isOverdue(lease, isUnderWay: newest.map { number > $0 } ?? true) {
            workers.updateLease(address, number) { $0.markResent(at: now) }
            directives.append(.deal(session: worker.session, lease: number, shard: lease.shard, to: address))
        }
        // What it does not speak of it has done, or never heard of.
        for (number, late) in worker.superseded
        where !leases.contains(number)
            && (newest.map { number <= $0 } ?? false || now.since(late.since) >= limits.underWay)
        {
            dropArtifacts(of: number, late.lease, ofRelay: worker.isRelay)
            workers.update(address) { $0.superseded[number] = nil }
        }
        if let upload, upload == worker.lastCommitted {
            send(.committed(session: worker.session, upload: upload), to: address)
        }
        retryUpload(address)
    }

    /// Whether a deal that a heartbeat does not speak of is sent again.
    /// - Parameter isUnderWay: the heartbeat was sent before the deal arrived, or the deal never did. The longer the way, the more
    ///   of them come, and repeats would make it longer yet.
    private func isOverdue(_ lease: WorkerRecord.Lease, isUnderWay: Bool) -> Bool {
        guard let lastSent = lease.lastSent else { return false }
        let patience = isUnderWay && !lease.mayBeLost ? limits.underWay : limits.retry
        return now.since(lastSent) >= patience << min(lease.repeats, 3)
    }

    private mutating func ready(_ address: WorkerAddress, _ stage: Int) {
        guard let worker = workers[address], worker.prepared != stage else { return }
        workers.update(address) {
            $0.prepared = stage
            $0.progressed = now
        }
        fetchers[worker.session] = nil
        note(.ready(name: worker.name))
    }

    mutating func send(_ message: CoordinatorMessage, to address: WorkerAddress) {
        directives.append(.send(message, to: address))
    }
}
