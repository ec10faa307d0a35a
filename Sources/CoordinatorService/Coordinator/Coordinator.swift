import Cluster
import Compute
import Foundation
import Gaussian
import Journal
import Link
import Logging
import Storage
import Transport

/// The coordinator's shell: carries messages between the network, the core and the disk. All of it runs on the event loop's
/// thread; the rules are in `CoordinatorCore`, the disk in `Archive`.
actor Coordinator {
    /// How a stage ended.
    enum Ending: Sendable {
        case done
        /// A calibration stage's result.
        case calibrated(Calibration)
    }

    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    var core: CoordinatorCore
    var shelf = BlobShelf()
    let journal: Journal
    let logger: Logger
    let workerTimeout: Duration
    /// Whether no worker but those started here can come.
    let isClosed: Bool
    private var server: Server?
    private var archive: Archive?
    private var addresses = AddressBook<Peer>()
    private let clock = ContinuousClock.now

    private var stage: StageInHand?
    private var stageNumber = 0
    private var reporter = ProgressReporter()
    private var lastFit = ContinuousClock.now
    private var hinted = false
    private var ceiling = MapCeiling()
    private var census: WorkerCensus
    /// Workers that joined, and that were lost.
    var workersSeen: (joined: Int, died: Int) { (census.joined, census.died) }
    /// By stage, the share of the compute threads' time in which they waited.
    var waited: [(label: String, share: Double)] { reporter.waited }
    /// Told of a worker that works no more, though its process goes on.
    private var onStuck: @Sendable (String) -> Void = { _ in }
    /// Whether workers are to go: the job is over, or somebody asked it to stop.
    private(set) var isEnding = false
    /// What ended the job while no stage was under way.
    private var doom: (any Error)?

    private struct StageInHand {
        let order: InspectionOrder?
        let role: ImageRole
        let mostFailures: Int
        let unusable: [Int64: String]
        let ending: CheckedContinuation<Ending, any Error>
    }

    init(
        loop: EventLoop, limits: CoordinatorLimits, epoch: Int64, isCareful: Bool, journal: Journal,
        workerTimeout: Duration, isClosed: Bool, forcedSet: String?, logger: Logger
    ) {
        census = WorkerCensus(forcedSet: forcedSet)
        self.loop = loop
        core = CoordinatorCore(
            limits: limits, epoch: epoch, sessionSeed: UInt64.random(in: 0...UInt64.max),
            isCareful: isCareful)
        self.journal = journal
        self.workerTimeout = workerTimeout
        self.isClosed = isClosed
        self.logger = logger
    }

    /// Binds the endpoint and begins to listen.
    /// - Returns: the endpoint with the port that was picked.
    func listen(_ makeServer: @Sendable (EventLoop, @escaping Server.Handler) throws -> Server) throws -> Endpoint {
        // Disk, server and clock hold the coordinator until the job, and the process, end.
        archive = Archive(journal: journal) { result in
            self.loop.perform { self.assumeIsolated { $0.heard(fromDisk: result) } }
        }
        let server = try makeServer(loop) { frames, peer in self.assumeIsolated { $0.received(frames, from: peer) } }
        self.server = server
        loop.every(.milliseconds(250)) { self.assumeIsolated { $0.tick() } }
        return server.boundEndpoint
    }

    func serve(_ path: String, digest: Digest? = nil) throws -> Blob { try shelf.add(path, digest: digest) }

    /// Runs a stage to its end.
    /// - Parameters:
    ///   - total, before: images of the whole role, and those done in earlier runs, for the progress line.
    ///   - unusable: images that are not to be used though they may be readable, and why.
    func run(
        _ work: Work, label: String, role: ImageRole, _ toDo: ShardsToDo, total: Int, before: Int,
        instructionSet: String?, unusable: [Int64: String] = [:]
    ) async throws -> Ending {
        if let doom { throw doom }
        stageNumber += 1
        let opened = Stage(number: stageNumber, work: work, instructionSet: instructionSet)
        var order: InspectionOrder?
        if case .inspect(_, _, let wanted) = work { order = wanted }
        if case .accumulate(let space, let grid, _) = work { archive?.expect(space, grid) }
        reporter.begin(label, total: total, before: before)
        lastFit = .now
        census.unfitReason = nil
        defer { reporter.end() }
        let ending: Ending = try await withCheckedThrowingContinuation { continuation in
            stage = StageInHand(
                order: order, role: role, mostFailures: toDo.mostFailures, unusable: unusable, ending: continuation)
            feed(.openStage(opened, toDo))
        }
        // The next stage begins with what the journal says: a split that still waits for the disk belongs to that.
        await archive?.settle()
        return ending
    }

    /// Ends the service.
    /// - Parameter dismissing: whether workers are to leave; else they wait for the coordinator to come back.
    func close(dismissing: Bool) async {
        isEnding = true
        if dismissing { feed(.finish) }
        archive?.drain()
        // Time for the last words to leave, and for those who speak once more to be answered; on this machine both are quick.
        try? await Task.sleep(for: .milliseconds(isClosed ? 20 : 300))
        server?.close(linger: .seconds(1))
        server = nil
    }

    func stop() {
        isEnding = true
        logger.notice("stopping: workers finish what they have in hand and hand it over; once more stops at once")
        feed(.stop(.requested))
    }

    /// - Returns: whether the worker was ever ready to work.
    func processEnded(_ name: String) -> Bool {
        feed(.processEnded(name: name))
        return census.ready.contains(name)
    }

    /// Has somebody told of workers that work no more, by their names.
    func whenStuck(_ tell: @escaping @Sendable (String) -> Void) { onStuck = tell }

    /// Ends the stage under way with an error.
    func fail(_ error: any Error) { end(.failure(error)) }

    private func received(_ frames: Frames, from peer: Peer) {
        do {
            let (message, payload) = try frames.message(as: WorkerMessage.self)
            hear(message, payload, from: peer)
        } catch {
            if let hello = frames.foreignGreeting { return hear(hello, [], from: peer) }
            logger.debug("dropped a message from \(peer): \(error)")
        }
    }

    private func hear(_ message: WorkerMessage, _ payload: [UInt8], from peer: Peer) {
        let address = addresses.address(of: peer)
        feed(.received(message, payload: payload, from: address))
        // It was answered; whoever has no session is a stranger the next time as well.
        if !core.hasSession(address) { addresses.forget(peer) }
    }

    private func heard(fromDisk result: Result<CoordinatorEvent, any Error>) {
        switch result {
        case .success(let event): feed(event)
        case .failure(let error):
            end(
                .failure(
                    JobError.failed("\(error). What was committed before is safe; the same command goes on with it")))
        }
    }

    /// Looked at before every commit: what was computed after a change comes after it.
    private func servesWhatItServed() -> Bool {
        guard stage != nil else { return true }
        do {
            try shelf.requireUnchanged()
            return true
        } catch {
            end(.failure(JobError.failed("\(error)")))
            return false
        }
    }

    private func tick() {
        guard servesWhatItServed() else { return }
        feed(.tick)
        addresses.keep(where: core.hasSession)
        let progress = core.progress
        if progress.fitWorkers > 0 || stage == nil { lastFit = .now }
        reporter.update(done: progress.imagesDone, failures: progress.failures, workers: progress.workers)
        complainOfNoWorker(progress.workers)
    }

    private func complainOfNoWorker(_ workers: Int) {
        guard stage != nil, let endpoint = server?.boundEndpoint else { return }
        let alone = lastFit.duration(to: .now)
        let reason = census.unfitReason.map { "no worker can do this job: \($0)" } ?? "no worker is connected"
        if isClosed, workers > 0, core.progress.fitWorkers == 0, census.unfitReason != nil {
            return end(.failure(JobError.failed(reason)))
        }
        if alone > .seconds(10), !hinted, !isClosed {
            hinted = true
            logger.notice("\(reason); start one with: padim-worker --connect \(endpoint)")
        }
        if alone > workerTimeout {
            let hint =
                isClosed ? "look at the workers' messages above" : "start one with: padim-worker --connect \(endpoint)"
            end(.failure(JobError.failed("\(reason) within \(workerTimeout.components.seconds) s; \(hint)")))
        }
    }

    private func end(_ result: Result<Ending, any Error>) {
        guard let ended = stage else {
            if case .failure(let error) = result, doom == nil { doom = error }
            return
        }
        let progress = core.progress
        reporter.update(done: progress.imagesDone, failures: progress.failures, workers: progress.workers, force: true)
        stage = nil
        ended.ending.resume(with: result)
    }

    private func feed(_ event: CoordinatorEvent) {
        let elapsed = clock.duration(to: .now).components
        let moment = Moment(milliseconds: elapsed.seconds * 1_000 + elapsed.attoseconds / 1_000_000_000_000_000)
        for directive in core.handle(event, at: moment) { carryOut(directive) }
    }

    private func carryOut(_ directive: CoordinatorDirective) {
        switch directive {
        case .send(let message, let address): send(message, to: address)
        case .deal(let session, let lease, let shard, let address): deal(session, lease, shard, to: address)
        case .sendPiece(let blob, let offset, let count, let address):
            // What cannot be read now is asked for again; that the file was changed is found at the next tick.
            guard let bytes = try? shelf.piece(blob, offset: offset, count: count) else { return }
            send(.piece(blob: blob, offset: offset), payload: bytes, to: address)
        case .calibrated(let calibration): end(.success(.calibrated(calibration)))
        case .openPartial(let upload, let images, let clamped):
            archive?.openPartial(upload, images: images, clamped: clamped)
        case .storeChunk(let upload, let index, let patches, let bytes):
            archive?.storeChunk(upload, index: index, patches: patches, bytes: bytes)
        case .commitPartial(let upload, let shards, let failures):
            guard servesWhatItServed() else { return }
            let reasons = stage?.unusable ?? [:]
            archive?.commitPartial(
                upload, shards: shards,
                failures: failures.map { ImageFailure(id: $0.id, reason: reasons[$0.id] ?? $0.reason) },
                compacting: core.expectsMoreSums)
        case .dropPartial(let upload): archive?.dropPartial(upload)
        case .storePicture(let image, let kind, let bytes): storePicture(image, kind, bytes)
        case .commitResults(let shard, let outcomes):
            guard let stage, servesWhatItServed() else { return }
            ceiling.look(at: outcomes, stage.order, logger)
            archive?.commitResults(shard, outcomes, order: stage.order)
        case .recordDeaths(let shards): archive?.recordDeaths(shards)
        case .recordInHand(let shards): archive?.recordInHand(shards)
        case .split(let shard, let halves): archive?.split(shard, into: halves)
        case .poison(let image, let shard):
            guard let stage else { return }
            archive?.recordPoison(image, shard: shard, role: stage.role)
        case .stageDone: end(.success(.done))
        case .stopped(let reason): stopped(reason)
        case .note(let note): take(note)
        }
    }

    private func deal(_ session: Int64, _ lease: Int64, _ shard: ShardRange, to address: WorkerAddress) {
        do {
            let images = try journal.images(first: shard.first, count: shard.count).map {
                // No file stands for an image that is not to be used.
                ImageTask(
                    id: $0.id, file: stage?.unusable[$0.id] == nil ? $0.record.file : "",
                    output: $0.record.output ?? "\($0.id)")
            }
            send(.deal(session: session, lease: lease, images: images), to: address)
        } catch {
            end(.failure(error))
        }
    }

    private func storePicture(_ image: Int64, _ kind: Picture, _ bytes: [UInt8]) {
        do {
            let task = try journal.images(first: image, count: 1).first
            let path = task.flatMap { stage?.order?.path(of: kind, output: $0.record.output ?? "\($0.id)") }
            archive?.storePicture(path.map(journal.directory.inside), bytes)
        } catch {
            end(.failure(error))
        }
    }

    private func stopped(_ reason: StopReason) {
        switch reason {
        case .requested: end(.failure(JobError.stopped))
        case .workersGiveUp(let reason): end(.failure(JobError.failed("workers give up again and again: \(reason)")))
        case .tooManyFailures(let count):
            end(.failure(JobError.tooManyFailures(count, most: stage?.mostFailures ?? 0)))
        }
    }

    private func send(_ message: CoordinatorMessage, payload: [UInt8] = [], to address: WorkerAddress) {
        guard let server, let peer = addresses[address] else { return }
        do {
            // What does not fit, or reaches nobody, is lost; what is lost is said again.
            let outcome = server.send(try Frames(message, payload: payload), to: peer)
            if outcome == .gone { addresses.forget(peer) }
            if outcome != .sent { logger.debug("a message to \(peer) was not sent: \(outcome)") }
        } catch {
            // It would be said again for ever.
            end(.failure(JobError.failed("a message cannot be sent: \(error); try a smaller --shard-size")))
        }
    }

    private func take(_ note: CoordinatorNote) {
        census.take(note, logger)
        switch note {
        case .worked(let session, let time): reporter.note(time, of: session)
        case .stuck(let name, _): onStuck(name)
        default: break
        }
    }

    /// Says so where the inversion's bits are not those of the workers' sums.
    func willInvert(on set: InstructionSet) { census.expect(set.rawValue, logger) }
}
