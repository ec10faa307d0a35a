import Storage

/// A worker's rules, as a value: events in, directives out. No socket, file, thread, clock or chance inside.
///
/// It says `hello` until it is welcomed; makes ready for the stage (fetching the blobs its cache lacks); works on the shards
/// it is dealt, in order; and keeps every report until it is acknowledged. Sums stay until the coordinator has committed
/// them. Fenced, it forgets everything and starts again.
public struct WorkerCore: Sendable {
    enum Life: Equatable, Sendable {
        /// Saying hello; the last time at this moment.
        case joining(lastSent: Instant?)
        case serving(session: SessionID)
        case over
    }

    /// A report not yet acknowledged.
    struct Report: Sendable {
        let content: ShardReport
        var lastSent: Instant
        /// How often it was sent again over this connection.
        var repeats = 0
    }

    public let identity: WorkerIdentity
    /// Seconds without a message from the coordinator after which the worker gives up.
    public let giveUpSeconds: Int64
    /// Whether the worker stays for the next job.
    public let stays: Bool

    let retry: Int64 = 3_000
    private let farewell: Int64 = 15_000
    var now = Instant.start
    var directives: [WorkerDirective] = []
    var life = Life.joining(lastSent: nil)
    var lastReceived: Instant?
    var incarnation: UInt64
    private var heartbeat: Int64 = 1_000
    private var beat = Instant.start
    /// A heartbeat is due, also in the first second.
    private static let longAgo = Instant(milliseconds: .min / 2)
    var leaving: Instant?
    private var lastTick: Instant?

    var stage: Stage?
    var isPrepared = false
    /// Whether it writes its sums into the job's directory itself.
    var writesSums = false
    var ineligibleReason: String?
    var awaited: [Blob] = []
    var fetch: BlobFetch?
    /// Leases begun or waiting, without a report.
    var working: Set<LeaseID> = []
    var reports: [LeaseID: Report] = [:]
    /// The leases reported last.
    var closed = ReportedLeases()
    /// How many leases can be held at once, of a relay; nil: as many as any worker holds.
    var mostLeases: Int?
    /// Of a relay: those of the workers behind it; nil where there are none.
    var instructionSets: [String]?
    /// The highest lease that was dealt in this session.
    var newestLease: LeaseID?
    /// The newest one when the stage began: a deal of an older one comes late, for numbers only rise.
    var newestOfLastStage: LeaseID?
    var upload: SumsUpload?
    /// The highest upload that was asked for in this session.
    var lastUpload: UploadID?
    /// Images of shards in hand that come from the coordinator.
    var images = ImageFetches()

    /// - Parameter incarnation: a number drawn at random for this process; it is counted up at every new start.
    public init(identity: WorkerIdentity, incarnation: UInt64, giveUpSeconds: Int64 = 600, stays: Bool = false) {
        self.identity = identity
        self.incarnation = incarnation
        self.giveUpSeconds = giveUpSeconds
        self.stays = stays
    }

    public mutating func handle(_ event: WorkerEvent, at moment: Instant) -> [WorkerDirective] {
        now = max(now, moment)
        if lastReceived == nil { lastReceived = now }
        directives = []
        guard life != .over else { return [] }
        switch event {
        case .received(let message, let payload):
            lastReceived = now
            receive(message, payload)
        case .tick: noticeAbsence()
        case .connected: introduce()
        case .blobReady(let blob): blobReady(blob)
        case .blobAbsent(let blob):
            // It may have been sought for an earlier stage, and be another than the next one that is needed.
            if awaited.first == blob, fetch == nil { fetch = BlobFetch(blob) }
        case .blobUnusable(let blob, let reason): if awaited.contains(blob) { declareIneligible(reason) }
        case .prepared(let number, let writes): prepared(number, writesSums: writes)
        case .ineligible(let number, let reason): if stage?.number == number { declareIneligible(reason) }
        case .reported(let lease, let report): reported(lease, report)
        case .filled(let number, let file): filled(number, file)
        case .stored(let number, let sums): stored(number, sums)
        case .notStored(let number): notStored(number)
        case .wantImage(let image): want(image)
        case .worked(let time):
            if case .serving(let session) = life, let stage {
                send(.worked(session: session, stage: stage.number, time: time))
            }
        case .room(let leases): tell(room: leases)
        case .instructionSets(let sets): tell(instructionSets: sets)
        case .beginAnew: if case .serving = life { restart() }
        case .stop: leave()
        }
        keepGoing()
        assert(checkInvariants() == nil, checkInvariants() ?? "")
        return directives
    }

