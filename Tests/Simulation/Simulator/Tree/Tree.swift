import Cluster
import Gaussian
import Settings
import Storage
import TestSupport

/// A coordinator, relays and workers in one thread, from one seed: the real cores, over a network that loses, repeats and delays messages,
/// with processes that are killed at any moment.
public final class Tree {
    public struct Plan: Sendable {
        public var images = 60
        public var shardSize = 3
        public var relays = 2
        public var workersOfRelay = 2
        /// Workers of the coordinator's own.
        public var directWorkers = 0
        /// In percent.
        var loss = 0
        var duplication = 0
        var delay: Int64 = 5
        /// Mean milliseconds between two kills of each kind; 0: none.
        var killWorkerEvery: Int64 = 0
        var killRelayEvery: Int64 = 0
        var killRootEvery: Int64 = 0
        var stopRelayEvery: Int64 = 0
        /// In percent of what is done on a relay's disk.
        var diskFull = 0
        var faultsUntil: Int64 = 0
        public var unreadable: Set<ImageID> = []
        public var poison: Set<ImageID> = []
        public var checkpointImages = 20
        /// Bytes of sums that are saved in a second, as is thought at first.
        public var savedPerSecond = CoordinatorLimits().savedPerSecond
        /// Whether workers have no images, and are sent them.
        public var servesImages = false

        /// Nobody dies but of poison.
        var hasNoDeaths: Bool {
            killWorkerEvery == 0 && killRelayEvery == 0 && killRootEvery == 0 && stopRelayEvery == 0 && diskFull == 0
        }

        /// Without faults.
        public init() {}

        /// With an image that kills workers, and without other faults.
        public static var withPoison: Plan {
            var plan = Plan()
            plan.poison = [23]
            return plan
        }

        /// With what a seed draws.
        public init(seed: UInt64) {
            var random = SeededGenerator(seed: seed &* 31)
            images = 20 + random.below(100)
            shardSize = 1 + random.below(6)
            relays = 1 + random.below(3)
            workersOfRelay = 1 + random.below(3)
            directWorkers = random.below(3)
            checkpointImages = 1 + random.below(40)
            delay = [1, 20, 300][random.below(3)]
            loss = random.percent(50) ? random.below(20) : 0
            duplication = random.percent(50) ? random.below(20) : 0
            func sometimes(_ chance: Int, _ least: Int, _ more: Int) -> Int64 {
                random.percent(chance) ? Int64(least + random.below(more)) : 0
            }
            killWorkerEvery = sometimes(60, 300, 4_000)
            killRelayEvery = sometimes(60, 500, 8_000)
            killRootEvery = sometimes(40, 1_000, 8_000)
            stopRelayEvery = sometimes(30, 1_000, 8_000)
            faultsUntil = 2_000 + Int64(random.below(30_000))
            if random.percent(40) { unreadable = [2, 5, 6, 19] }
            if random.percent(15) { poison = [11] }
            servesImages = random.percent(30)
            diskFull = random.percent(25) ? 1 + random.below(4) : 0
        }
    }

    /// After the last fault all must end within so many simulated milliseconds.
    static let timeout: Int64 = 1_200_000

    let plan: Plan
    let flaw: TreeFlaw?
    var random: SeededGenerator
    var now: Int64 = 0
    private var agenda: [(at: Int64, order: Int, deed: () -> Void)] = []
    private var order = 0
    /// When the last message over each way arrives.
    private var arrivals: [String: Int64] = [:]
    private(set) var violations: [String] = []
    /// Images that a worker has died of, in fits and in inspections: what kills is found in each stage.
    private var deadly: [Bool: Set<ImageID>] = [:]
    private(set) lazy var root = TreeRoot(self)
    private(set) var relays: [TreeRelay] = []
    private(set) var workers: [TreeWorker] = []
    var isDone = false
    public private(set) var counts: [String: Int] = [:]

    let space: FeatureSpace
    let blob = Blob(digest: Digest(of: [2]), byteCount: 100, path: "/none")

    /// Uploads of sums that the coordinator took.
    public var uploads: Int { root.uploads }
    /// Images that it took for poison.
    public var poisoned: Set<ImageID> { root.poisoned }

    public init(_ plan: Plan, seed: UInt64, flaw: TreeFlaw? = nil) throws {
        (self.plan, self.flaw) = (plan, flaw)
        random = SeededGenerator(seed: seed)
        space = try FeatureSpace(
            backbone: "none", weights: Digest(of: [1]), layers: ["a"], channels: [0],
            input: InputSettings(height: 1, width: 3), gridHeight: 1, gridWidth: 3,
            grid: FixedPointGrid(layerChannels: [1], kept: [0]))
        for number in 0..<plan.relays {
            relays.append(TreeRelay(self, name: "r\(number)"))
            for worker in 0..<plan.workersOfRelay {
                workers.append(TreeWorker(self, name: "w\(number)\(worker)", relay: relays[number]))
            }
        }
        for worker in 0..<plan.directWorkers { workers.append(TreeWorker(self, name: "d\(worker)", relay: nil)) }
    }

