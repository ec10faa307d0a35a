import Cluster
import Gaussian
import Storage
import TestSupport

/// A whole job in one thread: both cores over a network that loses, delays and repeats, with workers and a coordinator that
/// die. An image's "embedding" is its number, so that a lost or doubled image shows in the sums.
struct SimulatedJob {
    struct Faults {
        var lossPercent = 0
        var repeatPercent = 0
        var longestDelay: Int64 = 20
        var killPercent = 0
        var coordinatorKillPercent = 0
        /// Connections cut: the worker comes back from another address.
        var reconnectPercent = 0
        /// The image that every worker dies of.
        var poison: Int64?
    }

    static let space = try! FeatureSpace(
        backbone: "none", weights: Digest(of: [1]), layers: ["a"], channels: [0], inputHeight: 1, inputWidth: 3,
        resize: nil,
        crop: nil, gridHeight: 1, gridWidth: 3)
    static let stage = Stage(
        number: 1,
        work: .accumulate(
            space: space, grid: try! FixedPointGrid(exponents: [0]),
            weights: Blob(digest: Digest(of: [2]), byteCount: 3_000_000, path: "/none")))

    /// What survives the coordinator: the shards still to do, and the sums that are committed.
    struct Disk {
        var open: [Int64: ShardRange] = [:]
        var sum: Int64 = 0
        var squares: Int64 = 0
        var images: Int64 = 0
        var poisoned: [Int64] = []
        var failures: Set<Int64> = []
        var epoch: Int64 = 0
        var lastShard: Int64 = 0
    }

    enum Happening {
        case toCoordinator(WorkerMessage, [UInt8], WorkerAddress)
        case toWorker(CoordinatorMessage, [UInt8], Int)
        case disk(CoordinatorEvent, epoch: Int64)
        case work(Int, life: Int, generation: Int, lease: Int64, [ImageTask])
        case blob(Int, life: Int, WorkerEvent)
        case tick
    }

    var random: SeededGenerator
    let faults: Faults
    let imageCount: Int64
    var disk = Disk()
    var coordinator: CoordinatorCore
    var stageIsDone = false
    /// Sums under way on the disk: patch by patch.
    var arriving: [Int64: (images: Int64, patches: [Int: (Int64, Int64)])] = [:]
    var workers: [SimulatedWorker] = []
    var agenda: [(at: Int64, order: Int, Happening)] = []
    var order = 0
    var now: Int64 = 0
    var faultsUntil: Int64 = 60_000

    init(seed: UInt64, images: Int64, shardSize: Int64, workers count: Int, faults: Faults) {
        random = SeededGenerator(seed: seed)
        self.faults = faults
        imageCount = images
        coordinator = CoordinatorCore(limits: CoordinatorLimits(), epoch: 0, sessionSeed: seed)
        for (id, first) in stride(from: Int64(0), to: images, by: Int(shardSize)).enumerated() {
            disk.open[Int64(id)] = ShardRange(id: Int64(id), first: first, count: Int(min(shardSize, images - first)))
            disk.lastShard = Int64(id)
        }
        for number in 0..<count { workers.append(SimulatedWorker(number: number, life: 0, random: &random)) }
        startCoordinator()
        schedule(.tick, in: 0)
    }

    static var limits: CoordinatorLimits {
        var limits = CoordinatorLimits()
        limits.checkpointImages = 40
        limits.chunkBytes = 16
        limits.window = 2
        return limits
    }

    /// Runs until the stage is done; false if it is not after an hour of simulated time.
    mutating func run() -> Bool {
        while !stageIsDone, now < 3_600_000, let next = agenda.popLast() {
            now = max(now, next.at)
            happen(next.2)
        }
        return stageIsDone
    }

    private mutating func startCoordinator() {
        disk.epoch += 1
        arriving = [:]
        coordinator = CoordinatorCore(limits: Self.limits, epoch: disk.epoch, sessionSeed: random.next())
        let shards = disk.open.values.sorted { $0.id < $1.id }
        carryOut(
            coordinator.handle(
                .openStage(
                    Self.stage,
                    ShardsToDo(
                        shards: shards, lastShard: disk.lastShard, failures: disk.failures.count, mostFailures: .max)),
                at: Moment(milliseconds: now)))
    }

