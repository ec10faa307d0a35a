import ArgumentParser
import Cluster
import Compute
import Foundation
import Link
import ProcessControl
import Storage
import Terminal
import Transport
import WorkerService

struct WorkerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "padim-worker",
        abstract: "Works for a padim-coord: runs the backbone, folds images into sums, scores them.",
        discussion: """
            It fetches what it needs from the coordinator; only the images must be visible here under the same paths. It leaves \
            when the job is done. Ctrl-C finishes the shard in hand, hands the sums over and leaves; a second one ends it at \
            once.

            Examples:
              padim-worker --connect tcp://10.0.0.1:5570
              padim-worker --connect tcp://10.0.0.1:5570 --threads 8 --keys ~/padim-keys --stay
            """,
        version: Release.line(of: "padim-worker"))

    @Option(help: "The coordinator's endpoint, tcp://HOST:PORT.")
    var connect: String

    @Option(help: "How many threads compute (default: one for each core).")
    var threads: Int?

    @Option(
        help: "The folder in which weights and models are cached (default: $PADIM_CACHE, else ~/.cache/padim).",
        completion: .directory)
    var cache: String?

    @Option(help: "The worker's name in the coordinator's log (default: host and process number).")
    var name: String?

    @Option(help: "The directory of keys that `padim keys` made.", completion: .directory)
    var keys: String?

    @Option(help: "The instruction set to use, for the same bits on different processors.")
    var instructionSet = InstructionSetOption.auto

    @Option(
        help: ArgumentHelp("After how long without a message from a coordinator the worker ends.", valueName: "seconds")
    )
    var giveUp: Int64 = 600

    @Flag(help: "Wait for the next job when one is done.")
    var stay = false

    /// The process whose end is this one's.
    @Option(help: .hidden)
    var exitWithParent: Int32?

    @OptionGroup var log: LogOptions

    func validate() throws {
        if let threads, !(1...1024).contains(threads) {
            throw ValidationError("--threads takes 1 to 1024, not \(threads)")
        }
        _ = try instructionSet.onThisMachine()
        if !(1...1_000_000_000).contains(giveUp) { throw ValidationError("--give-up takes 1 to 1000000000 seconds") }
    }

    func run() async throws {
        OpenFiles.raiseLimit()
        // As the coordinator will call it: on one line, without signs that turn text around.
        let name = ReportedText.cleaned(
            name ?? "\(ProcessInfo.processInfo.hostName)-\(getpid())", most: ReportedText.longestName)
        let logger = log.logger(name)
        let (endpoint, keys) = try readingCommand {
            (try Endpoint(connect), try self.keys.map { try KeyDirectory(path: $0).loadClient() })
        }
        let executor = try WorkerExecutor(
            cache: cache.map { CacheDirectory($0) } ?? .standard,
            threads: threads ?? ProcessInfo.processInfo.activeProcessorCount,
            instructionSet: instructionSet.forced, logger: logger)
        let core = WorkerCore(
            identity: executor.identity(name: name), incarnation: UInt64.random(in: 0..<1 << 52),
            giveUpSeconds: giveUp,
            stays: stay)
        let worker = try Worker(core: core, executor: executor, logger: logger)
        // Whoever started it is gone, and with it the coordinator: nobody would take the sums.
        let parent = exitWithParent.map { ParentWatch(of: $0) { Foundation.exit(1) } }
        let signals = StopSignals { Task { await worker.stop() } }
        let ending = try await worker.run { loop, handler in
            try Client(connect: endpoint, keys: keys, limits: .cluster, logger: logger, on: loop, handler: handler)
        }
        signals.stop()
        withExtendedLifetime(parent) {}
        switch ending {
        case .dismissed: logger.info("dismissed")
        case .refused(let reason): throw WorkerFailure("the coordinator refused this worker: \(reason)")
        case .abandoned(let seconds):
            throw WorkerFailure("no coordinator answered at \(endpoint) for \(seconds) s")
        }
    }
}

struct WorkerFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
