import Simulator
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
        // So many that both relays have a part in them.
        plan.images = 600
        plan.checkpointImages = 1_000
        // So small sums would be saved often.
        plan.savedPerSecond = 1
        let tree = try run(plan, seed: 1)
        // One upload a relay, where its workers would have sent one each.
        #expect(tree.uploads == 2 && tree.poisoned.isEmpty, "\(tree.uploads) uploads")
    }

    /// What cannot be used is left out, and what kills workers is found, through relays as without.
    @Test(arguments: UInt64(1)...20) func imagesThatCannotBeUsedAndImagesThatKill(seed: UInt64) throws {
        var plan = Tree.Plan.withPoison
        plan.unreadable = [3, 17, 40, 41, 42]
        plan.directWorkers = Int(seed % 2)
        // Nobody dies but of poison: so nothing else is taken for it.
        #expect(try run(plan, seed: seed).poisoned == plan.poison)
    }

    @Test func manySeedsKeepThePromise() async throws {
        let result = try await TreeSweep.run(0..<800)
        #expect(result.failures.isEmpty, "\(result.failures.prefix(3))")
        // A simulator that no longer reaches a fault proves nothing.
        for what in [
            "worker killed", "relay killed", "coordinator killed", "relay asked to leave", "relay left",
            "relay began anew", "relay's disk full", "worker poisoned", "shard suspected", "death noticed",
            "image sent",
        ] {
            #expect(result.counts[what, default: 0] >= 10, "\(what)")
        }
    }

    /// A worker waited for ever for an image of a shard that another one behind its relay had done.
    @Test(arguments: [88_001_734] as [UInt64]) func seedsThatFailedKeepThePromise(seed: UInt64) throws {
        _ = try run(Tree.Plan(seed: seed), seed: seed)
    }

    @Test(arguments: TreeFlaw.allCases) func aDeliberateBugIsFound(_ flaw: TreeFlaw) throws {
        let found = try (0..<UInt64(150)).first { seed in
            try [Tree.Plan(seed: seed), .withPoison].contains { try !Tree($0, seed: seed, flaw: flaw).run().isEmpty }
        }
        #expect(found != nil, "nobody notices: \(flaw)")
    }
}
