import Cluster

/// What is simulated: drawn from the seed. Every kind of fault is on or off by itself, so that many seeds have few of them
/// and meet what a mixture of all would hide.
struct Scenario {
    /// What the seed is about, if it is about something.
    let theme: Theme?
    let jobs: [JobSpec]
    let workers: [WorkerSpec]
    let limits: CoordinatorLimits
    let network: NetworkFaults
    let processes: ProcessFaults
    let disk: DiskFaults
    let hangs: HangFaults
    let lies: LieFaults
    let power: PowerFaults
    /// After this moment nothing goes wrong any more.
    let faultsUntil: Int64
    /// Whether workers stay for the next job.
    let stays: Bool
    /// Whether the coordinator is told when a worker's process ends, as of those it started itself.
    let isToldOfDeaths: Bool
    /// Without a worker that can work for so long, a coordinator gives up.
    let workerTimeout: Int64
    /// Pieces of the file of weights.
    let weightsPieces: Int

    /// Whether nobody falls silent but by poison: then no innocent image may be taken for it.
    var isCalm: Bool {
        network.loss == 0 && network.corruption == 0 && network.partitionEvery == 0 && network.reconnectEvery == 0
            && processes.killWorkerEvery == 0 && processes.pauseEvery == 0 && processes.killCoordinatorEvery == 0
            && processes.coordinatorDiesOneStepIn == 0 && hangs.oneIn == 0 && disk.fullEvery == 0
            && disk.isTightOneIn == 0
    }

    init(_ dice: Dice, hangs: HangFaults, lies: LieFaults, power: PowerFaults) {
        var limits = CoordinatorLimits()
        if hangs.oneIn > 0 { limits.stuckAfter = hangs.stuckAfter }
        (self.hangs, self.lies, self.power) = (hangs, lies, power)
        limits.checkpointImages = dice.draw(1...40)
        limits.checkpointEvery = dice.pick([2_000, 10_000, 600_000])
        limits.window = dice.draw(1...4)
        // Without a draw of its own, so that the seeds keep their stories.
        limits.uploads = limits.window < 3 ? limits.window : 16
        limits.fetchers = limits.window
        limits.artifactsWaiting = dice.pick([2, 16, 256])
        limits.shardsWaiting = limits.window < 3 ? 4 : 64
        limits.chunkBytes = dice.pick([1, 16, 64, 1 << 20])
        limits.shardsInFlight = dice.draw(1...3)
        limits.deadAfter = dice.pick([5_000, 10_000])
        let theme = Theme(dice)
        self.theme = theme
        if theme == .deathsAtFirst { limits.deathsBeforeSplit = 2 }
        if theme == .lateCheckpoints {
            limits.checkpointImages = dice.draw(2...6)
            limits.shardsInFlight = 1
        }
        // Without draws of their own, as above: a worker may have more in hand where it is fast, and deaths may be expected soon.
        limits.mostShardsInFlight =
            theme == .lateCheckpoints ? 1 : limits.shardsInFlight + (limits.window % 2 == 0 ? 0 : 5)
        limits.workerLifetime = limits.window == 3 ? 20_000 : 86_400_000
        jobs = (0..<(dice.percent(20) ? 2 : 1)).map { JobSpec(number: $0, theme, dice) }
        let count = theme == .deathsAtFirst ? 4 : dice.draw(1...4)
        workers = (0..<count).map { _ in WorkerSpec(theme, dice, alone: count == 1) }
        network = NetworkFaults(theme, dice)
        // Where artifacts are lost, or come after the report, honest workers' shards come without all of theirs again and again.
        if network.loss > 0 || network.corruption > 0 || network.reorders { limits.artifactsLostInARow = .max }
        self.limits = limits
        processes = ProcessFaults(theme, dice)
        disk = DiskFaults(theme, dice)
        faultsUntil =
            theme == .deathsAtFirst
            ? dice.draw(1_500...6_000)
            : theme == .lateCheckpoints ? 40_000 : dice.draw(Int64(2_000)...(dice.percent(10) ? 80_000 : 25_000))
        stays = dice.percent(50)
        isToldOfDeaths = theme == .deathsAtFirst || dice.percent(50)
        workerTimeout = dice.draw(Int64(20_000)...60_000)
        weightsPieces = dice.draw(1...3)
    }
}

/// A worker's machine.
struct WorkerSpec {
    /// Milliseconds an image takes.
    let pace: Int64
    /// Whether it sees the job's directory, and the coordinator's files.
    let seesDirectory: Bool
    /// It does not see the images' folder: all are unreadable to it.
    let isBlind: Bool

    init(_ theme: Theme?, _ dice: Dice, alone: Bool) {
        pace = theme == .fasterThanTheDisk ? 1 : theme == .lateMaps ? 200 : dice.pick([2, 10, 40, 200, 1_000])
        seesDirectory = dice.percent(theme == .lateMaps ? 75 : 50)
        isBlind = !alone && dice.percent(2)
    }
}
