import Foundation
import TestProcesses

/// One job with its faults, from the coordinator's start to the results.
final class Round {
    let folder: String
    let job: String
    private let plan: Plan
    private let kind: JobKind
    private let ground: Ground
    private let cast: Cast
    private let namespace: Namespace?
    private var disk: SmallDisk?
    /// What is still to be done, by milliseconds from the start.
    private var agenda: [(at: Int, act: () throws -> Void)] = []
    private let began = ContinuousClock.now
    private var happened: [Fault] = []
    private var kills = 0
    /// The coordinator is expected to be down until the agenda starts it again.
    private var isDown = false
    private var diskWasFull = false

    /// A round may not take longer, whatever its faults.
    private static let longest = 90_000

    init(_ plan: Plan, kind: JobKind, ground: Ground) throws {
        (self.plan, self.kind, self.ground) = (plan, kind, ground)
        folder = ground.workspace.file("round-\(plan.seed)-\(kind.rawValue)")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        disk = plan.scene == .smallDisk ? try SmallDisk(folder) : nil
        namespace = plan.scene == .namespace ? try Namespace() : nil
        job = folder + "/job"
        var command = try ground.command(kind, job: job)
        if kind == .fit { command += ["--checkpoint-images", "\(plan.checkpointImages)"] }
        cast = try Cast(plan, kind, command, namespace: namespace, ground: ground)
        for (time, fault) in plan.faults { agenda.append((time, { [unowned self] in try happen(fault) })) }
    }

    func clear() {
        cast.end()
        disk = nil
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// - Throws: `RoundFailure` where the job failed or did not end; `Stopped`.
    func run() throws -> Outcome {
        let watch = try OpenWatch(ground.images(kind))
        defer {
            watch.stop()
            cast.end()
        }
        try cast.startCoordinator()
        try cast.startWorkers()
        while try !isDone() {
            try ground.stopping.check()
            guard now < Self.longest else { throw RoundFailure("it does not end: \(cast.lastWords)") }
            try doWhatIsDue()
            try cast.replaceTheFailed()
            usleep(2_000)
        }
        let time = now
        watch.stop()
        return Outcome(
            findings: try Findings(kind, job: job), openings: watch.total, milliseconds: time, faults: happened,
            kills: kills)
    }

    private var now: Int { Int(began.duration(to: .now) / .milliseconds(1)) }

    private func isDone() throws -> Bool {
        guard !isDown, let coordinator = cast.coordinator, !coordinator.isRunning else { return false }
        let status = coordinator.wait()
        if status == 0 { return true }
        guard diskWasFull else { throw RoundFailure("the coordinator ended with \(status): \(cast.lastWords)") }
        // Somebody makes room, and starts it again.
        disk?.empty()
        (isDown, diskWasFull) = (true, false)
        bringBack(after: 100)
        after(100) { [unowned self] in try cast.replaceTheMissing() }
        return false
    }

    private func doWhatIsDue() throws {
        agenda.sort { $0.at < $1.at }
        while let next = agenda.first, next.at <= now {
            agenda.removeFirst()
            try next.act()
        }
    }

    private func after(_ pause: Int, _ act: @escaping () throws -> Void) { agenda.append((now + pause, act)) }

    private func bringBack(after pause: Int) {
        after(pause) { [unowned self] in
            try cast.startCoordinator()
            isDown = false
        }
    }

    /// - Returns: whether there was a coordinator to be ended.
    private func endCoordinator(_ signal: Int32, backAfter pause: Int) -> Bool {
        guard !isDown, cast.signalCoordinator(signal) else { return false }
        // A frozen one hears nothing else.
        cast.signalCoordinator(SIGCONT)
        // It may be done and on its way out; started again, it says so.
        _ = cast.coordinator?.wait(atMost: 30)
        isDown = true
        bringBack(after: pause)
        return true
    }

    private func happen(_ fault: Fault) throws {
        var came = true
        switch fault {
        case .killWorker(let number, let pause):
            came = cast.signal(number, SIGKILL)
            if came { after(pause) { [unowned self] in try cast.startWorker(number) } }
        case .killCoordinator(let pause): came = endCoordinator(SIGKILL, backAfter: pause)
        case .killAll(let pause):
            came = endCoordinator(SIGKILL, backAfter: pause)
            for number in 0..<plan.workers where came && cast.signal(number, SIGKILL) {
                kills += 1
                after(pause) { [unowned self] in try cast.startWorker(number) }
            }
        case .stopCoordinator: came = endCoordinator(SIGTERM, backAfter: 50)
        case .freezeWorker(let number, let time):
            came = cast.signal(number, SIGSTOP)
            after(time) { [unowned self] in cast.signal(number, SIGCONT) }
        case .freezeCoordinator(let time):
            came = !isDown && cast.signalCoordinator(SIGSTOP)
            after(time) { [unowned self] in cast.signalCoordinator(SIGCONT) }
        case .cutLink(let time):
            namespace?.setLink(up: false)
            after(time) { [unowned self] in namespace?.setLink(up: true) }
        case .worsenLink(let time):
            namespace?.setLink(bad: true)
            after(time) { [unowned self] in namespace?.setLink(bad: false) }
        case .fillDisk(let time):
            disk?.fill()
            diskWasFull = true
            after(time) { [unowned self] in disk?.empty() }
        case .startTwin(let number): try cast.startTwin(number)
        case .oldWorker: try greetAsOld()
        }
        if came { note(fault) }
    }

    private func note(_ fault: Fault) {
        happened.append(fault)
        switch fault {
        case .killWorker, .killCoordinator, .killAll: kills += 1
        case .freezeWorker(_, let time) where time > 1_000 * Plan.deadline: kills += 1
        case .cutLink(let time) where time > 1_000 * Plan.deadline: kills += plan.workers
        default: break
        }
    }

    private func greetAsOld() throws {
        guard namespace == nil, !isDown else { return }
        let answer = try? Stranger.say(Stranger.hello(version: 0, name: "old"), to: cast.endpoint, atMost: 1)
        if case .welcome? = answer { throw RoundFailure("a worker of an older protocol was welcomed") }
    }
}
