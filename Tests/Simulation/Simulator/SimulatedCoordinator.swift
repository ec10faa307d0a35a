import Cluster
import JobRules
import Journal
import Storage

/// A coordinator's process: the real cores and the real order of its disk, and around them what `Coordinator` and `JobShell` do.
final class SimulatedCoordinator {
    unowned let world: World
    let life: Int
    let folder: JobFolder
    let born: Int64
    var core: CoordinatorCore
    var archive: SimulatedArchive
    var isAlive = true
    var pausedUntil: Int64 = 0
    var job: JobCore
    let books: JobBooks
    /// The stage that is being worked on.
    var stage: (stage: JobStage, order: InspectionOrder?)?
    /// The merge under way, for which no stage is.
    var merging: SimulatedMerge?
    /// Whether the stage under way computes shards once more.
    var isAuditing = false
    var stageNumber = 0
    /// Of the images of the stage that was opened last.
    var role: ImageRole?
    /// What ended the job while no stage was under way.
    var pendingError: (any Error)?
    var wait: WorkerWait
    var hasHeardOfUnfit = false
    /// How often shards were blamed when it began.
    var attemptsAtStart: [ShardID: Int] = [:]
    /// At its end it wrote that nothing is in hand.
    var hasClearedHands = false
    /// The latest session of each worker, for the flaw that skips the fence; and uploads' retries, for another.
    private var latestSession: [Int: SessionID] = [:]
    private var welcomed: [SessionID: UInt64] = [:]
    private var askedChunks: Set<[Int64]> = []
    private var dealtShards: Set<ShardID> = []
    private var mostWorkers = 0
    /// Who spoke last, and what was in its hands before, for the flaw that blames shards for lies.
    private var accused: (session: SessionID, shards: [ShardID]) = (0, [])

    init(_ world: World, _ folder: JobFolder, life: Int) {
        (self.world, self.folder, self.life) = (world, folder, life)
        born = world.now
        wait = WorkerWait(milliseconds: world.scenario.workerTimeout, isClosed: world.scenario.isToldOfDeaths)
        // Without a draw of its own, so that the seeds keep their stories.
        archive = SimulatedArchive(folder, mostPartials: 2 + world.scenario.limits.window, flaw: world.flaw)
        core = CoordinatorCore(limits: world.scenario.limits, epoch: 0, sessionSeed: 0)
        job = JobCore(stages: folder.stages, directory: "/job\(folder.spec.number)", isWatching: folder.expectsMore)
        books = JobBooks(journal: folder.journal, files: SimulatedFiles(folder, flaw: world.flaw))
    }

    /// Does something later, unless the process is dead by then; one that stands still does it when it goes on.
    func later(_ delay: Int64, _ deed: @escaping (SimulatedCoordinator) -> Void) {
        world.schedule(in: delay) { [weak self] in
            guard let self, isAlive else { return }
            if world.now < pausedUntil { return later(pausedUntil - world.now, deed) }
            deed(self)
        }
    }

    func note(_ words: @autoclosure () -> String) { world.history.note(world.now, "coordinator", words()) }

    func beginToServe(epoch: Int64, isCareful: Bool) {
        let seed = world.flaw == .reuseSessions ? 1 : world.dice.next()
        var limits = world.scenario.limits
        if world.flaw == .overlookTheStuck { limits.stuckAfter = .max }
        if world.flaw == .takeAllSumsAtOnce { limits.uploads = .max }
        core = CoordinatorCore(
            limits: limits, epoch: epoch, sessionSeed: seed, isCareful: isCareful,
            distrusted: folder.journal.value(.distrusted) ?? [:])
        attemptsAtStart = folder.journal.shards.mapValues(\.attempts)
        later(0) { $0.tick() }
    }

    private func tick() {
        feed(.tick)
        guard isAlive else { return }
        if stage != nil {
            switch wait.look(
                at: Instant(milliseconds: world.now), workers: core.progress.workers, hasFit: core.hasFitWorker(),
                isReasonKnown: hasHeardOfUnfit)
            {
            case .goOn, .hint: break
            case .hopeless, .tooLong: end(.failed(JobFailure.noWorker("no worker can work")))
            }
        }
        later(250) { $0.tick() }
    }

    func receive(_ message: WorkerMessage, _ payload: [UInt8], from connection: SimulatedNetwork.Connection) {
        if world.now < pausedUntil {
            return later(pausedUntil - world.now) { $0.receive(message, payload, from: connection) }
        }
        var message = message
        if world.flaw == .skipTheFence, let session = latestSession[connection.worker] {
            message = message.movedTo(session: session)
        }
        if world.flaw == .blameForLies, let session = message.session {
            accused = (session, folder.deaths.shards(of: session))
        }
        folder.deaths.heard(message)
        feed(.received(message, payload: payload, from: connection.address))
    }

