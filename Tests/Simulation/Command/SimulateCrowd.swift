import ArgumentParser
import Foundation
import Simulator

/// How much of the time of many workers goes into images.
struct SimulateCrowd: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "crowd",
        abstract: "Lets crowds of workers of many speeds do a stage in virtual time, and prints how busy they are.")

    @Option(parsing: .upToNextOption, help: "How many workers, in turn.")
    var workers: [Int] = [10, 100, 1_000, 10_000]

    @Option(
        parsing: .upToNextOption,
        help:
            "What they do: \(CrowdSpec.Task.allCases.map(\.rawValue).joined(separator: ", ")). All of it, if nothing is said."
    )
    var task: [String] = []

    @Option(help: "How many relays they are behind, as many behind each; 0: none.")
    var relays = 0

    @Option(help: "After how many seconds the first relay is killed; another takes its place.")
    var relayDeath: Int64?

    @Option(help: "How many images.")
    var images = 400_000

    @Option(help: "How many images a shard has, but for those at the end; as padim-coord has it, if nothing is said.")
    var shardSize: Int?

    @Option(help: "Images a second of the worker in the middle.")
    var rate = 2.0

    @Option(help: "Of how many speeds they are: the deviation of their logarithm.")
    var spread = 0.5

    @Option(help: "The percentage of workers that are ten times slower.")
    var slow = 1.0

    @Option(help: "The percentage of workers that die in an hour.")
    var deaths = 1.0

    @Option(help: "Milliseconds that a message takes.")
    var latency: Int64 = 1

    @Option(help: "Milliseconds in which the coordinator looks at a worker's sums and commits them.")
    var look = 25.0

    @Option(help: "From which chance follows.")
    var seed: UInt64 = 1

    func run() throws {
        tell(CrowdResult.heading)
        for task in try tasks() {
            for count in workers {
                var spec = CrowdSpec()
                (spec.task, spec.workers, spec.images, spec.seed) = (task, count, images, seed)
                (spec.medianRate, spec.spread, spec.slowPercent) = (rate, spread, slow)
                (spec.deathsAnHourPercent, spec.latency, spec.lookCost) = (deaths, latency, look)
                (spec.shardSize, spec.relays, spec.relayDeath) = (shardSize, relays, relayDeath.map { 1_000 * $0 })
                tell(try Crowd(spec).run().line)
            }
        }
    }

    /// At once, for the largest crowd takes minutes.
    private func tell(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }

    private func tasks() throws -> [CrowdSpec.Task] {
        guard !task.isEmpty else { return CrowdSpec.Task.allCases }
        return try task.map { name in
            guard let task = CrowdSpec.Task(rawValue: name) else {
                throw ValidationError("tasks are: " + CrowdSpec.Task.allCases.map(\.rawValue).joined(separator: ", "))
            }
            return task
        }
    }
}
