import ArgumentParser
import Simulator

struct SimulateFaults: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "faults",
        abstract: "Runs simulated jobs, one a seed, and looks for one that breaks the promise.")

    @Option(help: "How many seeds.")
    var seeds = 10_000

    @Option(help: "The first seed.")
    var from: UInt64 = 0

    @Option(help: "Run this many at once.")
    var threads = 2

    @Option(help: "Give the shells a deliberate bug.")
    var flaw: String?

    @Flag(help: "Run trees of relays.")
    var trees = false

    @Flag(help: "Tell the history of every seed.")
    var history = false

    func run() async throws {
        let seeds = from..<from + UInt64(seeds)
        if trees { return try await runTrees(seeds) }
        let sweep = try await Sweep(seeds, flaw: flaw.map(known), threads: threads, keepsHistory: history).run {
            print($0)
        }
        print(sweep.summary)
        if !sweep.failures.isEmpty { throw ExitCode(1) }
    }

    private func runTrees(_ seeds: Range<UInt64>) async throws {
        let flaw = try flaw.map { name in
            guard let flaw = TreeFlaw(rawValue: name) else {
                throw ValidationError("flaws are: " + TreeFlaw.allCases.map(\.rawValue).joined(separator: ", "))
            }
            return flaw
        }
        let result = try await TreeSweep.run(seeds, flaw: flaw)
        for (what, count) in result.counts.sorted(by: { $0.key < $1.key }) { print("  \(count)  \(what)") }
        for (seed, violations) in result.failures.prefix(10) { print("seed \(seed): \(violations)") }
        print("\(seeds.count) seeds, \(result.failures.count) failures")
        if !result.failures.isEmpty { throw ExitCode(1) }
    }

    private func known(_ name: String) throws -> Flaw {
        guard let flaw = Flaw(rawValue: name) else {
            throw ValidationError("flaws are: " + Flaw.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return flaw
    }
}