    func feed(_ event: CoordinatorEvent) {
        let directives = core.handle(event, at: Instant(milliseconds: world.now - born))
        bookEnds(directives)
        for directive in directives {
            if world.mischief.killsCoordinatorNow() { return world.killCoordinator() }
            carryOut(directive)
            guard isAlive else { return }
        }
        checkBounds()
    }

    private func carryOut(_ directive: CoordinatorDirective) {
        switch directive {
        case .send(let message, let address): send(message, to: address)
        case .deal(let session, let lease, let shard, let address):
            if merging != nil {
                return world.network.send(
                    .dealRange(
                        session: session, lease: lease, first: Int(shard.first.rawValue), count: shard.count), [],
                    to: address)
            }
            if world.flaw == .forgetToDealAgain, !isAuditing, !dealtShards.insert(shard.id).inserted { return }
            if isAuditing {
                folder.checkNew(lease, session, shard)
            } else {
                folder.dealt(lease, session, shard)
                checkCare(shard.id)
            }
            world.network.send(
                .deal(session: session, lease: lease, images: shard.images.map(folder.task)), [], to: address)
        case .sendPiece(let blob, let offset, let count, let address):
            guard let bytes = world.blobs[blob.digest]?.piece(offset: offset, count: count) else { return }
            world.network.send(.piece(blob: blob, offset: offset), bytes, to: address)
        case .sendImagePiece(let session, let image, _, let offset, let count, let address):
            sendImagePiece(session, image, offset, count, to: address)
        case .openPartial(let upload, let images, let clamped, let samples):
            store(.openPartial(upload: upload, images: images, clamped: clamped, samples: samples))
        case .storeChunk(let upload, let index, let patches, let bytes):
            store(.storeChunk(upload: upload, index: index, patches: patches, bytes: bytes))
        case .commitPartial(let upload, let shards, let failures, let contents, let written, let audit):
            guard let role else { return }
            store(
                .commitPartial(
                    upload: upload, shards: shards, role: role, failures: failures, contents: contents,
                    written: written, audit: audit))
            store(.addUpPartials(after: upload, expectsMore: core.expectsMoreSums))
        case .dropPartial(let upload): store(.dropPartial(upload: upload))
        case .storeArtifact(let image, let kind, let lease, let bytes):
            let place = stage?.order?.path(of: kind, output: "\(image)")
            store(.storeArtifact(place: place, lease: lease, bytes: bytes))
        case .dropArtifacts(let shard, let lease):
            guard let order = stage?.order else { return }
            store(.dropArtifacts(shard: shard, lease: lease, order: order))
        case .commitResults(let shard, let outcomes, let artifacts, let payload, let maker):
            guard let (stage, order) = stage else { return }
            folder.deaths.done(shard)
            store(
                .commitResults(
                    shard: shard, role: stage.role, outcomes: outcomes, order: order,
                    artifacts: artifacts, payload: payload?.bytes ?? [], maker: maker))
        case .commitContents(let shard, let failures, let contents):
            guard let role else { return }
            folder.deaths.done(shard)
            store(.commitContents(shard: shard, role: role, failures: failures, contents: contents))
        case .placeRange(let shard, let bytes):
            let first = Int(shard.first.rawValue)
            store(.placeRange(shard: shard.id, patches: first..<first + shard.count, bytes: bytes))
        case .split(let shard, let halves): split(shard, into: halves)
        case .poison(let image, let shard): markPoisoned(image, shard: shard)
        case .recordDeaths(let shards): store(.recordDeaths(shards: shards))
        case .recordInFlight(let shards): store(.recordInFlight(shards: shards))
        case .lookAhead, .folded, .returned: break
        case .stageDone where merging != nil: later(0) { $0.passDone() }
        case .stageDone: end(.stageEnded)
        case .auditDone(_, let findings):
            isAuditing = false
            end(.audited(told(findings)))
        case .stageDeclined: mergeDeclined()
        case .stopped(let reason): end(.failed(JobFailure(reason, most: folder.spec.mostFailures)))
        case .note(let note): took(note)
        }
    }

    /// A thread of its own reads it, and answers when it has.
    private func sendImagePiece(
        _ session: SessionID, _ image: ServedImage, _ offset: Int64, _ count: Int, to address: WorkerAddress
    ) {
        later(world.servingDice.draw(Int64(0)...world.images.slowness)) { process in
            let world = process.world
            guard let known = world.image(process.folder.task(image.image)), world.isReadable(known) else {
                world.tally.count("image not to be had")
                return world.network.send(
                    .imageUnavailable(
                        session: session, lease: image.lease, image: image.image, part: image.part, reason: "unreadable"
                    ),
                    [], to: address)
            }
            let (content, digest) = world.content(of: known)
            let size = content.blob.byteCount
            let bytes = content.piece(offset: offset, count: Int(min(Int64(count), size - offset)))
            world.tally.count("piece of an image served")
            world.network.send(
                .imagePiece(
                    session: session, lease: image.lease, image: image.image, part: image.part, offset: offset,
                    size: size, digest: digest), bytes, to: address)
        }
    }

