import Cluster
import Storage

/// A worker's machine, and the process on it: the real core, and around it what `Worker` does.
final class SimulatedWorker {
    unowned let world: World
    let number: Int
    let spec: WorkerSpec
    /// Files by their digest; they outlive the process.
    var cache: Set<[UInt8]> = []
    var isCacheFull = false
    /// Counts the processes.
    private(set) var life = 0
    private(set) var isAlive = false
    private(set) var name = ""
    private(set) var core: WorkerCore
    private(set) var executor: SimulatedExecutor
    var pausedUntil: Int64 = 0
    private var born: Int64 = 0
    private var saidReports: Set<LeaseID> = []
    private var askedImages: Set<[Int64]> = []
    /// Shards given to the executor and not reported.
    private var mostOrders = 0

    init(_ world: World, number: Int) {
        (self.world, self.number) = (world, number)
        spec = world.scenario.workers[number]
        core = WorkerCore(identity: WorkerIdentity(name: "", threads: 1, instructionSet: ""), incarnation: 0)
        executor = SimulatedExecutor()
    }

    func start() {
        guard !isAlive else { return }
        life += 1
        isAlive = true
        pausedUntil = 0
        born = world.now
        // Who computes something wrong is known by its name.
        name = number == world.auditLies?.worker ? "w\(number)" : "w\(number)-\(life)"
        let identity = WorkerIdentity(name: name, threads: 1, instructionSet: "avx2")
        core = WorkerCore(identity: identity, incarnation: world.dice.next() >> 12, stays: world.scenario.stays)
        executor = SimulatedExecutor()
        executor.worker = self
        note("starts as \(name)")
        (saidReports, askedImages) = ([], [])
        later(world.dice.draw(Int64(0)...100)) { $0.connect() }
        later(0) { $0.tick() }
    }

    /// Whether it reads images itself.
    var seesImages: Bool { !world.images.areServed || world.images.seenBy[number] && !spec.isBlind }

    /// Its machine, among those that write to the job's directory.
    var machine: Int { number + 1 }

    /// Somebody kills the process, and sometimes with it the power of its machine.
    func crash() {
        guard isAlive else { return }
        if world.powerDice.percent(world.scenario.power.workerPercent) {
            world.tally.count("worker's machine lost power")
            note("loses power")
            for folder in world.folders { folder.disk.losePower(world.powerDice, on: machine) }
        }
        die()
    }

    /// The process ends at once; what it had is lost.
    func die() {
        guard isAlive else { return }
        isAlive = false
        world.network.disconnect(number)
        world.workerEnded(self)
    }

    /// Does something later, unless the process is dead by then; one that stands still does it when it goes on.
    func later(_ delay: Int64, _ deed: @escaping (SimulatedWorker) -> Void) {
        world.schedule(in: delay) { [unowned self, life] in
            guard isAlive, self.life == life else { return }
            if world.now < pausedUntil { return resume(life, deed) }
            deed(self)
        }
    }

    private func resume(_ life: Int, _ deed: @escaping (SimulatedWorker) -> Void) {
        later(pausedUntil - world.now, deed)
    }

    func note(_ words: @autoclosure () -> String) { world.history.note(world.now, "worker \(number)", words()) }

    /// A connection stands as soon as there is a coordinator.
    func connect() {
        world.network.connect(number)
        if world.network.connections[number] != nil { feed(.connected) }
    }

    private func tick() {
        feed(.tick)
        later(200) { $0.tick() }
    }

    func receive(_ message: CoordinatorMessage, _ payload: [UInt8]) {
        guard isAlive else { return }
        if world.now < pausedUntil { return later(pausedUntil - world.now) { $0.receive(message, payload) } }
        if world.flaw == .ignoreTheFence, case .fenced = message { return }
        feed(.received(message, payload: payload))
    }

    func stop() { feed(.stop) }

    func feed(_ event: WorkerEvent) {
        guard isAlive else { return }
        let life = life
        for directive in core.handle(event, at: Instant(milliseconds: world.now - born)) {
            if world.mischief.killsWorkerNow() { return crash() }
            carryOut(directive)
            guard isAlive, self.life == life else { return }
        }
        checkBounds()
    }

    private func carryOut(_ directive: WorkerDirective) {
        switch directive {
        case .send(let message, let payload): send(message, payload)
        case .reset: executor.reset()
        case .seek(let blob): executor.order(.seek(blob))
        case .storePiece(let blob, let offset, let bytes): executor.order(.store(blob, offset: offset, bytes))
        case .seal(let blob): executor.order(.seal(blob))
        case .prepare(let stage): executor.order(.prepare(stage))
        case .begin(let session, let lease, let images):
            note("begins shard of images \(images.map(\.id)) under lease \(lease)")
            executor.order(.begin(session: session, lease: lease, images))
        case .beginRange(_, let lease, let patches):
            note("begins to merge patches \(patches) under lease \(lease)")
            executor.order(.beginRange(lease: lease, patches: patches))
        case .storeImagePiece(let image, _, let offset, let bytes, let isLast):
            executor.arrived(image, offset: offset, bytes, isLast: isLast)
        case .imageUnavailable(let image, _): executor.unavailable(image)
        case .store(let upload): executor.order(.storeSums(upload: upload))
        case .offer(let session, let upload, let chunkPatches):
            executor.order(.offer(session: session, upload: upload, chunkPatches: chunkPatches))
        case .sendChunk(let session, let upload, let index, let chunkPatches):
            executor.order(.sendChunk(session: session, upload: upload, index: index, chunkPatches: chunkPatches))
        case .zeroSums: executor.order(.zeroSums)
        case .misunderstood(let reason): note("is not understood: \(reason)")
        case .leave(let exit):
            note("leaves: \(exit)")
            if case .abandoned = exit { world.tally.count("worker abandoned") }
            die()
        }
    }

    private func send(_ message: WorkerMessage, _ payload: [UInt8]) {
        if world.flaw == .askForImagesOnce, case .fetchImage(_, let lease, let image, _, let offset, _) = message,
            !askedImages.insert([lease.rawValue, image.rawValue, offset]).inserted
        {
            return
        }
        if world.flaw == .reportOnce, let lease = message.reportedLease, !saidReports.insert(lease).inserted { return }
        _ = world.network.send(message, payload, from: number)
    }

    private func checkBounds() {
        if let broken = core.checkInvariants() { world.violate("the core of worker \(number): \(broken)") }
        let load = core.load
        let limits = world.scenario.limits
        // Shards, blobs, an offer said again, chunks asked for again, and of one that hangs what the stages since have asked.
        let most = limits.mostShardsInFlight + 4 * limits.window + 32
        mostOrders = max(mostOrders, executor.count)
        world.mostExecutorOrders = max(world.mostExecutorOrders, executor.count)
        if executor.count > most { world.violate("\(executor.count) orders wait for worker \(number)'s executor") }
        // One more: a deal that was lost on its way and comes in another stage.
        if load.working > limits.mostShardsInFlight + 1 || load.reports > 64 || load.pieces > 4
            || load.closed > Wire.leasesRemembered
            || load.imagePieces > 16
        {
            world.violate(
                "worker \(number) holds \(load.working) shards, \(load.reports) reports, \(load.pieces) pieces, \(load.closed) old leases"
            )
        }
    }
}