    private mutating func happen(_ happening: Happening) {
        let moment = Moment(milliseconds: now)
        switch happening {
        case .toCoordinator(let message, let payload, let address):
            carryOut(coordinator.handle(.received(message, payload: payload, from: address), at: moment))
        case .toWorker(let message, let payload, let number):
            carryOut(workers[number].core.handle(.received(message, payload: payload), at: moment), of: number)
        case .disk(let event, let epoch):
            guard epoch == disk.epoch else { return }
            carryOut(coordinator.handle(event, at: moment))
        case .work(let number, let life, let generation, let lease, let images):
            work(number, life, generation, lease, images)
        case .blob(let number, let life, let event):
            guard workers[number].life == life else { return }
            carryOut(workers[number].core.handle(event, at: moment), of: number)
        case .tick: tick()
        }
    }

    private mutating func tick() {
        let moment = Moment(milliseconds: now)
        if now < faultsUntil {
            for number in workers.indices where random.percent(faults.killPercent) { kill(number) }
            for number in workers.indices where random.percent(faults.reconnectPercent) { workers[number].reconnect() }
            if random.percent(faults.coordinatorKillPercent) { startCoordinator() }
        }
        carryOut(coordinator.handle(.tick, at: moment))
        for number in workers.indices { carryOut(workers[number].core.handle(.tick, at: moment), of: number) }
        schedule(.tick, in: 500)
    }

    /// A killed worker comes back at once, under a new address, knowing nothing.
    private mutating func kill(_ number: Int) {
        workers[number] = SimulatedWorker(number: number, life: workers[number].life + 1, random: &random)
    }

    private mutating func work(_ number: Int, _ life: Int, _ generation: Int, _ lease: Int64, _ images: [ImageTask]) {
        guard workers[number].life == life, workers[number].generation == generation else { return }
        if let poison = faults.poison, images.contains(where: { $0.id == poison }) { return kill(number) }
        let usable = images.filter { $0.id % 17 != 3 }
        for image in usable { workers[number].fold(image.id) }
        let failures = images.filter { $0.id % 17 == 3 }.map { ImageFailure(id: $0.id, reason: "unreadable") }
        let report = WorkerEvent.reported(lease: lease, .folded(failures: failures))
        carryOut(workers[number].core.handle(report, at: Moment(milliseconds: now)), of: number)
    }

    mutating func carryOut(_ directives: [CoordinatorDirective]) {
        for directive in directives {
            switch directive {
            case .send(let message, let address): send(message, [], to: address)
            case .deal(let session, let lease, let shard, let address):
                let images = (shard.first..<shard.first + Int64(shard.count)).map {
                    ImageTask(id: $0, file: "f\($0)", output: "o\($0)")
                }
                send(.deal(session: session, lease: lease, images: images), [], to: address)
            case .sendPiece(let blob, let offset, let count, let address):
                send(.piece(blob: blob, offset: offset), [UInt8](repeating: 0, count: count), to: address)
            case .openPartial(let upload, let images, _): arriving[upload] = (images, [:])
            case .storeChunk(let upload, let index, let patches, let bytes):
                let numbers = bytes.withUnsafeBytes { Array($0.bindMemory(to: Int64.self)) }
                for (place, patch) in patches.enumerated() {
                    arriving[upload]?.patches[patch] = (numbers[place], numbers[patches.count + place])
                }
                schedule(
                    .disk(.chunkStored(upload: upload, index: index), epoch: disk.epoch),
                    in: Int64(random.below(Int(30))))
            case .commitPartial(let upload, let shards, let failures): commit(upload, shards, failures)
            case .dropPartial(let upload): arriving[upload] = nil
            case .split(let shard, let halves):
                disk.open[shard] = nil
                for half in halves {
                    disk.open[half.id] = half
                    disk.lastShard = max(disk.lastShard, half.id)
                }
            case .poison(let image, let shard):
                disk.poisoned.append(image)
                disk.open[shard] = nil
                schedule(.disk(.resultsCommitted(shard: shard), epoch: disk.epoch), in: Int64(random.below(Int(30))))
            case .stageDone: stageIsDone = true
            case .calibrated, .storePicture, .commitResults, .stopped, .note: break
            }
        }
    }

    private mutating func commit(_ upload: Int64, _ shards: [Int64], _ failures: [ImageFailure]) {
        guard let partial = arriving.removeValue(forKey: upload), let first = partial.patches[0] else {
            fatalError("a partial without chunks was committed")
        }
        for shard in shards {
            precondition(disk.open.removeValue(forKey: shard) != nil, "shard \(shard) committed twice")
        }
        precondition(partial.patches.count == 3 && partial.patches.values.allSatisfy { $0 == first }, "a torn partial")
        disk.sum += first.0
        disk.squares += first.1
        disk.images += partial.images
        disk.failures.formUnion(failures.map(\.id))
        schedule(.disk(.partialCommitted(upload: upload), epoch: disk.epoch), in: Int64(random.below(Int(200))))
    }

