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

    enum Pending: Sendable {
        case parent(WorkerEvent)
        case workers(CoordinatorEvent)
    }

    /// Without a worker that is ready for so long, what is in hand is given up, so that others do it.
    public static let patience: Int64 = 60_000
    static let deathsBeforeBeginningAnew = 3

    let limits: CoordinatorLimits
    var now = Instant.start
    var directives: [RelayDirective] = []
    var pending: [Pending] = []
    var parent: WorkerCore
    var workers: CoordinatorCore
    private var seeds: SplitMix64
    /// As the relays behind it hear of it.
    let identity: RelayIdentity
    /// It and those above it, as the parent said last.
    var chain: [RelayIdentity]
    var epoch: Int64 = 1

    var held: [ShardID: Held] = [:]
    var nextShard: ShardID = 1
    /// The stage of the parent that is made ready for, until a worker is ready.
    var isPreparing: Int?
    var unfitFor: Int?
    var stage: Stage?
    var stageNumber = 0
    var handover: Handover?
    var isOffered = false
    /// Since when something is in hand and no worker is ready.
    var stranded: Instant?
    /// How many leases its workers can hold, as the parent was told, and how many of them are ready.
    var room = (leases: 0, ready: 0)
    /// A look at all workers is due.
    var isRoomStale = true
    private var isTick = false
    /// Of the parent's event under way: whether one worker is to have the shard and nothing else.
    var isDealtAlone = false
    /// Images that workers do not have.
    var images = RelayedImages()
    /// Why no sums can be kept; nil where they can.
    var setback: Setback?
    /// How often that was so since the parent last had sums.
    var setbacks = 0
    var isStopping = false
    var isOver = false

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
        // Of 52 bits, so that every JSON reader has it exact.
        self.identity = RelayIdentity(id: Int64(incarnation & (1 << 52 - 1)), name: name)
        seeds = SplitMix64(seed: seed)
        workers = CoordinatorCore(limits: limits, epoch: epoch, sessionSeed: seeds.next())
        (chain, workers.relays) = ([self.identity], [self.identity])
        self.limits = limits
    }

    /// A core for workers that begin anew.
    mutating func renewWorkers() {
        epoch += 1
        workers = CoordinatorCore(limits: limits, epoch: epoch, sessionSeed: seeds.next())
        workers.relays = chain
    }

    private static let instructionSet = "relay"

    /// Whether a `hello` with that `instructionSet` is a relay's.
    public static func isInstructionSet(_ name: String) -> Bool { name.hasPrefix(instructionSet + " ") }

    public mutating func handle(_ event: RelayEvent, at moment: Instant) -> [RelayDirective] {
        guard !isOver else { return [] }
        now = max(now, moment)
        directives = []
        isRoomStale = isRoomStale || event.mayChangeRoom
        switch event {
        case .parent(let event):
            pending.append(.parent(event))
            if case .received(let message, let payload) = event { passImages(message, payload) }
            if case .received(.heartbeat(let session, _, let queue), _) = event { heard(ofQueue: queue, in: session) }
        // A picture of a session that is over.
        case .workers(.artifactStored) where workers.artifactsWaiting == 0: break
        case .workers(let event): pending.append(.workers(event))
        case .tick:
            isTick = true
            pending += [.parent(.tick), .workers(.tick)]
            lookAtScratch()
        case .scratchFailed(let reason): scratchFailed(reason)
        case .scratchUsable(let files): scratchUsable(files: files)
        case .stop:
            isStopping = true
            pending.append(.parent(.stop))
        }
        workOn()
        isTick = false
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
                case .parent(let event): tell(parent: event)
                case .workers(let event): for directive in workers.handle(event, at: now) { carryOut(directive) }
                }
            }
            if !isOver { lookAround() }
        } while !pending.isEmpty && !isOver
    }

    private mutating func tell(parent event: WorkerEvent) {
        let stageBefore = parent.stage?.number
        let said = parent.handle(event, at: now)
        // What is in hand of a stage that the parent has left counts for nothing, though the next one is not made ready yet.
        if parent.stage?.number != stageBefore { letGo() }
        // Before its workers hear that they are to begin anew.
        if case .received(.welcome(let session, _, _, let relays), _) = event,
            parent.life == .serving(session: session), !isBelow(relays)
        {
            return
        }
        if case .received(.deal(_, _, _, alone: true), _) = event { isDealtAlone = true }
        for directive in said { carryOut(directive) }
        isDealtAlone = false
    }

    mutating func tellParent(_ event: WorkerEvent) { pending.append(.parent(event)) }
    mutating func tellWorkers(_ event: CoordinatorEvent) { pending.append(.workers(event)) }

    /// After every event: what the one side waits for and the other may have done.
    private mutating func lookAround() {
        if isRoomStale {
            isRoomStale = false
            tellOfRoom(workers.room, ready: workers.readyWorkers)
            tellOfInstructionSets()
        }
        requestImages(lookingForLate: isTick)
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
        if room.leases > 0 || held.isEmpty || workers.isAllSafe {
            stranded = nil
        } else if now.since(stranded ?? now) >= Self.patience {
            beginAnew("no worker is ready")
        } else {
            stranded = stranded ?? now
        }
    }

    private mutating func tellOfRoom(_ room: Int, ready: Int) {
        // With the same workers a number that is somewhat smaller is not said: it may rise again with the next report.
        let isOther = ready != self.room.ready || room > self.room.leases || 5 * room < 2 * self.room.leases
        if isOther || parent.mostLeases == nil {
            self.room = (room, ready)
            if room != parent.mostLeases { tellParent(.room(room)) }
        }
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

    mutating func beginAnew(_ reason: String) {
        directives.append(.beginsAnew(reason: reason))
        (held, stranded, unfitFor) = ([:], nil, nil)
        images = RelayedImages()
        tellParent(.beginAnew)
    }
}
