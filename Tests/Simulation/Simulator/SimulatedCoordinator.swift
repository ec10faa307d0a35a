import Cluster
import Storage

/// A coordinator's process: the real core, and around it what `Coordinator`, `JobRunner`, `FitJob` and `InspectJob` do, in
/// their order.
final class SimulatedCoordinator {
    /// How a job's process ends.
    enum Failure: Equatable {
        case stopped
        case tooManyFailures
        case workersGiveUp
        case workersBreakTheProtocol
        case noWorker
        case disk
        case damaged
        case nothingUsable
        case refused(String)
    }

    enum Ending {
        case done
        case failure(Failure)
    }

    unowned let world: World
    let life: Int
    let folder: JobFolder
    let born: Int64
    var core: CoordinatorCore
    let archive: SimulatedArchive
    var isAlive = true
    var pausedUntil: Int64 = 0
    /// The stage under way: how its shards' images count, and what goes on after it.
    var stage: (role: SimulatedJournal.Role, order: InspectionOrder?)?
    var stageNumber = 0
    var doom: Failure?
    var isClosing = false
    var hasAccumulated = false
    var lastFit: Int64
    var hasHeardOfUnfit = false
    /// How often shards were blamed when it began.
    var attemptsAtStart: [Int64: Int] = [:]
    /// At its end it wrote that nothing is in hand.
    var hasClearedHands = false
    /// The latest session of each worker, for the flaw that skips the fence; and uploads' retries, for another.
    private var latestSession: [Int: Int64] = [:]
    private var welcomed: [Int64: UInt64] = [:]
    private var askedChunks: Set<[Int64]> = []
    private var dealtShards: Set<Int64> = []
    private var mostWorkers = 0
    /// Who spoke last, and what was in its hands before, for the flaw that blames shards for lies.
    private var accused: (session: Int64, shards: [Int64]) = (0, [])

    init(_ world: World, _ folder: JobFolder, life: Int) {
        (self.world, self.folder, self.life) = (world, folder, life)
        born = world.now
        lastFit = world.now
        archive = SimulatedArchive(folder, flaw: world.flaw)
        core = CoordinatorCore(limits: world.scenario.limits, epoch: 0, sessionSeed: 0)
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
        core = CoordinatorCore(limits: limits, epoch: epoch, sessionSeed: seed, isCareful: isCareful)
        attemptsAtStart = folder.journal.shards.mapValues(\.attempts)
        later(0) { $0.tick() }
    }