    mutating func carryOut(_ directives: [WorkerDirective], of number: Int) {
        let life = workers[number].life
        for directive in directives {
            switch directive {
            case .send(let message, let payload): send(message, payload, from: number)
            case .reset: workers[number].reset()
            case .zeroSums: workers[number].zero()
            case .seek(let blob): schedule(.blob(number, life: life, .blobAbsent(blob)), in: 1)
            case .storePiece: break
            case .seal(let blob): schedule(.blob(number, life: life, .blobReady(blob)), in: 5)
            case .prepare(let stage): schedule(.blob(number, life: life, .prepared(stage: stage.number)), in: 100)
            case .begin(_, let lease, let images):
                // One shard after the other.
                let start = max(now, workers[number].busyUntil)
                workers[number].busyUntil = start + 50 + Int64(random.below(Int(400)))
                schedule(
                    .work(number, life: life, generation: workers[number].generation, lease: lease, images),
                    in: workers[number].busyUntil - now)
            case .offer(let session, let upload, let chunkPatches):
                let chunks = (3 + chunkPatches - 1) / chunkPatches
                send(
                    .offer(
                        session: session, upload: upload, images: workers[number].images, clamped: 0, chunks: chunks),
                    [],
                    from: number)
            case .sendChunk(let session, let upload, let index, let chunkPatches):
                let patches = min(3, (index + 1) * chunkPatches) - index * chunkPatches
                send(
                    .chunk(session: session, upload: upload, index: index), workers[number].chunk(patches: patches),
                    from: number)
            case .leave: kill(number)
            }
        }
    }

    private mutating func send(_ message: CoordinatorMessage, _ payload: [UInt8], to address: WorkerAddress) {
        guard let number = workers.firstIndex(where: { $0.address == address }) else { return }
        post(.toWorker(message, payload, number))
    }

    private mutating func send(_ message: WorkerMessage, _ payload: [UInt8], from number: Int) {
        post(.toCoordinator(message, payload, workers[number].address))
    }

    private mutating func post(_ happening: Happening) {
        let faulty = now < faultsUntil
        if faulty && random.percent(faults.lossPercent) { return }
        schedule(happening, in: 1 + Int64(random.below(Int(faults.longestDelay))))
        if faulty && random.percent(faults.repeatPercent) {
            schedule(happening, in: 1 + Int64(random.below(Int(5_000))))
        }
    }

    private mutating func schedule(_ happening: Happening, in delay: Int64) {
        order += 1
        let entry = (at: now + delay, order: order, happening)
        var (low, high) = (0, agenda.count)
        while low < high {
            let middle = (low + high) / 2
            if (agenda[middle].at, agenda[middle].order) > (entry.at, entry.order) {
                low = middle + 1
            } else {
                high = middle
            }
        }
        agenda.insert(entry, at: low)
    }
}

struct SimulatedWorker {
    let life: Int
    private(set) var address: WorkerAddress
    var core: WorkerCore
    var busyUntil: Int64 = 0
    private(set) var images: Int64 = 0
    private var sum: Int64 = 0
    private var squares: Int64 = 0
    /// Counts the times it started empty: shards of an earlier time do not touch the sums any more.
    private(set) var generation = 0

    init(number: Int, life: Int, random: inout SeededGenerator) {
        self.life = life
        address = WorkerAddress(bytes: [
            UInt8(number), UInt8(truncatingIfNeeded: life), UInt8(truncatingIfNeeded: life >> 8),
        ])
        core = WorkerCore(
            identity: WorkerIdentity(name: "w\(number)", threads: 1, instructionSet: "baseline"),
            incarnation: random.next())
    }

    mutating func reconnect() { address = WorkerAddress(bytes: address.bytes + [0]) }

    mutating func fold(_ image: Int64) {
        images += 1
        sum += image
        squares += image * image
    }

    mutating func zero() { (images, sum, squares) = (0, 0, 0) }

    mutating func reset() {
        zero()
        busyUntil = 0
        generation += 1
    }

    func chunk(patches: Int) -> [UInt8] {
        let numbers = [Int64](repeating: sum, count: patches) + [Int64](repeating: squares, count: patches)
        return numbers.withUnsafeBytes { Array($0) }
    }
}
