import Gaussian
import Storage

/// The coordinator's rules, as a value: events in, directives out. No socket, file, thread, clock or chance inside.
///
/// The story of a worker: `hello` opens a session (a number never used before); the stage is prepared; shards are dealt under
/// leases; finished shards are either results, committed one by one, or sums, kept by the worker until a checkpoint fetches
/// them chunk by chunk and commits exactly the shards in them. A worker that falls silent is fenced: its session ends,
/// and all it held and had not committed is dealt again.
///
/// Any message may be lost or come twice: heartbeats carry what the worker has in hand, and what it should have and has not
/// is sent again. Sessions are numbers that nobody guesses and no two jobs share: a worker of another job, or of an earlier
/// coordinator of this one, is a stranger. Numbers of leases and uploads carry the epoch, which the journal raises at every
/// start of the coordinator, so that none is ever used twice in a job.
public struct CoordinatorCore: Sendable {
    public let limits: CoordinatorLimits
    var now = Instant.start
    var directives: [CoordinatorDirective] = []
    var workers = Roster()
    var stage: Stage?
    /// Whether shards come while the stage is under way, and who opened it ends it.
    var isOpenEnded = false
    /// Whether all sums of an open-ended stage are due.
    var isGathering = false
    var shards = ShardTable(ShardsToDo(shards: [], lastShard: 0, failures: 0, mostFailures: .max))
    var stopping: StopReason?
    var stopSent = false
    /// The job is over: every further message is answered with `done`.
    var finished = false
    /// Shards of partials on their way to the disk, by upload: they outlive their worker.
    var committing: [UploadID: PartialUnderWay] = [:]
    /// Uploads of this stage whose files were removed because their workers wrote them after their sessions.
    var droppedLate: Set<UploadID> = []
    /// Artifacts given to the disk and not yet reported as written.
    var artifactsWaiting = 0
    /// How often workers gave shards up, by name.
    var abandonedCounts: [String: Int] = [:]
    /// How often workers broke the protocol, by name; and how often in all since something was committed.
    var breaches = NameCounts()
    var breachesInARow = 0
    /// Who reported the results that are on their way to the disk, by shard.
    var reporters: [ShardID: (session: SessionID, name: String)] = [:]
    /// How long workers take in this stage.
    var pace = Pace()
    /// How fast they are, at the last look.
    var fleet = FleetPace()
    var lastSurvey = Instant.start
    /// Of a relay's core: the relay itself, and those between it and the coordinator. Who joins is told.
    var relays: [RelayIdentity] = []
    /// Of an open-ended stage: when the queue that its shards come from will have been dealt; nil while that is not known.
    var queueAboveEnds: Instant?
    /// When a shard was last dealt.
    var lastDealt = Instant.start
    /// Shards that take longer than they should.
    var overdue = OverdueShards()
    /// Of the maps that the stage's scores are taken from.
    var mapBounds: MapBounds?
    /// Of the event under way: workers whose sums became safe.
    var woken: [WorkerAddress] = []
    /// The shards that workers have.
    var inFlight = SortedShards() { didSet { inFlightChanged = true } }
    var inFlightChanged = false
    /// Those that the journal was last asked to record as in flight.
    var requestedInFlight: [ShardID] = []
    /// Those that it has recorded; nil while it writes.
    var recordedInFlight: [ShardID]?
    /// Leases that workers are told of when the journal knows of them, and the sessions they belong to.
    var untold: [LeaseID: SessionID] = [:]
    var uploads: UploadSlots
    /// How long sums are gathered before they are saved.
    var checkpoints: CheckpointPolicy
    /// The turn to end of a worker that has no sums.
    var turnWithoutSums = 0.0
    /// When sums were last asked for.
    var lastCheckpoint = Instant.start
    /// The number of the worker that is asked for its sums next, because no sums were saved for a while.
    var checkpointNext: Int64?
    /// When the stage was opened.
    var stageOpened = Instant.start
    /// Leases of the last merge that were given to workers and not reported by them.
    var unreportedRanges: Set<LeaseID> = []
    /// Workers die of a range of the merge under way.
    var isMergeGivenUp = false
    /// What is known in the audit under way; nil where there is none.
    var hearings: AuditBench?
    /// Since when nobody can do what is left of it.
    var auditStalled: Instant?
    /// Workers, by name, whose work an audit has shown to be wrong, and how.
    var distrusted: [String: String]
    /// Sessions that fetch a blob, and when each last asked.
    var fetchers: [SessionID: Instant] = [:]
    /// Whether the disk is so far behind that nothing is dealt.
    var isHeldUp = false
    /// The last coordinator did not end in order: whatever ended it may end this one before the disk knows what was in hand.
    package let isCareful: Bool
    private var lastTick: Instant?
    private(set) var ticks = 0
    /// Before this no session is over.
    var nextExpiry = Instant.start
    let firstNumber: Int64
    private(set) var lastNumber: Int64
    private var sessionNumbers: SplitMix64

