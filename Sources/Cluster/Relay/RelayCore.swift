import Storage

/// A relay's rules, as a value: to its parent it is a worker, to its own workers a coordinator. Both sides are the cores that workers and
/// coordinators have; this says what each is told of the other.
///
/// A shard that the parent deals becomes one of a stage that is open-ended. What workers report of it is reported upwards at once; the sums
/// that it is in stay with them until they are full, or the parent asks for the relay's. Then all are collected, kept, added up and
/// offered as one. Where a worker ends with sums that were not collected, their shards are done again here: to the parent they are in the
/// relay's sums, as they would be in a worker's. A shard that a worker ends with goes back to the parent as lost, so that there is one
/// record of what workers die on.
///
/// Nothing of a relay is durable. Where it cannot keep what it said it begins anew, and is a worker that began anew.
public struct RelayCore: Sendable {
    /// A shard of the parent's that is not safe there.
    struct Held: Sendable {
        let session: SessionID
        let lease: LeaseID
        let range: ShardRange
        let images: [ImageTask]
        /// What was reported of it, where it is in sums.
        var report: (failures: [ImageID], contents: [ContentDigest])?
        var pictures: Set<ArtifactOfImage> = []
        /// How often workers died on it after it was reported.
        var deaths = 0
    }

    /// What the parent asked for.
    struct Handover: Equatable, Sendable {
        let session: SessionID
        let upload: UploadID
        let chunkPatches: Int
    }

    private enum Pending: Sendable {
        case parent(WorkerEvent)
        case workers(CoordinatorEvent)
    }

    /// Without a worker that is ready for so long, what is in hand is given up, so that others do it.
    public static let patience: Int64 = 60_000
    private static let deathsBeforeBeginningAnew = 3

    let limits: CoordinatorLimits
    var now = Instant.start
    var directives: [RelayDirective] = []
    private var pending: [Pending] = []
    var parent: WorkerCore
    var workers: CoordinatorCore
    private var seed: UInt64
    private var epoch: Int64 = 1

    var held: [ShardID: Held] = [:]
    private var nextShard: ShardID = 1
    /// The stage of the parent that is made ready for, until a worker is ready.
    private var isPreparing: Int?
    private var unfitFor: Int?
    private var stage: Stage?
    private var stageNumber = 0
    private var handover: Handover?
    private var isOffered = false
    /// Since when something is in hand and no worker is ready.
    private var stranded: Instant?
    private var isStopping = false
    private var isOver = false

    /// - Parameters:
    ///   - incarnation, seed: drawn at random.
    public init(
        name: String, limits: CoordinatorLimits, incarnation: UInt64, seed: UInt64, giveUpSeconds: Int64 = 600,
        stays: Bool = false
    ) {
        // A name of its own: behind two relays there may be processors that give different bits, so no shard is dealt to both.
        let identity = WorkerIdentity(name: name, threads: 0, instructionSet: "\(Self.instructionSet) \(name)")
        parent = WorkerCore(
            identity: identity, incarnation: incarnation, giveUpSeconds: giveUpSeconds, stays: stays)
        workers = CoordinatorCore(limits: limits, epoch: epoch, sessionSeed: seed)
        (self.limits, self.seed) = (limits, seed)
    }

    /// How the `instructionSet` of a relay begins.
    public static let instructionSet = "relay"

    public mutating func handle(_ event: RelayEvent, at moment: Instant) -> [RelayDirective] {
        guard !isOver else { return [] }
        now = max(now, moment)
        directives = []
        switch event {
        case .parent(let event): pending.append(.parent(event))
        case .workers(let event): pending.append(.workers(event))
        case .tick: pending += [.parent(.tick), .workers(.tick)]
        case .stop:
            isStopping = true
            pending.append(.parent(.stop))
        }
        workOn()
        assert(checkInvariants() == nil, checkInvariants() ?? "")
        return directives
    }

    /// What the relay has, for its log.
    public var progress: (workers: Int, room: Int) { (workers.progress.workers, workers.room) }

    /// Whether a worker at that address has a session.
    public func hasSession(_ address: WorkerAddress) -> Bool { workers.hasSession(address) }

    /// One event after the other, so that what one side says of an event is said before what follows from it.
    private mutating func workOn() {
        repeat {
            while !pending.isEmpty, !isOver {
                switch pending.removeFirst() {
                case .parent(let event): for directive in parent.handle(event, at: now) { carryOut(directive) }
                case .workers(let event): for directive in workers.handle(event, at: now) { carryOut(directive) }
                }
            }
            if !isOver { lookAround() }
        } while !pending.isEmpty && !isOver
    }

    private mutating func tellParent(_ event: WorkerEvent) { pending.append(.parent(event)) }
    private mutating func tellWorkers(_ event: CoordinatorEvent) { pending.append(.workers(event)) }

    // MARK: What the parent wants

