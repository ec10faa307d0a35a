import ArgumentParser
import Compute
import CoordinatorService

struct JobOptions: ParsableArguments {
    @Option(help: "The job's directory; the same command on it goes on where it was stopped.")
    var job: String

    @Option(help: "Listen for workers here, as tcp://10.0.0.1:5570; port 0 picks one.")
    var bind: String?

    @Option(help: "Start so many workers on this machine (default: one with all cores, unless --bind is given).")
    var localWorkers: Int?

    @Option(help: "Threads of each local worker (default: the cores shared out).")
    var threads: Int?

    @Option(help: "Images dealt to a worker at a time.")
    var shardSize = 64

    @Option(help: "A worker's sums are made durable after so many images (and every 10 minutes).")
    var checkpointImages = 8192

    @Option(help: ArgumentHelp("The job fails where more images than this cannot be used.", valueName: "percent"))
    var maxBadImages = 1.0

    @Option(help: "The directory of keys, as `padim keys` made it: workers must have an allowed one.")
    var keys: String?

    @Flag(help: "Listen on a public address without keys.")
    var insecure = false

    @Option(help: "auto, or the instruction set that every worker must use, for a mixed fleet.")
    var instructionSet = "auto"

    @Option(help: ArgumentHelp("Fail after so long without a worker.", valueName: "seconds"))
    var workerTimeout = 600

    @Option(
        help: ArgumentHelp(
            "Take a worker for dead, and deal its work to others, after so long without a word from it.",
            valueName: "seconds"))
    var workerDeadline = 10

    @Option(
        help: ArgumentHelp(
            "Give a worker up that is heard of but reports nothing of its shards for so long: an image or a disk holds it.",
            valueName: "seconds"))
    var shardDeadline = 1_800

    @Flag(name: .shortAndLong, help: "Say more.")
    var verbose = false

    func options() throws -> ClusterOptions {
        func require(_ value: Int?, _ range: ClosedRange<Int>, _ name: String) throws {
            if let value, !range.contains(value) {
                throw ValidationError("\(name) takes \(range.lowerBound) to \(range.upperBound), not \(value)")
            }
        }
        try require(localWorkers, 0...1024, "--local-workers")
        try require(threads, 1...1024, "--threads")
        try require(shardSize, 1...4096, "--shard-size")
        try require(checkpointImages, 1...Int(Int32.max), "--checkpoint-images")
        try require(workerTimeout, 1...Int(Int32.max), "--worker-timeout")
        try require(workerDeadline, 2...86_400, "--worker-deadline")
        try require(shardDeadline, 2...604_800, "--shard-deadline")
        guard (0...100).contains(maxBadImages) else {
            throw ValidationError("--max-bad-images takes a percentage from 0 to 100, not \(maxBadImages)")
        }
        // Any set there is: the workers' processors may be others than this one.
        guard instructionSet == "auto" || InstructionSet(rawValue: instructionSet) != nil else {
            let names = InstructionSet.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("--instruction-set takes auto, \(names), not '\(instructionSet)'")
        }
        if bind == nil, localWorkers == 0 {
            throw ValidationError("--local-workers 0 without --bind leaves nobody to work")
        }
        return ClusterOptions(
            bind: bind, localWorkers: localWorkers, threads: threads, shardSize: shardSize,
            checkpointImages: checkpointImages, maxBadPercent: maxBadImages, keys: keys, insecure: insecure,
            instructionSet: instructionSet == "auto" ? nil : instructionSet, workerTimeout: workerTimeout,
            workerDeadline: workerDeadline, shardDeadline: shardDeadline)
    }
}