    private func tick() {
        feed(.tick)
        guard isAlive else { return }
        let progress = core.progress
        if progress.fitWorkers > 0 || stage == nil { lastFit = world.now }
        // Where no other workers can come, there is nothing to wait for.
        let isHopeless =
            world.scenario.isToldOfDeaths && progress.workers > 0 && progress.fitWorkers == 0 && hasHeardOfUnfit
        if stage != nil, isHopeless || world.now - lastFit > world.scenario.workerTimeout { end(.failure(.noWorker)) }
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
        let directives = core.handle(event, at: Moment(milliseconds: world.now - born))
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
            if world.flaw == .forgetToDealAgain, !dealtShards.insert(shard.id).inserted { return }
            folder.dealt(lease, session, shard)
            checkCare(shard.id)
            world.network.send(
                .deal(session: session, lease: lease, images: shard.images.map(folder.spec.task)), [], to: address)
        case .sendPiece(let blob, let offset, let count, let address):
            guard let bytes = world.shelf[blob.digest]?.piece(offset: offset, count: count) else { return }
            world.network.send(.piece(blob: blob, offset: offset), bytes, to: address)
        case .openPartial(let upload, let images, _): store(.openPartial(upload, images: images))
        case .storeChunk(let upload, let index, let patches, let bytes):
            store(.storeChunk(upload, index: index, patches: patches, bytes: bytes))
        case .commitPartial(let upload, let shards, let failures):
            store(.commitPartial(upload, shards: shards, failures: failures))
        case .dropPartial(let upload): store(.dropPartial(upload))
        case .storePicture(let image, let kind, let bytes):
            store(.picture(stage?.order?.path(of: kind, output: "\(image)"), bytes))
        case .commitResults(let shard, let outcomes, let inPlace):
            guard let order = stage?.order else { return }
            store(.commitResults(shard, outcomes, order, inPlace: inPlace))
        case .split(let shard, let halves): split(shard, into: halves)
        case .poison(let image, let shard): condemn(image, shard: shard)
        case .recordDeaths(let shards): store(.deaths(shards))
        case .recordInHand(let shards): recordInHand(shards)
        case .stageDone: end(.done)
        case .stopped(let reason): stopped(reason)
        case .note(let note): took(note)
        }
    }

    private func send(_ message: CoordinatorMessage, to address: WorkerAddress) {
        switch message {
        case .welcome(let session, let incarnation, _):
            folder.opened(session: session, isRepeat: welcomed[session] == incarnation)
            welcomed[session] = incarnation
            if let worker = world.network.worker(at: address) { latestSession[worker] = session }
        case .send(_, let upload, let chunks):
            if world.flaw == .askForChunksOnce,
                !chunks.allSatisfy({ askedChunks.insert([upload, Int64($0)]).inserted })
            {
                return
            }
        default: break
        }
        world.network.send(message, [], to: address)
    }

    private func stopped(_ reason: StopReason) {
        switch reason {
        case .requested: end(.failure(.stopped))
        case .workersGiveUp: end(.failure(.workersGiveUp))
        case .workersBreakTheProtocol: end(.failure(.workersBreakTheProtocol))
        case .tooManyFailures: end(.failure(.tooManyFailures))
        }
    }

    private func took(_ note: CoordinatorNote) {
        self.note("notes \(note)")
        switch note {
        case .died: world.tally.count("worker declared dead")
        case .unfit:
            hasHeardOfUnfit = true
            world.tally.count("worker unfit")
        case .gaveUp:
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
                store(.deaths(accused.shards))
            }
        case .beganAnew: world.tally.count("worker began anew")
        case .sawNothing: world.tally.count("worker saw nothing")
        case .picturesLost: world.tally.count("pictures lost")
        case .stuck(let name, _):
            world.tally.count("worker stuck")
            world.endStuck(name)
        case .joined, .ready, .left, .worked: break
        }
    }

    // MARK: the disk

    func store(_ order: SimulatedArchive.Order) {
        if archive.take(order) { later(diskTime) { $0.diskStep() } }
    }

    /// A disk that is slow by nature stays so when the faults stop.
    private var diskTime: Int64 {
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
            end(.failure(.disk))
        } catch {
            world.violate("the journal refuses: \(error)")
            end(.failure(.refused("\(error)")))
        }
        if archive.isIdle { checkHands() } else { later(diskTime) { $0.diskStep() } }
    }

    // MARK: bounds

    private func checkBounds() {
        if let broken = core.checkInvariants() { world.violate("the coordinator's core: \(broken)") }
        let (limits, spec) = (core.limits, folder.spec)
        mostWorkers = max(mostWorkers, core.progress.workers)
        let pictures = spec.kinds.count * spec.shardSize
        let held = mostWorkers * (limits.shardsInFlight + limits.window + 4)
        let most = 2 * (2 * mostWorkers + 4) + held * (1 + pictures) + limits.picturesWaiting
        if archive.queue.count > most {
            world.violate("\(archive.queue.count) orders wait for the disk, more than \(most)")
        }
        world.mostDiskOrders = max(world.mostDiskOrders, archive.queue.count)
        let load = core.load
        if load.leases > limits.shardsInFlight || load.chunks > limits.window || load.workers > limits.workers {
            world.violate("a worker holds \(load.leases) leases and \(load.chunks) chunks, of \(load.workers) workers")
        }
        if load.uploads > world.scenario.limits.uploads {
            world.violate("the sums of \(load.uploads) workers are taken at once")
        }
    }
}
