/// Many trees, each from a seed, on all processors.
public enum TreeSweep {
    public struct Result: Sendable {
        public var failures: [(seed: UInt64, violations: [String])] = []
        public var counts: [String: Int] = [:]
    }

    public static func run(_ seeds: Range<UInt64>, flaw: TreeFlaw? = nil) async throws -> Result {
        try await withThrowingTaskGroup(of: Result.self) { group in
            let step: UInt64 = 50
            for first in stride(from: seeds.lowerBound, to: seeds.upperBound, by: UInt64.Stride(step)) {
                group.addTask { try runPart(first..<min(first + step, seeds.upperBound), flaw) }
            }
            var result = Result()
            for try await part in group {
                result.failures += part.failures
                result.counts.merge(part.counts, uniquingKeysWith: +)
            }
            result.failures.sort { $0.seed < $1.seed }
            return result
        }
    }

    private static func runPart(_ seeds: Range<UInt64>, _ flaw: TreeFlaw?) throws -> Result {
        var result = Result()
        for seed in seeds {
            let tree = try Tree(Tree.Plan(seed: seed), seed: seed, flaw: flaw)
            let violations = tree.run()
            if !violations.isEmpty { result.failures.append((seed, violations)) }
            result.counts.merge(tree.counts, uniquingKeysWith: +)
        }
        return result
    }
}
