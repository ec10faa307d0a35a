import Cluster
import TestSupport
import Testing

/// Relays between a coordinator and its workers: whatever is killed or lost, each image counts once.
@Suite struct TreeTests {
    private func run(_ plan: Tree.Plan, seed: UInt64) throws -> Tree {
        let tree = try Tree(plan, seed: seed)
        let violations = tree.run()
        #expect(violations.isEmpty, "seed \(seed): \(violations)")
        return tree
    }

    @Test func twoRelaysOfTwoWorkersEach() throws {
        var plan = Tree.Plan()
        plan.checkpointImages = 1_000
        let tree = try run(plan, seed: 1)
        // One upload a relay, where its four workers would have sent one each.
        #expect(tree.root.uploads == 2)
        #expect(tree.root.poisoned.isEmpty)
    }

    /// What cannot be used is left out, and what kills workers is found, through relays as without.
    @Test(arguments: 1...20) func imagesThatCannotBeUsedAndImagesThatKill(seed: UInt64) throws {
        var plan = Tree.Plan()
        plan.unreadable = [3, 17, 40, 41, 42]
        plan.poison = [23]
        plan.directWorkers = Int(seed % 2)
        let tree = try run(plan, seed: seed)
        // Nobody dies but of poison: so nothing else is taken for it.
        #expect(tree.root.poisoned == plan.poison)
    }

    @Test(arguments: 1...300) func whateverIsKilledOrLost(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed &* 31)
        var plan = Tree.Plan()
        plan.images = 20 + random.below(100)
        plan.shardSize = 1 + random.below(6)
        plan.relays = 1 + random.below(3)
        plan.workersOfRelay = 1 + random.below(3)
        plan.directWorkers = random.below(3)
        plan.checkpointImages = 1 + random.below(40)
        plan.delay = [1, 20, 300][random.below(3)]
        plan.loss = random.percent(50) ? random.below(20) : 0
        plan.duplication = random.percent(50) ? random.below(20) : 0
        plan.killWorkerEvery = random.percent(60) ? 300 + Int64(random.below(4_000)) : 0
        plan.killRelayEvery = random.percent(60) ? 500 + Int64(random.below(8_000)) : 0
        plan.killRootEvery = random.percent(40) ? 1_000 + Int64(random.below(8_000)) : 0
        plan.faultsUntil = 2_000 + Int64(random.below(30_000))
        if random.percent(40) { plan.unreadable = [2, 5, 6, 19] }
        if random.percent(15) { plan.poison = [11] }
        _ = try run(plan, seed: seed)
    }
}
