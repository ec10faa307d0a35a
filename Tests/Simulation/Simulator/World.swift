import Cluster
import JobRules
import Storage

/// What came of a seed.
public struct Outcome: Sendable {
    public let seed: UInt64
    /// What went against the promise; empty if it was kept.
    public let violations: [String]
    /// What happened, in words, where it was kept.
    public let history: [String]
    public let tally: Tally
    /// Simulated milliseconds, and things that happened in them.
    public let milliseconds: Int64
    public let events: Int
}

/// A run: both cores, network, disks, clocks and mischief, all from one seed.
public final class World {
    /// After the last fault the jobs must end within so many simulated milliseconds. Ten minutes leave room for a poisoned image
    /// that many workers have to die of, each noticed by its silence alone. A disk that stays slow takes its time for each step.
    private var timeout: Int64 {
        600_000
            + (scenario.disk.staysSlow ? scenario.disk.slowness * scenario.jobs.reduce(0) { $0 + $1.mostDiskSteps } : 0)
    }

    let scenario: Scenario
    let dice: Dice
    let lieDice: Dice
    /// For the power of workers' machines.
    let powerDice: Dice
    let images: ImageFaults
    /// Nil: no worker computes something wrong.
    let auditLies: AuditLies?
    /// For images that are served.
    let servingDice: Dice
    /// For the model's file.
    private let modelDice: Dice
    let flaw: Flaw?
    var history: History
    var tally = Tally()
    var mostDiskOrders = 0
    var mostExecutorOrders = 0
    let folders: [JobFolder]
    let weights: Blob
    private(set) lazy var network = SimulatedNetwork(self, workers: scenario.workers.count)
    private(set) lazy var workers = scenario.workers.indices.map { SimulatedWorker(self, number: $0) }
    private(set) lazy var mischief = Mischief(self)
    private(set) var coordinator: SimulatedCoordinator?
    private(set) var blobs: [Digest: BlobContent] = [:]
    private let seed: UInt64
    private var agenda = EventQueue()
    private var job = 0
    private var coordinators = 0
    /// Shards that so many workers died on that they were suspected, in the job under way; and images taken for poison.
    var suspects = 0
    var poisoned = 0
    private var violations: [String] = []
    private var isOver = false

    private init(seed: UInt64, flaw: Flaw?, keepsHistory: Bool) {
        self.seed = seed
        self.flaw = flaw
        dice = Dice(seed: seed)
        powerDice = Dice(seed: seed &+ 0x90E7_0000_0000)
        modelDice = Dice(seed: seed &+ 0x30DE_0000_0000)
        lieDice = Dice(seed: seed &+ 0x11E5_0000_0000)
        scenario = Scenario(
            dice, hangs: HangFaults(Dice(seed: ~seed)), lies: LieFaults(lieDice), power: PowerFaults(powerDice))
        servingDice = Dice(seed: seed &+ 0x5E4E_0000_0000)
        let images = ImageFaults(
            Dice(seed: seed &+ 0x1A6E_0000_0000), scenario.theme, workers: scenario.workers.count, jobs: scenario.jobs,
            end: scenario.faultsUntil)
        self.images = images
        auditLies = AuditLies(
            Dice(seed: seed &+ 0xA0D1_0000_0000), workers: scenario.workers, jobs: scenario.jobs, images: images)
        history = History(isKept: keepsHistory)
        folders = scenario.jobs.map { JobFolder($0, flaw: flaw) }
        let (dice, tight) = (dice, scenario.disk.isTightOneIn)
        let weights = BlobContent(tag: 7, byteCount: BlobContent.pieceBytes * Int64(scenario.weightsPieces - 1) + 100)
        self.weights = weights.blob
        blobs[weights.blob.digest] = weights
        for folder in folders {
            folder.isTight = { [unowned self] in isFaulty && dice.oneIn(tight) }
            folder.tally = { [unowned self] in tally.count($0) }
        }
    }

    /// Runs a seed to its end.
    /// - Parameters:
    ///   - flaw: a bug that the shells are given.
    ///   - keepsHistory: whether what happens is told in words.
    public static func run(seed: UInt64, flaw: Flaw? = nil, keepsHistory: Bool = false) -> Outcome {
        World(seed: seed, flaw: flaw, keepsHistory: keepsHistory).run()
    }

    var now: Int64 { agenda.now }
    var isFaulty: Bool { now < scenario.faultsUntil }
    var folder: JobFolder { folders[min(job, folders.count - 1)] }
    var hasBlind: Bool { scenario.workers.contains(where: \.isBlind) }
    var hasLiars: Bool { scenario.processes.liesOneIn > 0 || scenario.lies.oneIn > 0 || auditLies != nil }

    func schedule(in delay: Int64, _ deed: @escaping () -> Void) { agenda.schedule(in: delay, deed) }