    /// - Parameters:
    ///   - epoch: higher than that of every earlier coordinator of this job, below 2^22.
    ///   - sessionSeed: drawn at random, from which the sessions' numbers follow.
    ///   - isCareful: whether a shard is dealt only when the disk knows that it is in hand.
    ///   - distrusted: names of workers whose work earlier audits have shown to be wrong, and how.
    public init(
        limits: CoordinatorLimits, epoch: Int64, sessionSeed: UInt64, isCareful: Bool = false,
        distrusted: [String: String] = [:]
    ) {
        (self.isCareful, self.distrusted) = (isCareful, distrusted)
        sessionNumbers = SplitMix64(seed: sessionSeed)
        self.limits = limits
        uploads = UploadSlots(most: limits.uploads)
        checkpoints = CheckpointPolicy(
            .init(
                bytesPerSecond: limits.savedPerSecond, lifetime: limits.workerLifetime,
                shortest: limits.checkpointSpacing, longest: limits.checkpointEvery))
        // 2^31 numbers an epoch, all below 2^53, so that every JSON reader has them exact.
        firstNumber = epoch << 31
        lastNumber = firstNumber
    }

    public mutating func handle(_ event: CoordinatorEvent, at moment: Instant) -> [CoordinatorDirective] {
        now = max(now, moment)
        directives = []
        woken = []
        let before = gates
        switch event {
        case .received(let message, let payload, let address): receive(message, payload, from: address)
        case .tick:
            ticks &+= 1
            noticeAbsence()
            expireSilentSessions()
            surveyFleet()
            spreadCheckpoints()
            settleStalledAudit()
        case .openStage(let opened, let toDo):
            open(opened, toDo)
        case .addShards(let added, let deaths): add(added, deaths: deaths)
        case .gather: isGathering = isOpenEnded
        case .openAudit(let opened, let toDo): open(opened, toDo)
        case .chunkStored(let upload, let index): chunkStored(upload, index)
        case .partialCommitted(let upload): partialCommitted(upload)
        case .partialRefused(let upload, let reason): partialRefused(upload, reason)
        case .artifactStored: artifactsWaiting -= 1
        case .resultsCommitted(let shard): resultsCommitted(shard)
        case .resultsRefused(let shard, let reason): resultsRefused(shard, reason)
        case .recordedInFlight(let held):
            recordedInFlight = held
            sendDeals(of: held)
        case .processEnded(let name):
            for address in workers.inOrder where workers[address]?.name == name { expireSession(address) }
        case .stop(let reason): if stopping == nil { stopping = reason }
        case .finish: dismissAll()
        }
        advance(concerned(by: event), before)
        recordInFlight()
        assert(checkInvariants() == nil, checkInvariants() ?? "")
        return directives
    }

    /// How far the stage is, for the progress line.
    public var progress: (imagesDone: Int, failures: Int, workers: Int) {
        (shards.imagesDone, shards.failures, workers.count)
    }

    /// Whether a worker is there that has not said that it cannot do the stage.
    public mutating func hasFitWorker() -> Bool {
        let number = stage?.number
        return workers.contains { $0.ineligibleFor == nil || $0.ineligibleFor != number }
    }

    /// Whether sums are still to come, other than those that are on their way.
    public var expectsMoreSums: Bool { stopping == nil && shards.pending > 0 }

    /// Whether all that workers reported is safe, and nothing is left to do.
    public var isAllSafe: Bool { shards.uncommitted == 0 }

