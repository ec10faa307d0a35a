import Cluster
import Compute
import Foundation
import Gaussian
import JobRules
import Journal
import Link
import LiveStatus
import Logging
import Storage
import Transport

/// The coordinator's shell: carries messages between the network, the core and the disk. All of it runs on the event loop's
/// thread; the rules are in `CoordinatorCore`, the disk in `Archive`.
actor Coordinator {
    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    var core: CoordinatorCore
    var blobs = BlobStore()
    let journal: Journal
    let logger: Logger
    let workerTimeout: Duration
    /// Whether no worker but those started here can come.
    let isClosed: Bool
    /// Whether workers are sent images that they do not see.
    let servesImages: Bool
    var server: Server?
    var archive: Archive?
    /// Nil where workers read all images themselves.
    var imageSender: ImageSender?
    var addresses = PeerRegistry<Peer>()
    private let clock = ContinuousClock.now
    private var clockwork: LoopTimer?
    var ticks = 0

    var stage: ActiveStage?
    /// The merge under way, for which no stage is.
    var merging: CheckedContinuation<MergeEnd, any Error>?
    var stageNumber = 0
    /// Of the images of the stage that was opened last. What workers hand over after its end is still of these.
    var role: ImageRole?
    var reporter: ProgressReporter
    var wait: WorkerWait
    var fromWorkers = FromWorkers()
    var workerLog: WorkerEventLog
    /// Workers that joined, and that were lost.
    var workersSeen: (joined: Int, died: Int) { (workerLog.joined, workerLog.died) }
    /// By stage, the share of the compute threads' time in which they waited.
    var waited: [(label: String, share: Double)] { reporter.waited }
    /// Of the course of the job, for those who show it.
    var book = RunBook()
    /// Nil: nobody shows it, and nothing is kept.
    let monitor: JobMonitor?
    /// Which job of a series it is of.
    let jobNumber: Int
    /// Told of a worker that works no more, though its process goes on.
    var onStuck: @Sendable (String) -> Void = { _ in }
    /// Whether workers are to go: the job is over, or somebody asked it to stop.
    private(set) var isEnding = false
    /// Of the audit that was under way last.
    var findings = AuditFindings()
    /// What ended the job while no stage was under way.
    var pendingError: (any Error)?

    init(
        loop: EventLoop, limits: CoordinatorLimits, epoch: Int64, isCareful: Bool,
        distrusted: [String: String] = [:], journal: Journal,
        workerTimeout: Duration, isClosed: Bool, servesImages: Bool, forcedSet: InstructionSet?,
        computesIntegers: @escaping @Sendable () -> Bool, monitor: JobMonitor? = nil, logger: Logger
    ) {
        self.monitor = monitor
        jobNumber = monitor?.number ?? 0
        reporter = ProgressReporter(isSilent: logger.logLevel > .info)
        workerLog = WorkerEventLog(forcedSet: forcedSet, computesIntegers: computesIntegers)
        self.loop = loop
        core = CoordinatorCore(
            limits: limits, epoch: epoch, sessionSeed: UInt64.random(in: 0...UInt64.max),
            isCareful: isCareful, distrusted: distrusted)
        self.journal = journal
        self.workerTimeout = workerTimeout
        self.isClosed = isClosed
        self.servesImages = servesImages
        wait = WorkerWait(milliseconds: workerTimeout.components.seconds * 1_000, isClosed: isClosed)
        self.logger = logger
    }

    /// Binds the endpoint and begins to listen.
    /// - Returns: the endpoint with the port that was picked.
    func listen(_ makeServer: @Sendable (EventLoop, @escaping Server.Handler) throws -> Server) throws -> Endpoint {
        // Disk, server and clock hold the coordinator until it is closed.
        archive = try Archive(journal: journal) { result in
            self.loop.perform { self.assumeIsolated { $0.heard(fromDisk: result) } }
        }
        if servesImages {
            imageSender = ImageSender { request, message, payload in
                self.loop.perform {
                    self.assumeIsolated { $0.send(message, payload: payload, to: request.address) }
                }
            }
        }
        let server = try makeServer(loop) { frames, peer in self.assumeIsolated { $0.received(frames, from: peer) } }
        self.server = server
        clockwork = loop.every(.milliseconds(250)) { self.assumeIsolated { $0.tick() } }
        return server.boundEndpoint
    }

    func serve(_ path: String, digest: Digest? = nil) throws -> Blob { try blobs.add(path, digest: digest) }

    /// Serves a file no more.
    func withdraw(_ blob: Blob) { blobs.remove(blob) }

    /// Runs a stage to its end.
    /// - Parameters:
    ///   - total, before: images of the whole role, and those done in earlier runs, for the progress line.
    ///   - members: which images the model has, where one is calibrated by others as well.
    ///   - epsilon: what the model adds to the diagonal of the sums' covariances, where the stage makes sums.
    func run(
        _ work: Work, _ stage: JobStage, _ toDo: ShardsToDo, total: Int, before: Int, instructionSet: InstructionSet?,
        members: ImageMultiset? = nil, epsilon: Double = 0
    ) async throws {
        if let pendingError { throw pendingError }
        stageNumber += 1
        role = stage.role
        let opened = Stage(
            number: stageNumber, work: work, instructionSet: instructionSet?.rawValue, servesImages: servesImages)
        var order: InspectionOrder?
        if case .inspect(_, _, let wanted) = work { order = wanted }
        var leavesLotsOut = false
        if case .calibrate(_, _, _, let wanted, _) = work { leavesLotsOut = wanted.leavesLotsOut }
        if case .accumulate(let space, _, _, let audit) = work {
            let weights = try audit.map {
                try FingerprintWeights(seed: $0.seed, patches: space.patches, dimension: space.dimension)
            }
            archive?.expect(space, epsilon: epsilon, weights: weights)
        }
        let (ordered, leaves) = (order, leavesLotsOut)
        try await run(stage, total: total, before: before, by: .openStage(opened, toDo)) { ending in
            ActiveStage(
                stage: stage, order: ordered, mostFailures: toDo.mostFailures, leavesLotsOut: leaves,
                members: members, ending: ending)
        }
    }

    /// Opens a stage, and waits until it ends.
    func run(
        _ stage: JobStage, label: String? = nil, total: Int, before: Int, by event: CoordinatorEvent,
        _ makeStage: (CheckedContinuation<Void, any Error>) -> ActiveStage
    ) async throws {
        let label = label ?? stage.label
        reporter.begin(label, total: total, before: before)
        show { $0.begin(label, total: total, before: before, at: $1) }
        wait.begin(at: now)
        workerLog.ineligibleReason = nil
        defer { reporter.end() }
        try await withCheckedThrowingContinuation { continuation in
            self.stage = makeStage(continuation)
            feed(event)
        }
    }

    /// Whether a worker has a session.
    var hasWorkers: Bool { core.progress.workers > 0 }

    /// Waits until the disk has done all that it was asked.
    func settle() async { await archive?.settle() }

    /// Has workers leave; without it they wait for the coordinator to come back.
    func dismiss() {
        isEnding = true
        feed(.finish)
    }

    /// Ends the service.
    /// - Parameter isAlone: whether no worker is there any more.
    func close(isAlone: Bool = false) async {
        isEnding = true
        // Time for the last messages to be sent, and for workers that write once more to be answered; on this machine both are quick.
        if !isAlone { try? await Task.sleep(for: .milliseconds(isClosed ? 20 : 300)) }
        server?.close(linger: .seconds(1))
        // Server, clock and disk hold the coordinator, and another one may follow it in this process.
        server = nil
        clockwork?.cancel()
        (clockwork, archive, imageSender) = (nil, nil, nil)
    }

    func stop() {
        isEnding = true
        logger.notice("stopping: workers finish what they have in hand and hand it over; once more stops at once")
        feed(.stop(.requested))
    }

    /// - Returns: whether the worker was ever ready to work.
    func processEnded(_ name: String) -> Bool {
        feed(.processEnded(name: name))
        return workerLog.ready.contains(name)
    }

    /// Has somebody told of workers that work no more, by their names.
    func whenStuck(_ tell: @escaping @Sendable (String) -> Void) { onStuck = tell }

    /// Ends the stage under way with an error.
    func fail(_ error: any Error) { end(.failure(error)) }

    func end(_ result: Result<Void, any Error>) {
        guard let ended = stage else {
            if endMerge(result.map { .done(isStillWritten: core.mayStillMerge) }) { return }
            if case .failure(let error) = result, pendingError == nil { pendingError = error }
            return
        }
        let progress = core.progress
        reporter.update(done: progress.imagesDone, failures: progress.failures, workers: progress.workers, force: true)
        stage = nil
        observe()
        show { $0.end(at: $1) }
        ended.ending.resume(with: result)
    }

    func feed(_ event: CoordinatorEvent) {
        for directive in core.handle(event, at: now) { carryOut(directive) }
    }

    var now: Instant {
        let elapsed = clock.duration(to: .now).components
        return Instant(milliseconds: elapsed.seconds * 1_000 + elapsed.attoseconds / 1_000_000_000_000_000)
    }

    /// Says so where the inversion's bits are not those of the workers' sums.
    func willInvert(on set: InstructionSet) { workerLog.expect(set.rawValue, logger) }
}