    private mutating func carryOut(_ directive: WorkerDirective) {
        switch directive {
        case .send(let message, let payload): directives.append(.tellParent(message, payload: payload))
        case .reset: reset()
        case .seek(let blob): directives.append(.seek(blob))
        case .storePiece(let blob, let offset, let bytes):
            directives.append(.storePiece(blob, offset: offset, bytes: bytes))
        case .seal(let blob): directives.append(.seal(blob))
        case .prepare(let stage): prepare(stage)
        case .begin(let session, let lease, let images): begin(session, lease, images)
        case .offer(let session, let upload, let chunkPatches):
            handover = Handover(session: session, upload: upload, chunkPatches: chunkPatches)
            // Asked again, it offers again.
            isOffered = false
        case .sendChunk(let session, let upload, let index, let chunkPatches):
            directives.append(
                .sendChunk(session: session, upload: upload, index: index, chunkPatches: chunkPatches))
        case .zeroSums:
            // All shards are in what the parent has now: it asks for sums when none is in hand.
            (held, handover, isOffered) = ([:], nil, false)
            directives.append(.zeroSums)
        case .misunderstood(let reason): directives.append(.misunderstood(reason: reason))
        case .leave(let exit): leave(.worker(exit))
        // Sums are sent, images are not served, and ranges are merged by others.
        case .store, .storeImagePiece, .imageUnavailable, .beginRange: break
        }
    }

    /// Nothing that was said in the session counts any more: workers begin anew as well.
    private mutating func reset() {
        for directive in workers.endSessions() { carryOut(directive) }
        epoch += 1
        seed = seed &* 0x5851_F42D_4C95_7F2D &+ 0x1405_7B7E_F767_814F
        workers = CoordinatorCore(limits: limits, epoch: epoch, sessionSeed: seed)
        pending.removeAll { if case .workers = $0 { true } else { false } }
        (held, handover, isOffered, stranded) = ([:], nil, false, nil)
        (stage, isPreparing, unfitFor) = (nil, nil, nil)
        directives.append(.reset)
    }

    private mutating func prepare(_ wanted: Stage) {
        // Nothing is to be left of the stage before; if it is, its workers forget it.
        if !workers.isAtRest { reset() }
        (held, handover, isOffered, stranded) = ([:], nil, false, nil)
        (stage, isPreparing, unfitFor) = (nil, nil, nil)
        if let obstacle = wanted.work.obstacleToRelaying(servesImages: wanted.isServingImages) {
            return tellParent(.ineligible(stage: wanted.number, reason: obstacle))
        }
        stageNumber += 1
        let passedOn = Stage(
            number: stageNumber, work: wanted.work.withoutFolderOfSums, instructionSet: wanted.instructionSet)
        (stage, isPreparing) = (passedOn, wanted.number)
        directives.append(.begin(passedOn.work))
        tellWorkers(.openStage(passedOn, .openEnded))
    }

    private mutating func begin(_ session: SessionID, _ lease: LeaseID, _ images: [ImageTask]) {
        let own = images.filter { !$0.isContext }.map(\.id)
        guard stage != nil, let first = own.first,
            zip(own, own.dropFirst()).allSatisfy({ $0.distance(to: $1) == 1 })
        else {
            return tellParent(
                .reported(lease: lease, .abandoned(reason: "the shard's images do not follow each other")))
        }
        let range = ShardRange(id: nextShard, first: first, count: own.count)
        nextShard = nextShard.next
        held[range.id] = Held(session: session, lease: lease, range: range, images: images)
        tellWorkers(.addShards([range]))
    }

    private mutating func leave(_ exit: RelayExit) {
        if isStopping || exit != .worker(.dismissed) {
            // Their coordinator may come back.
            for directive in workers.endSessions() { carryOut(directive) }
        } else {
            for directive in workers.handle(.finish, at: now) { carryOut(directive) }
        }
        isOver = true
        directives.append(.leave(exit))
    }

    // MARK: What the workers want

    private mutating func carryOut(_ directive: CoordinatorDirective) {
        switch directive {
        case .send(let message, let address): directives.append(.tellWorker(message, to: address))
        case .deal(let session, let lease, let shard, let address):
            guard let images = held[shard.id]?.images else { return }
            directives.append(.tellWorker(.deal(session: session, lease: lease, images: images), to: address))
        case .sendPiece(let blob, let offset, let count, let address):
            directives.append(.sendPiece(blob, offset: offset, count: count, to: address))
        case .openPartial(let upload, let images, let clamped, let samples):
            directives.append(.openPartial(upload: upload, images: images, clamped: clamped, samples: samples))
        case .storeChunk(let upload, let index, let patches, let bytes):
            directives.append(.storeChunk(upload: upload, index: index, patches: patches, bytes: bytes))
        case .commitPartial(let upload, _, _, _, _, _): directives.append(.keepPartial(upload: upload))
        case .dropPartial(let upload): directives.append(.dropPartial(upload: upload))
        case .folded(let shard, let failures, let contents): folded(shard, failures, contents)
        case .storeArtifact(let image, let kind, let bytes): pass(image, kind, bytes)
        case .commitResults(let shard, let outcomes, _, let payload): pass(shard, outcomes, payload)
        case .commitContents(let shard, let failures, let contents): pass(shard, failures, contents)
        case .returned(let shard): returned(shard)
        case .stopped(let reason): leave(.stopped(reason))
        case .note(let note): directives.append(.note(note))
        // Of a stage that is open-ended, without images that are sent; of deaths the parent keeps the record.
        case .sendImagePiece, .placeRange, .recordDeaths, .recordInFlight, .split, .poison, .stageDone, .auditDone,
            .stageDeclined:
            break
        }
    }

