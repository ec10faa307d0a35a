import Simulator
import Testing

/// What share of their time workers spend on images, in simulated time.
@Suite struct CrowdTests {
    /// Two shards of 64 in hand would let it do 1,280 images in a second.
    @Test(arguments: [CrowdSpec.Task.inspection, .fit])
    func aFastWorkerDoesNotWaitForALongLink(task: CrowdSpec.Task) throws {
        var spec = CrowdSpec()
        (spec.task, spec.workers, spec.images) = (task, 1, 400_000)
        (spec.medianRate, spec.spread, spec.slowPercent, spec.deathsAnHourPercent) = (5_000, 0, 0, 0)
        spec.latency = 50
        let result = try Crowd(spec).run()
        print("one worker of 5,000 images/s, \(task.rawValue), 50 ms each way: busy for \(result.efficiency)")
        #expect(result.efficiency > 0.95)
    }

    @Test(arguments: [CrowdSpec.Task.inspection, .fit], [10, 100])
    func workersOfManySpeedsEndTogether(task: CrowdSpec.Task, workers: Int) throws {
        var spec = CrowdSpec()
        (spec.task, spec.workers, spec.images) = (task, workers, 400 * workers)
        let result = try Crowd(spec).run()
        print("\(workers) workers, \(task.rawValue): busy for \(result.efficiency), \(result.speed) of the ideal")
        #expect(result.efficiency > 0.85)
    }

    /// Each of a thousand workers has sums to be saved at the end, one after the other, and two or three of them die.
    @Test(arguments: [7, 10] as [UInt64]) func aThousandWorkersEndAsFastAsTheirSumsCanBeSaved(seed: UInt64) throws {
        var spec = CrowdSpec()
        (spec.task, spec.seed) = (.fit, seed)
        let result = try Crowd(spec).run()
        print("1,000 workers, fit, \(result.deaths) deaths: busy for \(result.efficiency)")
        #expect(result.deaths > 0 && result.efficiency > 0.9)
    }

    /// Nobody behind a relay is at a large shard for long when all others have ended, though some are ten times slower.
    @Test(arguments: [CrowdSpec.Task.inspection, .fitOverLink]) func workersBehindRelaysEndTogether(
        task: CrowdSpec.Task
    ) throws {
        var spec = CrowdSpec()
        (spec.task, spec.workers, spec.relays, spec.images) = (task, 100, 10, 40_000)
        let result = try Crowd(spec).run()
        print("100 workers behind 10 relays, \(task.rawValue): busy for \(result.efficiency)")
        #expect(result.efficiency > 0.95)
    }

    /// The sums of a relay's workers are collected as these end, one after the other, and not only when all have ended. In the inspection a worker dies early: what
    /// it had in hand waits for no relay without work.
    @Test(arguments: zip([CrowdSpec.Task.inspection, .fitOverLink], [6, 3] as [UInt64]))
    func aThousandWorkersBehindRelaysEndTogether(task: CrowdSpec.Task, seed: UInt64) throws {
        var spec = CrowdSpec()
        (spec.task, spec.relays, spec.seed) = (task, 20, seed)
        let result = try Crowd(spec).run()
        print("1,000 workers behind 20 relays, \(task.rawValue): busy for \(result.efficiency)")
        #expect(result.deaths > 0 && result.efficiency > 0.94)
    }

    /// Its shards are all suspects then, and its sums are lost: its workers are a tenth of all, and it dies after a third of the time.
    @Test(arguments: [CrowdSpec.Task.inspection, .fitOverLink]) func aRelayThatDiesHoldsNobodyUp(
        task: CrowdSpec.Task
    ) throws {
        var spec = CrowdSpec()
        (spec.task, spec.workers, spec.relays, spec.images) = (task, 100, 10, 40_000)
        spec.relayDeath = 60_000
        let result = try Crowd(spec).run()
        print("100 workers behind 10 relays, one killed, \(task.rawValue): \(result.speed) of the ideal")
        #expect(result.speed > 0.92)
    }

    /// All of a relay's workers end together also where its sums are due before the stage's end, though some are ten times slower.
    @Test func sumsOfRelaysAreDueWhileNobodyIsAtALargeShard() throws {
        var spec = CrowdSpec()
        (spec.task, spec.workers, spec.relays, spec.images) = (.fitOverLink, 40, 4, 120_000)
        spec.slowPercent = 10
        let result = try Crowd(spec).run()
        print("40 workers behind 4 relays, \(result.saved) sums saved: busy for \(result.efficiency)")
        #expect(result.saved > 8 && result.efficiency > 0.95)
    }
}
