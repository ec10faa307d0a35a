import Cluster
import TestSupport
import Testing

/// When sums are worth saving.
@Suite struct CheckpointPolicyTests {
    private func policy(cost: Int64, lifetime: Int64) -> CheckpointPolicy {
        var assumptions = CheckpointPolicy.Assumptions()
        (assumptions.lifetime, assumptions.shortest, assumptions.longest) = (lifetime, 1, 1 << 50)
        var policy = CheckpointPolicy(assumptions)
        policy.begin(bytes: 1 << 27)
        policy.noteSaved(in: cost)
        return policy
    }

    /// What a worker loses in a millisecond where it saves every so many of them.
    private func loss(_ interval: Double, _ policy: CheckpointPolicy) -> Double {
        policy.cost / interval + interval / 2 / policy.lifetime
    }

    @Test func noOtherIntervalLosesLess() {
        var generator = SeededGenerator(seed: 3)
        for _ in 0..<1_000 {
            let lifetime = Int64(1_000 + generator.below(1_000_000_000))
            let policy = policy(cost: Int64(1 + generator.below(Int(lifetime / 4))), lifetime: lifetime)
            let least = loss(Double(policy.interval), policy)
            for factor in [0.5, 0.9, 1.1, 2] { #expect(loss(Double(policy.interval) * factor, policy) > least) }
        }
    }

    @Test func dearerSavingIsSeldomAndDeathsMakeItFrequent() {
        var generator = SeededGenerator(seed: 4)
        for _ in 0..<1_000 {
            let (cost, lifetime) = (
                Int64(1 + generator.below(100_000)), Int64(1_000_000 + generator.below(100_000_000))
            )
            var one = policy(cost: cost, lifetime: lifetime)
            let dearer = policy(cost: 4 * cost, lifetime: lifetime)
            #expect(dearer.interval >= one.interval)
            let before = one.interval
            one.noteDeath()
            #expect(one.interval <= before)
            let dying = one.interval
            one.passed(lifetime, workers: 10)
            #expect(one.interval >= dying)
        }
    }

    @Test func noMoreThanTenMinutesAreAtRiskUnlessSavingTakesLonger() {
        var generator = SeededGenerator(seed: 5)
        for _ in 0..<1_000 {
            var policy = CheckpointPolicy(CheckpointPolicy.Assumptions())
            policy.begin(bytes: Int64(generator.below(1 << 40)))
            for _ in 0..<generator.below(5) { policy.noteSaved(in: Int64(generator.below(2_000_000))) }
            for _ in 0..<generator.below(50) { policy.noteDeath() }
            policy.passed(Int64(generator.below(1 << 40)), workers: generator.below(10_000))
            #expect(policy.interval >= 1_000)
            #expect(policy.interval <= max(600_000, Int64(policy.cost) + 1))
            // Nobody saves for longer than it works.
            #expect(Double(policy.interval) + 1 >= policy.cost)
        }
    }

    @Test func itLearns() {
        var policy = CheckpointPolicy(CheckpointPolicy.Assumptions())
        policy.begin(bytes: 129_000_000)
        #expect(policy.cost == 1_290)
        for _ in 0..<40 { policy.noteSaved(in: 100) }
        #expect(policy.cost == 100)
        // A hundred deaths in a thousand hours of workers' time.
        policy.passed(3_600_000, workers: 1_000)
        for _ in 0..<100 { policy.noteDeath() }
        #expect(abs(policy.lifetime / 3_600_000 - 10) < 0.3)
        // The next stage has other sums, and the same workers.
        policy.begin(bytes: 1_000_000)
        #expect(policy.cost == 10 && abs(policy.lifetime / 3_600_000 - 10) < 0.3)
    }

    @Test func extremesAreHeld() {
        var policy = CheckpointPolicy(CheckpointPolicy.Assumptions())
        policy.begin(bytes: .max)
        policy.noteSaved(in: .max)
        policy.passed(.max, workers: .max)
        #expect(policy.interval > 0)
        policy.begin(bytes: 0)
        policy.noteSaved(in: -5)
        policy.passed(-7, workers: 3)
        #expect(policy.interval >= 1_000)
    }

    /// Sums are saved where the work that would be lost until the end weighs more than that, and are never kept for long.
    @Test func shortlyBeforeTheEndNothingIsSavedInBetween() {
        var generator = SeededGenerator(seed: 6)
        for _ in 0..<1_000 {
            let lifetime = Int64(1_000_000 + generator.below(100_000_000))
            let policy = policy(cost: Int64(1 + generator.below(10_000)), lifetime: lifetime)
            let interval = policy.interval
            #expect(!policy.isDue(after: interval - 1, before: nil))
            #expect(policy.isDue(after: interval, before: nil) && policy.isDue(after: 2 * interval, before: 0))
            let rest = Double(generator.below(Int(interval)))
            let loss = rest / policy.lifetime * Double(interval)
            if abs(loss - policy.cost) > 0.01 * policy.cost {
                #expect(policy.isDue(after: interval, before: rest) == (loss > policy.cost))
            }
        }
    }

    /// What is said to be due at a time is due then, and not before.
    @Test func whenSumsWillBeDueIsKnown() {
        var generator = SeededGenerator(seed: 7)
        var known = 0
        for _ in 0..<1_000 {
            let policy = policy(cost: Int64(1 + generator.below(10_000)), lifetime: 86_400_000)
            let gathered = Int64(generator.below(2 * Int(policy.interval)))
            let rest = Int64(generator.below(3 * Int(policy.interval)))
            // Else they wait for the end.
            guard let due = policy.due(after: gathered, before: rest) else { continue }
            known += 1
            #expect(policy.isDue(after: gathered + due, before: Double(rest - due)))
            #expect(due == 0 || !policy.isDue(after: gathered + due - 1, before: Double(rest - due + 1)))
        }
        #expect((200...900).contains(known), "\(known)")
    }
}