    private mutating func folded(_ shard: ShardID, _ failures: [ImageFailure], _ contents: [ContentDigest]) {
        guard let entry = held[shard] else { return }
        let ids = failures.map(\.id)
        guard let report = entry.report else {
            held[shard]?.report = (ids, contents)
            return tellParent(.reported(lease: entry.lease, .folded(failures: failures, contents: contents)))
        }
        // Its first worker's sums were lost. The parent counts the images that it was told of.
        if report.failures != ids || report.contents != contents {
            beginAnew("of a shard that was folded again other images can be used")
        }
    }

    private mutating func returned(_ shard: ShardID) {
        guard let entry = held[shard] else { return }
        guard entry.report != nil else {
            held[shard] = nil
            return tellParent(.reported(lease: entry.lease, .lost))
        }
        held[shard]?.deaths += 1
        guard entry.deaths + 1 < Self.deathsBeforeBeginningAnew else {
            return beginAnew("workers die on a shard that was folded before")
        }
        tellWorkers(.addShards([entry.range]))
    }

    private mutating func pass(_ image: ImageID, _ kind: Artifact, _ bytes: [UInt8]) {
        guard let (shard, entry) = held.first(where: { $0.value.range.contains(image) }) else {
            return tellWorkers(.artifactStored)
        }
        held[shard]?.pictures.insert(ArtifactOfImage(image: image, kind: kind))
        directives.append(
            .passPicture(
                .picture(session: entry.session, lease: entry.lease, image: image, kind: kind), bytes: bytes))
    }

    private mutating func pass(_ shard: ShardID, _ outcomes: [ImageOutcome], _ payload: [UInt8]) {
        tellWorkers(.resultsCommitted(shard: shard))
        guard let entry = held.removeValue(forKey: shard) else { return }
        guard let work = stage?.work, case .calibrate(let space, _, _, let order, _) = work else {
            return tellParent(.reported(lease: entry.lease, .scored(outcomes, pictures: entry.pictures.count)))
        }
        // The workers' core has looked at it.
        let calibration = CalibrationPayload(
            bytes: payload, images: outcomes.count, rules: order.rules.count, patches: space.patches,
            lots: work.lotsLeftOut)
        tellParent(
            .reported(
                lease: entry.lease,
                calibration.map { .calibrated(outcomes, $0) } ?? .abandoned(reason: "a calibration is not valid")))
    }

    private mutating func pass(_ shard: ShardID, _ failures: [ImageFailure], _ contents: [ImageID: ContentDigest]) {
        tellWorkers(.resultsCommitted(shard: shard))
        guard let entry = held.removeValue(forKey: shard) else { return }
        let inOrder = contents.sorted { $0.key < $1.key }.map(\.value)
        tellParent(.reported(lease: entry.lease, .identified(failures: failures, contents: inOrder)))
    }

    // MARK: What follows from both

    /// After every event: what the one side waits for and the other may have done.
    private mutating func lookAround() {
        let room = workers.room
        tellOfRoom(room)
        if let handover, !isOffered {
            if workers.isAllSafe {
                isOffered = true
                directives.append(
                    .offer(
                        session: handover.session, upload: handover.upload, chunkPatches: handover.chunkPatches))
            } else if !workers.isGathering {
                tellWorkers(.gather)
            }
        }
        // Nobody does what is in hand.
        if room > 0 || held.isEmpty || workers.isAllSafe {
            stranded = nil
        } else if now.since(stranded ?? now) >= Self.patience {
            beginAnew("no worker is ready")
        } else {
            stranded = stranded ?? now
        }
    }

    private mutating func tellOfRoom(_ room: Int) {
        if room != parent.mostLeases { tellParent(.room(room)) }
        guard let number = isPreparing else {
            // It said that no worker can do it, and now one can.
            if let unfit = unfitFor, room > 0, parent.stage?.number == unfit { beginAnew("a worker is ready") }
            return
        }
        if room > 0 {
            isPreparing = nil
            tellParent(.prepared(stage: number))
        } else if let reason = workers.reasonOfAll {
            (isPreparing, unfitFor) = (nil, number)
            tellParent(.ineligible(stage: number, reason: reason))
        }
    }

    private mutating func beginAnew(_ reason: String) {
        directives.append(.beginsAnew(reason: reason))
        (held, stranded, unfitFor) = ([:], nil, nil)
        tellParent(.beginAnew)
    }
}
