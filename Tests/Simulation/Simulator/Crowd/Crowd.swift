import Cluster
import Foundation
import Gaussian
import JobRules
import Settings
import Storage
import TestSupport

/// A stage of a job that a crowd of workers does, in virtual time: how much of their time goes into images.
///
/// The sums are played small, so that memory holds ten thousand of them; what their bytes cost is in the spec.
public final class Crowd {
    let spec: CrowdSpec
    var workers: [WorkerAddress: CrowdWorker] = [:]
    var disk: SharedPipe
    var link: SharedPipe
    /// Milliseconds that went into images that count.
    var busy = 0.0

    private var clock = EventQueue()
    private var generator: SeededGenerator
    private var core: CoordinatorCore
    /// When the coordinator's thread, and its archive, have done what they have.
    private var loopIsFreeAt = 0.0
    private var archiveIsFreeAt = 0.0
    private var (shards, saved, deaths, spares) = (0, 0, 0, 0)
    private var end: Int64?
    private var (lastDeal, lastReport): (Int64, Int64) = (0, 0)
    private var all: [CrowdWorker] = []
    private var relays: [CrowdRelay] = []
    /// The coordinator's, and those of relays.
    let limits: CoordinatorLimits
    private var inFlight: [ShardID]?

    static let record = [UInt8](repeating: 0, count: Statistics.chunkByteCount(patches: 1, dimension: 1))

    var now: Int64 { clock.now }

    public init(_ spec: CrowdSpec) throws {
        self.spec = spec
        generator = SeededGenerator(seed: spec.seed &* 0x9E37_79B9 &+ UInt64(spec.workers))
        disk = SharedPipe(ofAll: spec.diskOfAll, ofOne: spec.diskOfWorker)
        link = SharedPipe(ofAll: spec.link, ofOne: spec.link)
        var limits = CoordinatorLimits()
        // Of the sums as they are played as long as of the real ones.
        limits.savedPerSecond = max(1, Int64(Double(Self.record.count) * 1e8 / spec.sumsBytes))
        self.limits = limits
        core = CoordinatorCore(limits: limits, epoch: 1, sessionSeed: spec.seed)
        relays = (0..<spec.relays).map { CrowdRelay(self, number: $0) }
        all = (0..<spec.workers).map { number in
            let relay = relays.isEmpty ? nil : relays[number % relays.count]
            return CrowdWorker(self, number: number, rate: drawRate(), relay: relay)
        }
    }

    /// Does all of it.
    public func run() throws -> CrowdResult {
        try open()
        for relay in relays { relay.start() }
        if let death = spec.relayDeath, let relay = relays.first { later(death) { relay.beKilled() } }
        for worker in all {
            later(Int64(generator.below(200))) { worker.start() }
            scheduleDeath(of: worker)
        }
        tick()
        while end == nil, let deed = clock.next() { deed() }
        let makespan = end ?? now
        // The stage is over, and all sums are safe: not all workers have heard of it yet.
        for worker in all { busy += worker.gathered }
        let rate = all.reduce(0) { $0 + $1.rate }
        return CrowdResult(
            spec: spec, makespan: makespan, lastDeal: lastDeal, lastReport: lastReport,
            ideal: Double(spec.images) / rate, busy: busy, shards: shards,
            saved: saved, deaths: deaths, spares: spares, events: clock.count)
    }

    func later(_ delay: Int64, _ deed: @escaping () -> Void) { clock.schedule(in: delay, deed) }

    func send(_ message: WorkerMessage, _ payload: [UInt8], from worker: CrowdWorker) {
        let address = worker.address
        guard let relay = worker.relay else { return sendToCoordinator(message, payload, from: address) }
        later(spec.latency) { relay.receive(message, payload, from: worker, at: address) }
    }

    func sendToCoordinator(_ message: WorkerMessage, _ payload: [UInt8], from address: WorkerAddress) {
        later(spec.latency) { [unowned self] in
            let isReport =
                switch message {
                case .folded, .scored, .written, .chunk: true
                default: false
                }
            loopIsFreeAt = max(loopIsFreeAt, Double(now)) + (isReport ? spec.reportCost : spec.messageCost)
            later(Int64(loopIsFreeAt.rounded(.up)) - now) { [unowned self] in
                feed(.received(message, payload: payload, from: address))
            }
        }
    }

    // MARK: The coordinator

    private func open() throws {
        var next = ImageID(1)
        let sizes = ShardLayout.sizes(images: spec.images, shardSize: spec.shardSize)
        let ranges = sizes.enumerated().map { place, count in
            defer { next = next.advanced(by: count) }
            return ShardRange(id: ShardID(1).advanced(by: place), first: next, count: count)
        }
        let toDo = ShardsToDo(
            shards: ranges, lastShard: ShardID(0).advanced(by: sizes.count), failures: 0, mostFailures: .max,
            mapBounds: MapBounds(height: 1, width: 1))
        feed(.openStage(Stage(number: 1, work: try work()), toDo))
    }

