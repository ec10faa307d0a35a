import Cluster
import Testing

@Suite struct JobPropertyTests {
    /// Every image is counted once, or recorded with its reason; nothing else gets in.
    ///
    /// Where workers die at random, an innocent image may be taken for one that kills: it is recorded then, and not lost.
    private func check(_ job: SimulatedJob, seed: UInt64) {
        let usable = (0..<job.imageCount).filter { $0 % 17 != 3 && !job.disk.poisoned.contains($0) }
        #expect(job.disk.images == Int64(usable.count), "seed \(seed)")
        #expect(job.disk.sum == usable.reduce(0, +), "seed \(seed)")
        #expect(job.disk.squares == usable.reduce(0) { $0 + $1 * $1 }, "seed \(seed)")
        #expect(job.disk.failures == Set((0..<job.imageCount).filter { $0 % 17 == 3 }), "seed \(seed)")
        #expect(job.disk.open.isEmpty, "seed \(seed)")
    }

    @Test(arguments: [1, 2, 5]) func undisturbed(workers: Int) {
        var job = SimulatedJob(seed: 1, images: 333, shardSize: 8, workers: workers, faults: .init())
        let ends = job.run()
        #expect(ends)
        check(job, seed: 1)
    }

    @Test func messagesLostDelayedAndRepeated() {
        let faults = SimulatedJob.Faults(lossPercent: 10, repeatPercent: 10, longestDelay: 2_000)
        for seed in UInt64(0)..<60 {
            var job = SimulatedJob(seed: seed, images: 200, shardSize: 8, workers: 3, faults: faults)
            let ends = job.run()
            #expect(ends, "seed \(seed) does not end")
            check(job, seed: seed)
        }
    }

    @Test func workersAndCoordinatorKilled() {
        let faults = SimulatedJob.Faults(
            lossPercent: 3, repeatPercent: 5, longestDelay: 500, killPercent: 8, coordinatorKillPercent: 4,
            reconnectPercent: 5)
        for seed in UInt64(0)..<60 {
            var job = SimulatedJob(seed: seed, images: 200, shardSize: 8, workers: 3, faults: faults)
            let ends = job.run()
            #expect(ends, "seed \(seed) does not end")
            check(job, seed: seed)
        }
    }

    @Test func anImageThatKillsIsFoundAndRecorded() {
        for seed in UInt64(0)..<20 {
            var job = SimulatedJob(seed: seed, images: 100, shardSize: 16, workers: 2, faults: .init(poison: 41))
            let ends = job.run()
            #expect(ends, "seed \(seed) does not end")
            #expect(job.disk.poisoned == [41])
            check(job, seed: seed)
        }
    }
}
