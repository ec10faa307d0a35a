import TestSupport

/// What a round does, drawn from its seed.
struct Plan: Sendable {
    /// Where the round takes place.
    enum Scene: String, Sendable {
        case loopback
        /// Workers beyond a link, in a network namespace of their own, with keys.
        case namespace
        /// The job on a small disk.
        case smallDisk = "small disk"
    }

    /// Where the machine lets a round take place.
    struct Means: Sendable {
        var namespaces = false
        var disks = false
    }

    /// Silence after which a worker is dead, in seconds: the shortest that the coordinator takes.
    static let deadline = 2

    let seed: UInt64
    var scene = Scene.loopback
    var workers = 2
    var localWorkers = 0
    /// Else the coordinator sends them.
    var workersSeeImages = true
    var checkpointImages = 32
    /// By milliseconds from the coordinator's start.
    var faults: [(at: Int, fault: Fault)] = []

    /// Undisturbed.
    init(workers: Int) { (seed, self.workers) = (0, workers) }

    init(seed: UInt64, kind: JobKind, calm: CalmRun, means: Means) {
        self.seed = seed
        var dice = SeededGenerator(seed: seed)
        scene =
            switch dice.below(10) {
            case 0..<3 where means.namespaces: .namespace
            case 3..<5 where means.disks: .smallDisk
            default: .loopback
            }
        workers = 1 + dice.below(3)
        localWorkers = scene == .loopback && dice.percent(20) ? 1 : 0
        checkpointImages = [16, 32, 64][dice.below(3)]
        for _ in 0...dice.below(4) {
            // Some faults come before the first worker, some after the last image.
            let time = dice.below(calm.milliseconds * 5 / 4)
            faults.append((time, Self.fault(scene, workers, &dice)))
        }
        faults.sort { $0.at < $1.at }
        if scene == .namespace { workersSeeImages = dice.percent(50) }
    }

    private static func fault(_ scene: Scene, _ workers: Int, _ dice: inout SeededGenerator) -> Fault {
        // A third of the pauses outlast the deadline.
        let pause = dice.percent(33) ? 1_000 * deadline + 300 + dice.below(1_000) : 50 + dice.below(1_000)
        if scene == .namespace {
            if dice.percent(30) { return .cutLink(for: pause) }
            if dice.percent(40) { return .worsenLink(for: 500 + dice.below(3_000)) }
        }
        if scene == .smallDisk, dice.percent(50) { return .fillDisk(for: 50 + dice.below(1_000)) }
        return switch dice.below(100) {
        case ..<25: .killWorker(dice.below(workers), backAfter: dice.below(500))
        case ..<45: .killCoordinator(backAfter: dice.below(500))
        case ..<55: .killAll(backAfter: dice.below(500))
        case ..<63: .stopCoordinator
        case ..<78: .freezeWorker(dice.below(workers), for: pause)
        case ..<85: .freezeCoordinator(for: pause)
        case ..<93: .startTwin(dice.below(workers))
        default: .oldWorker
        }
    }

    var words: String {
        let cast =
            "\(workers) workers\(localWorkers > 0 ? " and a local one" : ""), \(scene.rawValue)"
            + (workersSeeImages ? "" : ", images sent")
        return cast + faults.map { "; \($0.at) ms: \($0.fault.words)" }.joined()
    }
}
