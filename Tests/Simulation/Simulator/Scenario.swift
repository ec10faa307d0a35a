import Cluster

/// What is simulated: drawn from the seed. Every kind of fault is on or off by itself, so that many seeds have few of them
/// and meet what a mixture of all would hide.
struct Scenario {
    let jobs: [JobSpec]
    let workers: [WorkerSpec]
    let limits: CoordinatorLimits
    let network: NetworkFaults
    let processes: ProcessFaults
    let disk: DiskFaults
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

    /// Whether no worker falls silent but by poison: then no innocent image may be taken for it.
    var isCalm: Bool {
        network.loss == 0 && network.corruption == 0 && network.partitionEvery == 0 && network.reconnectEvery == 0
            && processes.killWorkerEvery == 0 && processes.pauseEvery == 0
    }

    init(_ dice: Dice) {
        var limits = CoordinatorLimits()
        limits.checkpointImages = dice.draw(1...40)
        limits.checkpointEvery = dice.pick([2_000, 10_000, 600_000])
        limits.window = dice.draw(1...4)
        limits.picturesWaiting = dice.pick([2, 16, 256])
        limits.chunkBytes = dice.pick([1, 16, 64, 1 << 20])
        limits.shardsInFlight = dice.draw(1...3)
        limits.deadAfter = dice.pick([5_000, 10_000])
        let theme: Theme? = dice.percent(6) ? .deathsAtFirst : nil
        if theme == .deathsAtFirst { limits.deathsBeforeSplit = 2 }
        self.limits = limits
        jobs = (0..<(dice.percent(20) ? 2 : 1)).map { JobSpec(number: $0, theme, dice) }
        let count = theme == .deathsAtFirst ? 4 : dice.draw(1...4)
        workers = (0..<count).map { _ in WorkerSpec(dice, alone: count == 1) }
        network = NetworkFaults(dice)
        processes = ProcessFaults(theme, dice)
        disk = DiskFaults(theme, dice)
        faultsUntil =
            theme == .deathsAtFirst
            ? dice.draw(1_500...6_000) : dice.draw(Int64(2_000)...(dice.percent(10) ? 80_000 : 25_000))
        stays = dice.percent(50)
        isToldOfDeaths = theme == .deathsAtFirst || dice.percent(50)
        workerTimeout = dice.draw(Int64(20_000)...60_000)
        weightsPieces = dice.draw(1...3)
    }
}

/// A mixture that chance alone would seldom stir.
package enum Theme {
    /// Workers die one after the other on the first shard, while the disk is slow: it is split while the grid is not fixed yet.
    case deathsAtFirst
}

/// A worker's machine.
struct WorkerSpec {
    /// Milliseconds an image takes.
    let pace: Int64
    /// Whether it sees the job's directory, and the coordinator's files.
    let seesDirectory: Bool
    /// It does not see the images' folder: all are unreadable to it.
    let isBlind: Bool

    init(_ dice: Dice, alone: Bool) {
        pace = dice.pick([2, 10, 40, 200, 1_000])
        seesDirectory = dice.percent(50)
        isBlind = !alone && dice.percent(2)
    }
}

/// What a network does to messages. Chances in percent.
struct NetworkFaults {
    let loss: Int
    let duplication: Int
    let corruption: Int
    /// The longest way of a message, in milliseconds.
    let delay: Int64
    /// Messages overtake each other.
    let reorders: Bool
    /// Mean milliseconds between partitions; 0: none.
    let partitionEvery: Int
    let reconnectEvery: Int
    /// Every message is really encoded and decoded, not only the garbled ones.
    let encodesAll: Bool

    init(_ dice: Dice) {
        func sometimes(_ range: ClosedRange<Int>) -> Int { dice.percent(50) ? dice.draw(range) : 0 }
        loss = sometimes(1...20)
        duplication = sometimes(1...20)
        corruption = dice.percent(25) ? dice.draw(1...5) : 0
        delay = dice.pick([2, 20, 200, 3_000])
        reorders = dice.percent(50)
        partitionEvery = sometimes(3_000...20_000)
        reconnectEvery = sometimes(3_000...20_000)
        encodesAll = dice.percent(2)
    }
}

/// Deaths and pauses. Mean milliseconds between two; 0: none.
struct ProcessFaults {
    let killWorkerEvery: Int
    let killCoordinatorEvery: Int
    /// A coordinator dies between two steps, one time in so many steps.
    let coordinatorDiesOneStepIn: Int
    let pauseEvery: Int
    let stopEvery: Int
    let leaveEvery: Int
    /// A worker gives a shard up one time in so many.
    let giveUpOneIn: Int
    /// It cannot make ready for a stage one time in so many.
    let unfitOneIn: Int
    /// A chunk of sums is garbage one time in so many.
    let liesOneIn: Int

    init(_ theme: Theme?, _ dice: Dice) {
        func sometimes(_ chance: Int, _ range: ClosedRange<Int>) -> Int {
            dice.percent(chance) ? dice.draw(range) : 0
        }
        killWorkerEvery =
            theme == .deathsAtFirst ? 200 : dice.percent(50) ? dice.pick([200, 600, 2_000, 6_000, 15_000]) : 0
        killCoordinatorEvery = sometimes(40, 1_000...15_000)
        coordinatorDiesOneStepIn = sometimes(40, 20...400)
        pauseEvery = sometimes(30, 3_000...20_000)
        stopEvery = sometimes(20, 2_000...15_000)
        leaveEvery = sometimes(20, 3_000...20_000)
        giveUpOneIn = sometimes(15, 3...30)
        unfitOneIn = sometimes(10, 4...20)
        liesOneIn = sometimes(5, 3...20)
    }
}

/// What the coordinator's disk does.
struct DiskFaults {
    /// The longest that an operation takes, in milliseconds.
    let slowness: Int64
    /// Mean milliseconds between times without space; 0: none.
    let fullEvery: Int
    /// When the coordinator dies the machine loses power too: what was not synced is torn.
    let losesPowerPercent: Int
    /// A committed partial's bytes change, one time in so many starts of the coordinator.
    let rotsOneIn: Int

    init(_ theme: Theme?, _ dice: Dice) {
        slowness = theme == .deathsAtFirst ? 6_000 : dice.pick([1, 10, 100, 1_500])
        fullEvery = dice.percent(20) ? dice.draw(3_000...20_000) : 0
        losesPowerPercent = dice.pick([0, 50, 100])
        rotsOneIn = dice.percent(20) ? dice.draw(1...4) : 0
    }
}