    /// - Returns: what went against the promise.
    public func run() -> [String] {
        root.start(isCareful: false)
        for relay in relays { later(draw(0, 500)) { relay.start() } }
        for worker in workers { later(draw(0, 500)) { worker.start() } }
        mischief(plan.killRootEvery) { $0.root.kill() }
        mischief(plan.killRelayEvery) { $0.relays[$0.random.below($0.relays.count)].kill() }
        mischief(plan.stopRelayEvery) { $0.relays[$0.random.below($0.relays.count)].stop() }
        mischief(plan.killWorkerEvery) { $0.workers[$0.random.below($0.workers.count)].kill() }
        while !isDone, violations.isEmpty, let next = takeNext() {
            now = next.at
            next.deed()
            if now > plan.faultsUntil + Self.timeout { violate("it does not end") }
        }
        if violations.isEmpty { root.check() }
        return violations
    }

    func violate(_ words: String) { violations.append("at \(now): \(words)") }
    /// A worker died of an image, with so many other shards in hand. What somebody died on before is worked on alone: the others would be blamed
    /// as well.
    func died(of image: ImageID, inInspection inspects: Bool, besides others: Int) {
        let isFirst = deadly[inspects, default: []].insert(image).inserted
        if plan.hasNoDeaths, !isFirst, others > 0 { violate("image \(image) killed again, with other shards in hand") }
    }

    func count(_ what: String) { counts[what, default: 0] += 1 }
    func isDiskFull() -> Bool { plan.diskFull > 0 && now < plan.faultsUntil && random.percent(plan.diskFull) }
    func draw(_ from: Int64, _ to: Int64) -> Int64 { from + Int64(random.below(Int(to - from + 1))) }

    func later(_ delay: Int64, _ deed: @escaping () -> Void) {
        order += 1
        let entry = (at: now + delay, order: order, deed: deed)
        let place = agenda.lastIndex { ($0.at, $0.order) > (entry.at, entry.order) }.map { $0 + 1 } ?? 0
        agenda.insert(entry, at: place)
    }

    /// The next is at the end.
    private func takeNext() -> (at: Int64, order: Int, deed: () -> Void)? { agenda.popLast() }

    private func mischief(_ every: Int64, _ deed: @escaping (Tree) -> Void) {
        guard every > 0 else { return }
        later(draw(1, 2 * every)) { [unowned self] in
            guard now < plan.faultsUntil else { return }
            deed(self)
            mischief(every, deed)
        }
    }

    /// Brings a message over a connection, behind those that went before it, or not.
    /// - Parameter isPicture: of such the same worker may lose a few, and not ten shards' in a row.
    func carry(_ way: String, isPicture: Bool = false, _ deliver: @escaping () -> Void) {
        let isFaulty = now < plan.faultsUntil
        if isFaulty, !isPicture, random.percent(plan.loss) { return }
        let arrival = max(now + draw(0, plan.delay), arrivals[way] ?? 0)
        arrivals[way] = arrival
        later(arrival - now, deliver)
        if isFaulty, random.percent(plan.duplication) { later(arrival - now + draw(0, 4 * plan.delay), deliver) }
    }

    // MARK: what images hold

    func isUsable(_ image: ImageID) -> Bool { !plan.unreadable.contains(image) }

    static func value(_ image: ImageID, _ patch: Int) -> Int64 {
        var mixer = SeededGenerator(seed: UInt64(image.rawValue) &* 7 &+ UInt64(patch))
        return Int64(mixer.next() % 1_000) + 1
    }

    static func content(_ image: ImageID) -> [UInt8] { withUnsafeBytes(of: value(image, 5)) { Array($0) } }

    static func score(_ image: ImageID) -> Float { Float(value(image, 9)) }
}

/// Exact sums of images: three patches of one channel.
struct TreeSums: Equatable {
    var images: Int64 = 0
    var words = [Int64](repeating: 0, count: 6)

    mutating func fold(_ image: ImageID) {
        images += 1
        for patch in 0..<3 {
            let value = Tree.value(image, patch)
            words[2 * patch] += value
            words[2 * patch + 1] += value * value
        }
    }

    mutating func add(_ other: TreeSums) {
        images += other.images
        for place in words.indices { words[place] += other.words[place] }
    }

    func chunk(_ index: Int, of chunkPatches: Int) -> [UInt8] {
        let patches = index * chunkPatches..<min(3, (index + 1) * chunkPatches)
        return words[2 * patches.lowerBound..<2 * patches.upperBound].withUnsafeBytes { Array($0) }
    }

    mutating func set(_ patches: Range<Int>, _ bytes: [UInt8]) {
        bytes.withUnsafeBytes { bytes in
            for place in 0..<2 * patches.count where 8 * place + 8 <= bytes.count {
                words[2 * patches.lowerBound + place] = bytes.loadUnaligned(fromByteOffset: 8 * place, as: Int64.self)
            }
        }
    }
}
