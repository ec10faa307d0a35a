/// Many seeds, on several threads.
public struct Sweep: Sendable {
    /// What came of them.
    public struct Result: Sendable {
        public var failures: [Outcome] = []
        public var tally = Tally()
        public var seeds = 0
        public var milliseconds: Int64 = 0
        public var events = 0
        public var seconds = 0.0

        public var summary: String {
            let rate = Int(Double(seeds) / max(seconds, 0.001))
            let hours = milliseconds / 3_600_000
            let counts = tally.counts.sorted { $0.key < $1.key }.map { "  \($0.value)  \($0.key)" }
            return """
                \(counts.joined(separator: "\n"))
                \(seeds) seeds in \(Int(seconds)) s, \(rate) a second: \(hours) simulated hours, \(events) events, \
                \(failures.count) failures
                """
        }
    }

    private let seeds: Range<UInt64>
    private let flaw: Flaw?
    private let threads: Int
    private let keepsHistory: Bool

    public init(_ seeds: Range<UInt64>, flaw: Flaw? = nil, threads: Int, keepsHistory: Bool = false) {
        (self.seeds, self.flaw, self.threads, self.keepsHistory) = (seeds, flaw, max(1, threads), keepsHistory)
    }

    /// - Parameter tell: takes lines as they come: failing seeds with their histories, and how far it is.
    public func run(tell: @escaping @Sendable (String) -> Void = { _ in }) async -> Result {
        let began = ContinuousClock.now
        var result = Result()
        await withTaskGroup(of: Result.self) { group in
            let step: UInt64 = keepsHistory ? 1 : 250
            var next = seeds.lowerBound
            var running = 0
            while next < seeds.upperBound || running > 0 {
                while running < threads, next < seeds.upperBound {
                    let part = next..<min(next + step, seeds.upperBound)
                    group.addTask { runPart(part, tell) }
                    next = part.upperBound
                    running += 1
                }
                guard let part = await group.next() else { break }
                running -= 1
                result.failures += part.failures
                result.tally.add(part.tally)
                result.seeds += part.seeds
                result.milliseconds += part.milliseconds
                result.events += part.events
                if result.seeds % 10_000 == 0 { tell("\(result.seeds) seeds") }
                if result.failures.count >= 10 { next = seeds.upperBound }
            }
        }
        let elapsed = began.duration(to: .now).components
        result.seconds = Double(elapsed.seconds) + Double(elapsed.attoseconds) / 1e18
        return result
    }

    private func runPart(_ part: Range<UInt64>, _ tell: (String) -> Void) -> Result {
        var result = Result()
        for seed in part {
            var outcome = World.run(seed: seed, flaw: flaw, keepsHistory: keepsHistory)
            result.seeds += 1
            result.tally.add(outcome.tally)
            result.milliseconds += outcome.milliseconds
            result.events += outcome.events
            if !outcome.violations.isEmpty {
                if !keepsHistory { outcome = World.run(seed: seed, flaw: flaw, keepsHistory: true) }
                result.failures.append(outcome)
            }
            if keepsHistory { tell(outcome.history.joined(separator: "\n")) }
            if !outcome.violations.isEmpty {
                let again = flaw.map { " --flaw \($0.rawValue)" } ?? ""
                tell(
                    "seed \(seed) fails: \(outcome.violations.joined(separator: "; "))\n"
                        + "  again: scripts/simulate --seeds 1 --from \(seed)\(again) --history")
            }
        }
        return result
    }
}