    /// Says what is due: hello, heartbeat, requests, reports that were not acknowledged.
    private mutating func keepGoing() {
        if let lastReceived, now.since(lastReceived) >= giveUpSeconds * 1_000 {
            return end(.abandoned(afterSeconds: giveUpSeconds))
        }
        // Asked to leave, it does not wait long for a coordinator that may be gone itself.
        if leaving != nil, let lastReceived, now.since(lastReceived) >= farewell { return end(.dismissed) }
        switch life {
        case .over: break
        case .joining(let lastSent):
            if let lastSent, now.since(lastSent) < retry { return }
            life = .joining(lastSent: now)
            send(
                .hello(
                    version: Wire.version, incarnation: incarnation, name: identity.name, threads: identity.threads,
                    instructionSet: identity.instructionSet))
        case .serving(let session):
            if now.since(beat) >= heartbeat {
                beat = now
                let unacknowledged = working.union(reports.keys).sorted()
                send(
                    .heartbeat(
                        session: session, stage: isPrepared ? stage?.number : nil, leases: unacknowledged,
                        newest: newestLease,
                        upload: upload?.number, mostLeases: mostLeases, instructionSets: instructionSets))
                if leaving != nil { send(.leaving(session: session)) }
                if let stage, let ineligibleReason {
                    send(.unfit(session: session, stage: stage.number, reason: ineligibleReason))
                }
            }
            for request in fetch?.requests(at: now, retry: retry) ?? [] {
                guard let blob = fetch?.blob else { break }
                send(.fetch(session: session, blob: blob, offset: request.offset, count: request.count))
            }
            for request in images.requests(at: now, retry: retry) {
                let image = request.image
                send(
                    .fetchImage(
                        session: session, lease: image.lease, image: image.image, part: image.part,
                        offset: request.offset, count: request.count))
            }
            // A coordinator that is slow to answer is not made faster by repeats.
            for (lease, report) in reports.sorted(by: { $0.key < $1.key })
            where now.since(report.lastSent) >= retry << min(report.repeats, 3) {
                send(report.content, lease, session, repeats: report.repeats + 1)
            }
        }
    }

    /// Before it says that it is ready, or has done a shard: else it would be dealt less than it can hold.
    private mutating func tell(room leases: Int) {
        guard leases != mostLeases else { return }
        mostLeases = leases
        beat = Self.longAgo
    }

    private mutating func tell(instructionSets sets: [String]) {
        instructionSets = sets.isEmpty ? nil : sets
        beat = Self.longAgo
    }

    /// A process that was stopped for a while has received nothing in that time, which says nothing about the coordinator.
    private mutating func noticeAbsence() {
        if let lastTick, now.since(lastTick) >= farewell { lastReceived = now }
        lastTick = now
    }

    /// Over a new connection the coordinator is told at once who this is.
    private mutating func introduce() {
        if case .joining = life { life = .joining(lastSent: nil) }
        beat = .start
        for lease in reports.keys { reports[lease]?.repeats = 0 }
    }

    private mutating func receive(_ message: CoordinatorMessage, _ payload: [UInt8]) {
        let message = message.cleaned
        if case .misunderstood(let reason) = message { return directives.append(.misunderstood(reason: reason)) }
        switch life {
        case .joining: receiveWhileJoining(message)
        case .serving(let session): receive(message, payload, in: session)
        case .over: break
        }
    }

    private mutating func receiveWhileJoining(_ message: CoordinatorMessage) {
        switch message {
        case .welcome(let session, let welcomed, let interval, _) where welcomed == incarnation:
            beat(every: interval)
            // Numbers rise within a job; the next job's begin anew.
            closed = ReportedLeases()
            (newestLease, newestOfLastStage) = (nil, nil)
            lastUpload = nil
            beat = now
            life = .serving(session: session)
            directives.append(.reset)
        case .refused(let reason): end(.refused(reason))
        case .done: jobIsDone()
        default: break
        }
    }

    private mutating func receive(_ message: CoordinatorMessage, _ payload: [UInt8], in session: SessionID) {
        // What was sent in an earlier session is void.
        if let spoken = message.session, spoken != session { return }
        switch message {
        case .fenced: restart()
        case .done: jobIsDone()
        case .prepare(_, let stage): prepare(stage)
        case .piece(let blob, let offset): piece(blob, offset, payload)
        case .imagePiece(_, let lease, let image, let part, let offset, let size, let digest):
            imagePiece(ServedImage(lease: lease, image: image, part: part), offset, payload, size, digest)
        case .imageUnavailable(_, let lease, let image, let part, let reason):
            imageUnavailable(ServedImage(lease: lease, image: image, part: part), reason)
        case .deal(_, let lease, let images, _): dealt(session, lease, images)
        case .dealRange(_, let lease, let first, let count): dealtRange(session, lease, first, count)
        case .acknowledged(_, let lease): reports[lease] = nil
        case .checkpoint(_, let number, let chunkPatches): checkpoint(session, number, chunkPatches)
        case .send(_, let number, let chunks): sendChunks(session, number, chunks)
        case .committed(_, let number): committed(number)
        case .heartbeat(_, let interval, _): if let interval { beat(every: interval) }
        case .welcome, .refused, .misunderstood: break
        }
    }

    private mutating func beat(every interval: Int64) { heartbeat = min(max(interval, 50), 60_000) }

    mutating func send(_ message: WorkerMessage, payload: [UInt8] = []) {
        directives.append(.send(message, payload: payload))
    }
}
