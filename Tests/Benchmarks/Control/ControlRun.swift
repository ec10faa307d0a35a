import Foundation
import TestProcesses

/// One job, and the workers that are played for it.
final class ControlRun {
    struct Plan {
        var isFit = false
        var workers: Int
        var usesKeys = false
        /// Of relays, how many shards each can hold.
        var leases: Int?
        var images: Int
        var shardSize = 16
    }

    private static let crowds = 2
    private static let longest = 300.0

    private let plan: Plan
    private let material: ControlMaterial
    private let port = Int.random(in: 20_000..<30_000)
    private var job: String { material.workspace.file("job-\(port)") }
    private var endpoint: String { "tcp://127.0.0.1:\(port)" }
    private var coordinator: RunningProgram?
    private var crowds: [CrowdProcess] = []

    init(_ plan: Plan, _ material: ControlMaterial) { (self.plan, self.material) = (plan, material) }

    deinit {
        for crowd in crowds { crowd.kill() }
        stopCoordinator()
        try? FileManager.default.removeItem(atPath: job)
    }

    private var figures: ProcessFigures { ProcessFigures(coordinator?.id ?? 0) }
    var residentMemory: Int { figures.residentMemory }
    var processorTimes: [String: Double] { figures.processorTimes }
    var processorTime: Double { figures.processorTime }

    // MARK: Actors

    /// Starts the coordinator and does not wait for it.
    func startCoordinator() throws {
        let images = try material.images(plan.images)
        var arguments = [plan.isFit ? "fit" : "inspect", "--images", images, "--job", job, "--bind", endpoint]
        arguments += ["--shard-size", "\(plan.shardSize)"]
        arguments +=
            plan.isFit
            ? ["--backbone", "efficientnet_lite0", "--features", "1", "--calibrate", "none"]
            : ["--model", material.model, "--maps", "none"]
        if plan.usesKeys { arguments += ["--keys", material.keys] }
        coordinator = try RunningProgram(material.program("padim-coord"), arguments)
    }

    func stopCoordinator() {
        guard let running = coordinator.take() else { return }
        kill(running.id, SIGKILL)
        _ = running.wait(atMost: 10)
    }

    func awaitListening() throws {
        guard coordinator?.endpoint != nil else { throw ControlError("no coordinator: \(said)") }
    }

    func startWorkers(_ count: Int, name: String) throws {
        crowds.append(
            try CrowdProcess(
                workers: count, leases: plan.leases, name: name, endpoint: endpoint,
                keys: plan.usesKeys ? material.keys : nil))
    }

    func startWorkers(_ count: Int) throws {
        let crowds = min(Self.crowds, count)
        for number in 0..<crowds {
            try startWorkers(count * (number + 1) / crowds - count * number / crowds, name: "crowd\(number)")
        }
    }

    /// Has the workers report what they hold, and all that comes.
    func work() { for crowd in crowds { crowd.work() } }

    /// Ends the processes of some workers.
    func killWorkers(ofCrowd number: Int) { crowds.remove(at: number).kill() }

    // MARK: Looks

    var counts: PlayedWorker.Counts {
        crowds.map(\.counts).reduce(into: PlayedWorker.Counts()) {
            $0.sessions += $1.sessions
            $0.prepared += $1.prepared
            $0.dealt += $1.dealt
            $0.acknowledged += $1.acknowledged
        }
    }

    var workersProcessorTime: Double { crowds.reduce(0) { $0 + $1.processorTime } }

    private var said: String { (coordinator?.standardError ?? "") + (coordinator?.standardOutput ?? "") }

    func timesSaid(_ words: String) -> Int { said.components(separatedBy: words).count - 1 }

    /// Waits until something holds.
    /// - Returns: how long it took, in seconds.
    func wait(for what: String, _ holds: () -> Bool) throws -> Double {
        let began = ContinuousClock.now
        while !holds() {
            guard coordinator?.isRunning == true, Self.seconds(since: began) < Self.longest else {
                throw ControlError("\(what) did not come: \(said.suffix(2_000))")
            }
            usleep(2_000)
        }
        return Self.seconds(since: began)
    }

    var isRunning: Bool { coordinator?.isRunning == true }

    static func seconds(since begin: ContinuousClock.Instant) -> Double { begin.duration(to: .now) / .seconds(1) }
}