    private func work() throws -> Work {
        let blob = Blob(digest: Digest(of: [2]), byteCount: 1, path: "/none")
        guard spec.task.makesSums else {
            let settings = InspectionSettings(scoring: ScoreSettings(blurBorder: .mirror), maps: .none)
            return .inspect(
                model: blob, weights: blob,
                order: InspectionOrder(
                    settings: settings, mapScaleExponent: 8, firstColor: 1, lastColor: 4, directory: "/none",
                    probe: "probe", probeValue: "1"))
        }
        let space = try FeatureSpace(
            backbone: "none", weights: Digest(of: [1]), layers: ["a"], channels: [0],
            input: InputSettings(height: 1, width: 1), gridHeight: 1, gridWidth: 1,
            grid: FixedPointGrid(layerChannels: [1], kept: [0]))
        let folder = SharedFolder(directory: "/none", probe: "probe", probeValue: "1")
        return .accumulate(space: space, weights: blob, folder: spec.task == .fit ? folder : nil)
    }

    private func tick() {
        feed(.tick)
        later(250) { [unowned self] in tick() }
    }

    private func feed(_ event: CoordinatorEvent) {
        let directives = core.handle(event, at: Instant(milliseconds: now))
        if case .received(_, _, let address) = event, let sender = workers[address] {
            count(directives, reportedBy: sender)
        }
        switch event {
        case .received(.folded, _, _), .received(.scored, _, _): lastReport = now
        default: break
        }
        for directive in directives { carryOut(directive) }
    }

    private func count(_ directives: [CoordinatorDirective], reportedBy sender: CrowdWorker) {
        for case .commitResults(_, let outcomes, _, _, _) in directives { busy += Double(outcomes.count) / sender.rate }
    }

    private func carryOut(_ directive: CoordinatorDirective) {
        switch directive {
        case .send(let message, let address): say(message, to: address)
        case .deal(let session, let lease, let shard, let address):
            shards += 1
            lastDeal = now
            let tasks = (0..<shard.count).map {
                ImageTask(id: shard.first.advanced(by: $0), location: .file(""), output: "")
            }
            let alone = core.isDealtAlone(lease, in: session)
            say(.deal(session: session, lease: lease, images: tasks, alone: alone), to: address)
        case .storeChunk(let upload, let index, _, _):
            later(0) { [unowned self] in feed(.chunkStored(upload: upload, index: index)) }
        case .commitPartial(let upload, _, _, _, _, _):
            saved += 1
            archive(spec.lookCost) { $0.feed(.partialCommitted(upload: upload)) }
        case .commitResults(let shard, _, _, _, _):
            archive(spec.resultsCost) { $0.feed(.resultsCommitted(shard: shard)) }
        case .recordInFlight(let held):
            // Only the last counts.
            if inFlight == nil {
                later(5) { [unowned self] in
                    guard let held = inFlight.take() else { return }
                    feed(.recordedInFlight(shards: held))
                }
            }
            inFlight = held
        case .stageDone: end = now
        case .note(.overdue): spares += 1
        default: break
        }
    }

    func say(_ message: CoordinatorMessage, to address: WorkerAddress) {
        later(spec.latency) { [unowned self] in
            if let worker = workers[address] { return worker.receive(message) }
            relays.first { $0.address == address }?.receive(message)
        }
    }

    private func archive(_ milliseconds: Double, _ deed: @escaping (Crowd) -> Void) {
        archiveIsFreeAt = max(archiveIsFreeAt, Double(now)) + milliseconds
        later(Int64(archiveIsFreeAt.rounded(.up)) - now) { [unowned self] in deed(self) }
    }

    // MARK: Chance

    /// Above 0, at most 1.
    private func draw() -> Double { Double((generator.next() >> 11) + 1) / Double(1 << 53) }

    /// Images in a millisecond.
    private func drawRate() -> Double {
        // Box and Muller's way to a normal deviate.
        let normal = (-2 * log(draw())).squareRoot() * cos(2 * .pi * draw())
        let isSlow = draw() * 100 <= spec.slowPercent
        return spec.medianRate * exp(spec.spread * normal) / 1_000 / (isSlow ? 10 : 1)
    }

    private func scheduleDeath(of worker: CrowdWorker) {
        guard spec.deathsAnHourPercent > 0 else { return }
        let hours = -log(draw()) * 100 / spec.deathsAnHourPercent
        later(Int64(min(hours * 3_600_000, 1e15))) { [unowned self] in
            deaths += 1
            worker.die()
            later(spec.restartAfter) { [unowned self] in
                worker.start()
                scheduleDeath(of: worker)
            }
        }
    }
}