    func violate(_ words: String) { folder.violate(words) }

    private func run() -> Outcome {
        history.note(0, "world", "\(scenario)")
        history.note(0, "world", "\(images)")
        for worker in workers { schedule(in: dice.draw(Int64(0)...1_000)) { worker.start() } }
        schedule(in: dice.draw(Int64(0)...1_000)) { [unowned self] in startCoordinator() }
        mischief.begin()
        while !isOver, folder.violations.isEmpty, let deed = agenda.next() {
            deed()
            if now > scenario.faultsUntil + timeout, job < folders.count {
                violate("the job does not end: faults stopped at \(scenario.faultsUntil) ms")
            }
        }
        violations = folders.flatMap(\.violations)
        for words in violations { history.note(now, "verdict", words) }
        return Outcome(
            seed: seed, violations: violations, history: history.lines, tally: tally, milliseconds: now,
            events: agenda.count)
    }

    // MARK: processes

    /// Somebody, or the coordinator that started it, ends a worker that works no more and starts another.
    func endStuck(_ name: String) {
        guard let worker = workers.first(where: { $0.name == name }) else { return }
        schedule(in: dice.draw(Int64(0)...5_000)) {
            guard worker.isAlive, worker.name == name else { return }
            worker.note("is ended: it works no more")
            worker.die()
        }
    }

    private func startCoordinator() {
        guard !isOver, coordinator == nil else { return }
        coordinators += 1
        if isFaulty, dice.oneIn(scenario.disk.rotsOneIn), let partial = folder.journal.partials().last?.record {
            tally.count("partial rotten")
            folder.disk.rot(partial.file, in: "partials", dice)
            folder.rotten.insert(partial.file)
        }
        if isFaulty, modelDice.oneIn(scenario.disk.rotsOneIn), folder.disk.read("model", in: "results") != nil {
            tally.count("model rotten")
            folder.disk.rot("model", in: "results", modelDice)
        }
        // It does not wait for long.
        if isFaulty, modelDice.oneIn(1 + scenario.disk.rotsOneIn / 16), folder.rotWaitingModel(modelDice) {
            tally.count("waiting model rotten")
        }
        let started = SimulatedCoordinator(self, folder, life: coordinators)
        coordinator = started
        for worker in workers where worker.isAlive { worker.later(dice.draw(Int64(0)...500)) { $0.connect() } }
        started.tellJob(.begin)
    }

    /// The coordinator's process ends at once, and sometimes the power of its machine.
    func killCoordinator() {
        guard let coordinator else { return }
        coordinator.note("dies")
        folder.deaths.coordinatorEnded(life: coordinator.life, inOrder: false)
        if dice.percent(scenario.disk.losesPowerPercent) {
            tally.count("power cut")
            history.note(now, "disk", "loses power")
            folder.disk.losePower(dice, on: SimulatedDisk.home)
        }
        endProcess(coordinator)
        schedule(in: dice.draw(Int64(100)...4_000)) { [unowned self] in startCoordinator() }
    }

    private func endProcess(_ process: SimulatedCoordinator) {
        process.isAlive = false
        coordinator = nil
        for worker in workers { network.disconnect(worker.number) }
    }

    /// The coordinator's process ended by itself; the operator starts the same command again, if that makes sense.
    func coordinatorEnded(_ failure: JobFailure?) {
        guard let coordinator else { return }
        folder.deaths.coordinatorEnded(life: coordinator.life, inOrder: failure == nil || coordinator.hasClearedHands)
        endProcess(coordinator)
        tally.count(failure.map { "job ended: \($0.name)" } ?? "job done")
        switch failure {
        case nil:
            folder.check(
                suspects: suspects, blind: hasBlind, calm: scenario.isCalm,
                vanished: images.vanishing(of: folder.spec.number))
            tryAgainOrGoOn()
        case .tooManyFailures(_, let most), .tooManyUnusable(_, let most):
            // That of the stage: images of a calibration were read before, so none of them may fail.
            let unusable = folder.spec.unreadable.union(images.vanishing(of: folder.spec.number)).count + poisoned
            if unusable <= most, !hasBlind {
                violate("the job fails for bad images that it has not")
            }
            // An inspection has done all that it could before it says so.
            if case .tooManyUnusable = failure {
                folder.check(
                    suspects: suspects, blind: hasBlind, calm: scenario.isCalm,
                    vanished: images.vanishing(of: folder.spec.number))
            }
            tryAgainOrGoOn()
        case .noneUsable:
            if folder.journal.images.contains(where: {
                $0.role == .normal && $0.status != .poison && $0.status != .unreadable && $0.status != .excluded
            }) {
                violate("the job finds no usable image, and has some")
            }
            goOnWithNextJob()
        case .excludedUnusable, .excludedChanged:
            if !hasBlind, suspects == 0 { violate("images cannot be taken out that are as they were") }
            // They stay in, and a job that was done has what it had.
            folder.excludes = false
            if folder.isDone, !folder.journal.images.contains(where: { $0.status == .excluded }) {
                folder.check(
                    suspects: suspects, blind: hasBlind, calm: scenario.isCalm,
                    vanished: images.vanishing(of: folder.spec.number))
            }
            goOnWithNextJob()
        case .otherModel:
            if tally.counts["model rotten"] == nil { violate("another model was made, and the disk is good") }
            goOnWithNextJob()
        case .stopped, .workersGiveUp, .workersBreakTheProtocol, .noWorker, .other, .auditUndecided:
            if case .auditUndecided = failure, auditLies == nil {
                violate("workers that compute the same say different things")
            }
            if case .other(is DamagedPartials) = failure, folder.rotten.isEmpty {
                violate("a partial is damaged, and the disk is good")
            }
            if case .other(is JournalRefusal) = failure { violate("the journal refuses what the job wants") }
            schedule(in: dice.draw(Int64(100)...3_000)) { [unowned self] in startCoordinator() }
        }
    }

