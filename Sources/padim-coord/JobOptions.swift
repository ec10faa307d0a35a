import ArgumentParser
import Compute
import JobPlanning
import Terminal

struct JobOptions: ParsableArguments {

    @OptionGroup(title: HelpSection.usual) var place: JobPlace
    @OptionGroup(title: HelpSection.workers) var workers: WorkerOptions
    @OptionGroup(title: HelpSection.limits) var limits: LimitOptions
    @OptionGroup(title: HelpSection.watching) var watching: WatchingOptions

    func options() throws -> ClusterOptions {
        func require(_ value: Int?, _ range: ClosedRange<Int>, _ name: String) throws {
            if let value, !range.contains(value) {
                throw ValidationError("\(name) takes \(range.lowerBound) to \(range.upperBound), not \(value)")
            }
        }
        try require(workers.localWorkers, 0...1024, "--local-workers")
        try require(workers.threads, 1...1024, "--threads")
        if let size = limits.shardSize { try require(size, 1...4096, "--shard-size") }
        try require(limits.checkpointImages, 1...Int(Int32.max), "--checkpoint-images")
        try require(limits.workerTimeout, 1...Int(Int32.max), "--worker-timeout")
        try require(limits.workerDeadline, 2...86_400, "--worker-deadline")
        try require(limits.shardDeadline, 2...604_800, "--shard-deadline")
        guard (0...100).contains(limits.maxBadImages.value) else {
            throw ValidationError("--max-bad-images takes a percentage from 0 to 100, not \(limits.maxBadImages.value)")
        }
        if workers.bind == nil, workers.localWorkers == 0 {
            throw ValidationError("--local-workers 0 without --bind leaves nobody to work")
        }
        if workers.serveImages, workers.bind == nil {
            throw ValidationError(
                "--serve-images is for workers on other machines; add --bind tcp://ADDRESS:PORT, to which they connect")
        }
        return ClusterOptions(
            bind: workers.bind, localWorkers: workers.localWorkers, threads: workers.threads,
            shardSize: limits.shardSize,
            checkpointImages: limits.checkpointImages ?? .max, maxBadPercent: limits.maxBadImages.value,
            keys: workers.keys,
            insecure: workers.insecure,
            instructionSet: workers.instructionSet.forced, workerTimeout: .seconds(limits.workerTimeout),
            workerDeadline: .seconds(limits.workerDeadline), shardDeadline: .seconds(limits.shardDeadline),
            servesImages: workers.serveImages)
    }
}

/// Where the job is, and what it is told.
struct JobPlace: ParsableArguments {
    @Option(
        help: "The job's directory. The same command with the same directory continues a job that was stopped.",
        completion: .directory)
    var job: String

    @Option(
        help: ArgumentHelp(
            """
            A file of YAML with any of these options, as `shard-size: 32`; lists as YAML has them. What stands on the command line wins. Each \
            job's directory has the file that would repeat it, job.yaml.
            """, valueName: "file"), completion: .file())
    var config: String?
}