    /// How many leases those workers may hold that are ready for the stage: a fast one as many as it does in the time for which workers have work
    /// in hand.
    public var room: Int {
        guard let number = stage?.number else { return 0 }
        let leases = workers.values.reduce(0) { sum, worker in
            let isReady = worker.prepared == number && worker.ineligibleFor != number && !worker.leaving
            return sum + (isReady ? room(for: worker) : 0)
        }
        return min(leases, Wire.mostLeases)
    }

    /// How many workers are ready for the stage.
    public var readyWorkers: Int {
        guard let number = stage?.number else { return 0 }
        return workers.values.count { $0.prepared == number && $0.ineligibleFor != number && !$0.leaving }
    }

    private func room(for worker: WorkerRecord) -> Int {
        if let mostLeases = worker.mostLeases { return mostLeases }
        guard let rate = worker.pace.rate else { return limits.shardsInFlight }
        let wanted = rate * Double(limits.workInHand) / Double(shards.imagesOfAShard)
        // In steps, so that another number is not said with each report.
        var room = max(1, limits.shardsInFlight)
        while Double(room) < wanted, room < limits.mostShardsInFlight { room *= 2 }
        return min(room, max(limits.shardsInFlight, limits.mostShardsInFlight))
    }

    /// Whether somebody at that address has a session.
    public func hasSession(_ address: WorkerAddress) -> Bool { workers.contains(address) }

    mutating func nextNumber() -> Int64 {
        lastNumber += 1
        return lastNumber
    }

    /// Of 52 bits, so that every JSON reader has them exact.
    mutating func nextSession() -> SessionID { SessionID(rawValue: Int64(sessionNumbers.next() >> 12)) }

    mutating func open(_ opened: Stage, _ toDo: ShardsToDo) {
        stage = opened
        (isOpenEnded, isGathering, queueAboveEnds) = (toDo.isOpenEnded, false, nil)
        (hearings, auditStalled) = (nil, nil)
        shards = ShardTable(toDo)
        mapBounds = toDo.mapBounds
        reporters = [:]
        pace = Pace()
        fleet = FleetPace()
        (lastDealt, lastSurvey, turnWithoutSums) = (now, now, 0)
        overdue = OverdueShards()
        droppedLate = []
        workers.updateAll {
            ($0.pace, $0.turn) = (WorkerPace(), 0)
            $0.leases = [:]
            $0.superseded = [:]
            // Who was not ready for the last stage, or could not do it, is told of this one at once.
            $0.prepareLastSent = nil
        }
        if let sums = opened.work.sums {
            checkpoints.begin(bytes: Int64(Statistics.chunkByteCount(patches: sums.patches, dimension: sums.dimension)))
        }
        inFlight = SortedShards()
        untold = [:]
        (lastCheckpoint, stageOpened) = (now, now)
        (unreportedRanges, isMergeGivenUp) = ([], false)
        evaluateInheritedSuspects(toDo)
    }

    private mutating func add(_ added: [ShardRange], deaths: Int) {
        guard isOpenEnded else { return assertionFailure("shards come in a stage that was to have all of them") }
        isGathering = false
        for range in added { shards.add(range, deaths: deaths) }
    }

    /// A coordinator that was stopped for a while has read no heartbeat in that time: the silence was its own.
    private mutating func noticeAbsence() {
        if let lastTick, now.since(lastTick) >= limits.deadAfter / 2 {
            workers.updateAll { $0.lastReceived = now }
        } else if let lastTick {
            checkpoints.passed(now.since(lastTick), workers: workers.count)
        }
        lastTick = now
    }

    mutating func dismissAll() {
        for address in workers.inOrder {
            if let worker = workers[address] { send(.done(session: worker.session), to: address) }
        }
        forgetWorkers()
        finished = true
    }

    mutating func fenceAll() {
        for address in workers.inOrder {
            if let worker = workers[address] { send(.fenced(session: worker.session), to: address) }
        }
        forgetWorkers()
    }

    private mutating func forgetWorkers() {
        for address in workers.inOrder {
            takeBackLeases(of: address)
            giveBackSums(of: workers[address])
        }
        workers.removeAll()
        fetchers = [:]
        uploads = UploadSlots(most: limits.uploads)
    }

    mutating func note(_ note: CoordinatorNote) { directives.append(.note(note)) }
}