    private func send(_ message: CoordinatorMessage, to address: WorkerAddress) {
        switch message {
        case .welcome(let session, let incarnation, _, _):
            folder.opened(session: session, isRepeat: welcomed[session] == incarnation)
            welcomed[session] = incarnation
            if let worker = world.network.worker(at: address) { latestSession[worker] = session }
        case .send(_, let upload, let chunks):
            if world.flaw == .askForChunksOnce,
                !chunks.allSatisfy({ askedChunks.insert([upload.rawValue, Int64($0)]).inserted })
            {
                return
            }
        default: break
        }
        world.network.send(message, [], to: address)
    }

    private func took(_ note: CoordinatorNote) {
        self.note("notes \(note)")
        switch note {
        case .died: world.tally.count("worker declared dead")
        case .ineligible, .unconfirmed:
            hasHeardOfUnfit = true
            world.tally.count("worker unfit")
        case .abstains: world.tally.count("worker takes no part in a merge")
        case .abandoned:
            hasHeardOfUnfit = true
            world.tally.count("shard given up")
        case .refused: world.tally.count("worker refused")
        case .suspect:
            world.suspects += 1
            world.tally.count("shard suspected")
        case .dropped(let reason):
            world.tally.count("message refused by the core")
            // Messages that arrive late or twice are dropped, which is expected.
            let isLate = ["a fetch", "a map", "a overlay"].contains { reason.hasPrefix($0) }
            if !isLate { world.violate("an honest worker was not believed: \(reason)") }
        case .breach(_, let session, let reason, _):
            world.tally.count("breach of the protocol")
            if !world.hasLiars { world.violate("an honest worker was not believed: \(reason)") }
            if world.flaw == .blameForLies, session == accused.session, !accused.shards.isEmpty {
                store(.recordDeaths(shards: accused.shards))
            }
        case .distrusted(let name, _):
            world.tally.count("worker found to be wrong")
            if name != world.auditLies.map({ "w\($0.worker)" }) {
                world.violate("worker \(name), which computes what it should, is found to be wrong")
            }
        case .beganAnew: world.tally.count("worker began anew")
        case .sawNothing: world.tally.count("worker saw nothing")
        case .overdue: world.tally.count("shard dealt twice")
        case .artifactsLost: world.tally.count("pictures lost")
        case .stuck(let name, _):
            world.tally.count("worker stuck")
            world.endStuck(name)
        case .joined, .relays, .ready, .left, .worked, .unusable: break
        }
    }

    // MARK: the disk

    func store(_ order: ArchiveOrder) {
        if archive.take(order) { later(diskTime) { $0.diskStep() } }
    }

    /// A disk that is slow by nature stays so when the faults stop.
    private var diskTime: Int64 {
        guard archive.isSlow else { return 0 }
        let disk = world.scenario.disk
        if disk.staysSlow { return world.dice.draw(disk.slowness / 2...disk.slowness) }
        return world.dice.draw(Int64(0)...(world.isFaulty ? disk.slowness : 20))
    }

    private func diskStep() {
        if world.mischief.killsCoordinatorNow() { return world.killCoordinator() }
        do {
            if let event = try archive.step() {
                if case .partialRefused = event { world.tally.count("partial refused") }
                later(world.dice.draw(Int64(0)...2)) { $0.feed(event) }
            }
        } catch let full as DiskFull {
            world.tally.count("disk full for \(full.what)")
            end(.failed(full))
        } catch {
            world.violate("the journal refuses: \(error)")
            end(.failed(error))
        }
        if archive.isIdle { checkArchive() } else { later(diskTime) { $0.diskStep() } }
    }

    // MARK: bounds

    private func checkBounds() {
        if let broken = core.checkInvariants() { world.violate("the coordinator's core: \(broken)") }
        // Of a flaw that knows no limit, the limits are those of the scenario.
        let (limits, spec) = (world.scenario.limits, folder.spec)
        mostWorkers = max(mostWorkers, core.progress.workers)
        let artifacts = spec.kinds.count * spec.shardSize
        let held = mostWorkers * (limits.mostShardsInFlight + limits.window + 4)
        let committing = 2 * mostWorkers + limits.shardsWaiting
        let most = 2 * committing + held * (1 + artifacts) + limits.artifactsWaiting
        if archive.count > most {
            world.violate("\(archive.count) orders wait for the disk, more than \(most)")
        }
        world.mostDiskOrders = max(world.mostDiskOrders, archive.count)
        let load = core.load
        if load.leases > limits.mostShardsInFlight || load.chunks > limits.window || load.workers > limits.workers {
            world.violate("a worker holds \(load.leases) leases and \(load.chunks) chunks, of \(load.workers) workers")
        }
        if load.uploads > limits.uploads {
            world.violate("the sums of \(load.uploads) workers are taken at once")
        }
    }
}
