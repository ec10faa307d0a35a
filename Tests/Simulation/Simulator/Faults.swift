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

    init(_ theme: Theme?, _ dice: Dice) {
        func sometimes(_ range: ClosedRange<Int>) -> Int { dice.percent(50) ? dice.draw(range) : 0 }
        let isLate = theme == .lateCheckpoints
        loss = isLate ? 0 : sometimes(1...20)
        duplication = isLate ? dice.draw(20...50) : sometimes(1...20)
        corruption = !isLate && dice.percent(25) ? dice.draw(1...5) : 0
        delay =
            theme == .fasterThanTheDisk ? 2 : dice.pick(isLate ? [20, 200, 1_000] : [2, 20, 200, 3_000])
        reorders = isLate || dice.percent(50)
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
            theme != .lateCheckpoints && dice.percent(chance) ? dice.draw(range) : 0
        }
        killWorkerEvery =
            theme == .deathsAtFirst
            ? 200
            : theme == .lateMaps
                ? 1_500 : sometimes(50, 1...1) * dice.pick([200, 600, 2_000, 6_000, 15_000])
        killCoordinatorEvery = theme == .lateMaps ? 6_000 : sometimes(40, 1_000...15_000)
        coordinatorDiesOneStepIn = sometimes(40, 20...400)
        pauseEvery = theme == .lateMaps ? 1_500 : sometimes(30, 3_000...20_000)
        stopEvery = sometimes(20, 2_000...15_000)
        leaveEvery = sometimes(20, 3_000...20_000)
        giveUpOneIn = sometimes(15, 3...30)
        unfitOneIn = sometimes(10, 4...20)
        liesOneIn = sometimes(5, 3...20)
    }
}

/// Workers that hang, over an image or a disk that does not answer, while their hearts beat on.
struct HangFaults {
    /// A shard holds its worker for ever, one time in so many.
    let oneIn: Int
    /// So long does the coordinator look on, in milliseconds; longer than any shard takes.
    let stuckAfter: Int64

    /// - Parameter dice: of its own, so that what the other faults are does not depend on these.
    init(_ dice: Dice) {
        oneIn = dice.percent(8) ? dice.draw(4...40) : 0
        stuckAfter = dice.pick([30_000, 90_000])
    }
}

/// Workers' machines that lose power.
struct PowerFaults {
    /// When a worker is killed its machine loses power: what it had not synced is torn.
    let workerPercent: Int

    /// - Parameter dice: of its own, so that what the other faults are does not depend on these.
    init(_ dice: Dice) { workerPercent = dice.pick([0, 50, 100]) }
}

/// What the coordinator's disk does.
struct DiskFaults {
    /// The longest that an operation takes, in milliseconds.
    let slowness: Int64
    let staysSlow: Bool
    /// Mean milliseconds between times without space; 0: none.
    let fullEvery: Int
    /// A small write of the journal finds no space one time in so many.
    let isTightOneIn: Int
    /// Mean milliseconds between times in which a worker's cache has no space; 0: none.
    let cacheFullEvery: Int
    /// When the coordinator dies the machine loses power too: what was not synced is torn.
    let losesPowerPercent: Int
    /// A committed partial's bytes change, one time in so many starts of the coordinator.
    let rotsOneIn: Int

    init(_ theme: Theme?, _ dice: Dice) {
        slowness =
            switch theme {
            case .deathsAtFirst: 6_000
            case .fasterThanTheDisk: 2_000
            case .lateMaps: 1_500
            default: dice.pick([1, 10, 100, 1_500])
            }
        fullEvery = dice.percent(20) ? dice.draw(3_000...20_000) : 0
        staysSlow = theme == .fasterThanTheDisk || slowness == 100 && dice.percent(30)
        isTightOneIn = dice.percent(20) ? dice.draw(4...40) : 0
        cacheFullEvery = dice.percent(20) ? dice.draw(500...8_000) : 0
        losesPowerPercent = theme == .lateMaps ? 100 : dice.pick([0, 50, 100])
        rotsOneIn = dice.percent(30) ? dice.draw(1...4) : 0
    }
}
