import ArgumentParser
import Compute
import JobPlanning
import Terminal

struct JobOptions: ParsableArguments {
    @Option(help: "The job's directory. The same command with the same directory continues a job that was stopped.")
    var job: String

    @Option(
        help: ArgumentHelp(
            """
            A file of YAML with any of these options, as `shard-size: 32`; lists as YAML has them. What stands on the command line wins. Each \
            job's directory has the file that would repeat it, job.yaml.
            """, valueName: "file"))
    var config: String?

    @Option(
        help:
            "The address on which to listen for workers, as tcp://10.0.0.1:5570. Port 0 lets the system choose a port.")
    var bind: String?

    @Flag(
        help:
            "Send images to workers that do not have their files: nothing but this machine needs to see them. Workers that have them read their own."
    )
    var serveImages = false

    @Option(help: "How many workers to start on this machine (default: one that uses all cores, or none with --bind).")
    var localWorkers: Int?

    @Option(help: "Threads of each local worker (default: the cores divided by the number of workers).")
    var threads: Int?

    @Option(help: "How many images a worker is given at a time.")
    var shardSize = 64

    @Option(help: "After how many images a worker's sums are saved to disk. They are also saved every 10 minutes.")
    var checkpointImages = 8192

    @Option(help: ArgumentHelp("The percentage of unusable images above which the job fails.", valueName: "percent"))
    var maxBadImages = 1.0

    @Option(help: "The directory of keys that `padim keys` made. Only workers whose key is allowed may connect.")
    var keys: String?

    @Flag(help: "Allow a public address without keys: whoever reaches the port can act as a worker.")
    var insecure = false

    @Option(
        help:
            "The instruction set that every worker must use, so that different processors give the same bits; auto lets each worker choose."
    )
    // Any set there is: the workers' processors may be others than this one.
    var instructionSet = InstructionSetOption.auto

    @Option(help: ArgumentHelp("After how long without a worker the job fails.", valueName: "seconds"))
    var workerTimeout = 600

    @Option(
        help: ArgumentHelp(
            "After how long without a message a worker counts as dead and others get its work.",
            valueName: "seconds"))
    var workerDeadline = 10

    @Option(
        help: ArgumentHelp(
            "After how long a worker is given up that sends heartbeats but finishes nothing, because an image or a disk blocks it.",
            valueName: "seconds"))
    var shardDeadline = 1_800

    @Option(
        help: ArgumentHelp(
            """
            Show how far the job is on a page at this address, as 127.0.0.1:8080; port 0 lets the system choose a port. /api/status has the \
            same as JSON, /metrics for Prometheus. Other machines can look only if a token is given.
            """, valueName: "address:port"))
    var status: String?

    @Option(
        help: ArgumentHelp(
            "A file with a token of at least 16 characters, which who looks at the status must give.", valueName: "file"
        ))
    var statusTokenFile: String?

    @Flag(name: .shortAndLong, help: "Log more.")
    var verbose = false

    @Flag(name: .shortAndLong, help: "Log warnings and errors only, and no progress.")
    var quiet = false

    @Flag(
        help: """
            Print an object of JSON a line on standard output, for scripts: started, message, stage, progress, failure, done and others. The \
            log stays on standard error.
            """)
    var json = false

    var verbosity: Verbosity { quiet ? .quiet : verbose ? .verbose : .usual }

    func validate() throws {
        if quiet, verbose { throw ValidationError("--quiet and --verbose ask for opposites: give one of them") }
        if statusTokenFile != nil, status == nil { throw ValidationError("--status-token-file goes with --status") }
    }

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
        if bind == nil, localWorkers == 0 {
            throw ValidationError("--local-workers 0 without --bind leaves nobody to work")
        }
        if serveImages, bind == nil {
            throw ValidationError(
                "--serve-images is for workers on other machines; add --bind tcp://ADDRESS:PORT, to which they connect")
        }
        return ClusterOptions(
            bind: bind, localWorkers: localWorkers, threads: threads, shardSize: shardSize,
            checkpointImages: checkpointImages, maxBadPercent: maxBadImages, keys: keys, insecure: insecure,
            instructionSet: instructionSet.forced, workerTimeout: .seconds(workerTimeout),
            workerDeadline: .seconds(workerDeadline), shardDeadline: .seconds(shardDeadline), servesImages: serveImages)
    }
}
