import ArgumentParser
import Foundation
import ProcessControl

/// Runs fits and inspections of real processes, does to them what machines and networks do, and compares the results.
@main
struct Chaos: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "chaos",
        abstract:
            "Breaks running jobs in every way that a seed draws, and compares what they give with an undisturbed run.")

    @Option(help: "Rounds of fit and of inspect each.")
    var rounds = 100

    @Option(
        help:
            "The first round's seed; every round has the next. A failed one is replayed by --rounds 1 --seed ITS-SEED.")
    var seed: UInt64 = 1

    @Flag(help: "Fits only.")
    var fit = false

    @Flag(help: "Inspections only.")
    var inspect = false

    @Option(help: "How the images are kept: \(ImagesIn.allCases.map(\.rawValue).joined(separator: ", ")).")
    var imagesIn = ImagesIn.folder

    @Flag(help: "Leave the folder of a failed round, and say where it is.")
    var keep = false

    @Option(help: "Backbone weights (default: the cache's efficientnet_lite0).")
    var weights: String?

    func validate() throws {
        guard (1...100_000).contains(rounds) else { throw ValidationError("--rounds takes 1 to 100000, not \(rounds)") }
    }

    func run() throws {
        let stopping = Stopping()
        let signals = StopSignals { stopping.ask() }
        defer { signals.stop() }
        let ground = try Ground(weights: weights, imagesIn: imagesIn, stopping: stopping)
        // On every way out: nothing that this made is left, unless it was asked for.
        defer { ground.clear() }
        let kinds: [JobKind] = fit == inspect ? [.fit, .inspect] : fit ? [.fit] : [.inspect]
        var failures = 0
        for kind in kinds { failures += try run(kind, on: ground) }
        if failures > 0 { throw ExitCode.failure }
    }

    private func run(_ kind: JobKind, on ground: Ground) throws -> Int {
        let calm = try ground.calm(kind)
        say("\(kind.rawValue), undisturbed: \(calm.words)")
        var tally = Tally()
        for number in 0..<rounds {
            let plan = Plan(seed: seed &+ UInt64(number), kind: kind, calm: calm, means: ground.means)
            let round = try Round(plan, kind: kind, ground: ground)
            do {
                let outcome = try round.run()
                let difference = outcome.findings.difference(from: calm.findings)
                tally.add(outcome, redone: outcome.openings - calm.openings, difference: difference)
                say(tally.line(plan, outcome, redone: outcome.openings - calm.openings, difference))
                if difference == nil || !keep { round.clear() } else { ground.keepFolder(round.folder) }
            } catch let error as RoundFailure {
                // Ctrl-C reaches the round's processes as well: what they did then is no finding.
                try ground.stopping.check()
                tally.fail(plan)
                say("\(plan.seed) \(kind.rawValue): FAILED: \(error); \(plan.words)")
                if keep { ground.keepFolder(round.folder) } else { round.clear() }
            }
        }
        say(tally.summary(kind))
        return tally.failures.count
    }
}