    /// Some give the same command again: what could not be read is tried once more, and nothing else changes.
    private func tryAgainOrGoOn() {
        if folder.violations.isEmpty, !folder.excludes, !folder.spec.wrong.isEmpty {
            folder.excludes = true
            tally.count("command that takes images out")
            return schedule(in: dice.draw(Int64(100)...3_000)) { [unowned self] in startCoordinator() }
        }
        guard folder.violations.isEmpty, !folder.isTriedAgain,
            folder.journal.images.contains(where: { $0.status == .unreadable }),
            dice.percent(30)
        else { return goOnWithNextJob() }
        folder.isTriedAgain = true
        tally.count("same command again")
        schedule(in: dice.draw(Int64(100)...3_000)) { [unowned self] in startCoordinator() }
    }

    private func goOnWithNextJob() {
        guard folder.violations.isEmpty else { return }
        (suspects, poisoned) = (0, 0)
        job += 1
        if job < folders.count {
            tally.count("second job")
            return schedule(in: dice.draw(Int64(0)...3_000)) { [unowned self] in startCoordinator() }
        }
        // Workers that stand still may go on after the end, with what they had in hand; and the power fails at any moment.
        let last = workers.map { $0.isAlive ? $0.pausedUntil : 0 }.max() ?? 0
        schedule(in: last > now ? last - now + dice.draw(Int64(0)...3_000) : 0) { [unowned self] in
            isOver = true
            for folder in folders { folder.checkAfterPowerCut(dice, machines: 0..<workers.count + 1) }
        }
    }

    /// A worker's process has ended; another one is started on its machine.
    func workerEnded(_ worker: SimulatedWorker) {
        let name = worker.name
        if scenario.isToldOfDeaths {
            coordinator?.later(dice.draw(Int64(0)...100)) { $0.feed(.processEnded(name: name)) }
        }
        schedule(in: dice.draw(Int64(100)...3_000)) { worker.start() }
    }

    // MARK: files

    func publish(model tag: UInt64) -> Blob {
        let content = BlobContent(tag: tag, byteCount: 64)
        blobs[content.blob.digest] = content
        return content.blob
    }

    /// Whether who sees the images' folder can read one.
    func isReadable(_ image: (folder: JobFolder, id: ImageID)) -> Bool {
        guard !image.folder.spec.unreadable.contains(image.id) else { return false }
        guard images.isGone(image.id, ofJob: image.folder.spec.number, at: now) else { return true }
        tally.count("image vanished")
        return false
    }

    /// What the coordinator reads of an image.
    func content(of image: (folder: JobFolder, id: ImageID)) -> (content: BlobContent, digest: ContentDigest) {
        let tag = Truth.mix(UInt64(image.folder.spec.number), UInt64(bitPattern: image.id.rawValue), 21)
        let pieces = tag % UInt64(images.largeOneIn) == 0 ? 3 : 0
        let content = BlobContent(tag: tag, byteCount: BlobContent.pieceBytes * Int64(pieces) + 40)
        return (content, withUnsafeBytes(of: tag) { ContentDigest(of: $0) })
    }

    /// The image that a task names, if there is one.
    func image(_ task: ImageTask) -> (folder: JobFolder, id: ImageID)? {
        let parts = task.location.text.split(separator: "/")
        guard parts.count == 2, let job = Int(parts[0]), folders.indices.contains(job),
            let image = Int64(parts[1]).map(ImageID.init(rawValue:)),
            (0..<folders[job].spec.images).contains(image.place)
        else { return nil }
        return (folders[job], image)
    }
}
