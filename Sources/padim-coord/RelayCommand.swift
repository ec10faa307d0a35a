import ArgumentParser
import Cluster
import Foundation
import Link
import ProcessControl
import RelayService
import Storage
import Terminal
import Transport

/// A coordinator to workers that is itself a worker.
struct RelayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "relay",
        abstract: "Stands between a coordinator and workers: adds up what they send, and passes it on as one.",
        discussion: """
            To the coordinator it is one worker, to its workers a coordinator: a site with many workers sends one upload where they \
            would send one each. Relays may stand behind relays. It needs neither the images nor the job's directory; its workers need \
            the images under the same paths, or get them through it (--serve-images). It leaves when the job is done. Ctrl-C hands over what its workers have, and leaves.

            Examples:
              padim-coord relay --connect tcp://10.0.0.1:5570 --bind tcp://10.1.0.1:5570 --keys ~/site-keys --worker-keys ~/padim-keys
              padim-worker --connect tcp://10.1.0.1:5570 --keys ~/padim-keys
            """)

    @Option(help: "The coordinator's endpoint, tcp://HOST:PORT, or another relay's.")
    var connect: String

    @Option(
        help:
            "The address on which to listen for workers, as tcp://10.1.0.1:5570. Port 0 lets the system choose a port.")
    var bind: String

    @Option(help: "The directory of keys with which the relay is a worker of the coordinator.", completion: .directory)
    var keys: String?

    @Option(
        help:
            "The directory of keys with which it is the coordinator of its workers: only those that are allowed there may connect.",
        completion: .directory)
    var workerKeys: String?

    @Flag(help: "Allow a public address without keys: whoever reaches the port can act as a worker.")
    var insecure = false

    @Option(
        help: "The folder in which weights and models are cached (default: $PADIM_CACHE, else ~/.cache/padim).",
        completion: .directory)
    var cache: String?

    @Option(
        help:
            "The folder for sums that are not handed over yet, 3 to 12 files as large as a model's sums (default: in $TMPDIR).",
        completion: .directory)
    var scratch: String?

    @Option(help: "The relay's name in the coordinator's log (default: host and process number).")
    var name: String?

    @Option(help: "How many threads add sums up (default: one for each core).")
    var threads: Int?

    @Option(
        help: ArgumentHelp("After how long without a message from a coordinator the relay ends.", valueName: "seconds"))
    var giveUp: Int64 = 600

    @Option(
        help: ArgumentHelp(
            "After how long without a message a worker counts as dead and others get its work.",
            valueName: "seconds"))
    var workerDeadline: Int64 = 10

    @Option(
        help: ArgumentHelp(
            "After how long a worker is given up that sends heartbeats but finishes nothing.", valueName: "seconds"))
    var shardDeadline: Int64 = 1_800

    @Flag(help: "Wait for the next job when one is done.")
    var stay = false

    @OptionGroup var log: LogOptions

    func validate() throws {
        if let threads, !(1...1024).contains(threads) {
            throw ValidationError("--threads takes 1 to 1024, not \(threads)")
        }
        for (option, seconds) in [
            ("--give-up", giveUp), ("--worker-deadline", workerDeadline), ("--shard-deadline", shardDeadline),
        ] where !(1...1_000_000_000).contains(seconds) {
            throw ValidationError("\(option) takes 1 to 1000000000 seconds, not \(seconds)")
        }
    }

    func run() async throws {
        OpenFiles.raiseLimit()
        let name = ReportedText.cleaned(
            name ?? "\(ProcessInfo.processInfo.hostName)-\(getpid())", most: ReportedText.longestName)
        let logger = log.logger(name)
        let (parent, endpoint, parentKeys, security) = try readingCommand {
            let endpoint = try Endpoint(bind)
            guard try Endpoint(connect) != endpoint else {
                throw RelayFailure(
                    "--connect and --bind are both \(endpoint): a relay cannot be its own coordinator; give --connect the coordinator's address"
                )
            }
            do {
                try BindPolicy.check(endpoint, keys: workerKeys != nil, insecure: insecure)
            } catch {
                // Its keys have another option than a coordinator's.
                throw RelayFailure(
                    "\(endpoint): other machines can reach it, and without keys any of them could join the job; give "
                        + "--worker-keys DIR (`padim keys new` makes them), or bind tcp://127.0.0.1:PORT, or say --insecure"
                )
            }
            let security: ServerSecurity =
                if let workerKeys {
                    .keys(try KeyDirectory(path: workerKeys).loadServer())
                } else {
                    insecure ? .insecure : .loopbackOnly
                }
            return (
                try Endpoint(connect), endpoint, try keys.map { try KeyDirectory(path: $0).loadClient() }, security
            )
        }
        let relay = try Relay(core: core(name), logger: logger)
        // With port 0 the system chooses.
        let bound = Locked(endpoint)
        let signals = StopSignals { Task { await relay.stop() } }
        let ending = try await relay.run(
            cache: cache.map { CacheDirectory($0) } ?? .standard,
            scratch: scratch ?? NSTemporaryDirectory() + "/padim-relay-\(getuid())",
            uploads: Self.uploads, threads: threads ?? ProcessInfo.processInfo.activeProcessorCount
        ) { loop, handler in
            try Server(
                bind: endpoint, security: security, limits: .cluster, logger: logger, on: loop, handler: handler)
        } connect: { loop, handler in
            try Client(connect: parent, keys: parentKeys, limits: .cluster, logger: logger, on: loop, handler: handler)
        } announce: {
            Output.printLine("listening on \($0)")
            bound.withLock { [endpoint = $0] in $0 = endpoint }
        }
        signals.stop()
        switch ending {
        case .worker(.dismissed): logger.info("dismissed")
        case .worker(.refused(let reason)): throw RelayFailure("the coordinator refused this relay: \(reason)")
        case .worker(.abandoned(let seconds)):
            throw RelayFailure("no coordinator answered at \(parent) for \(seconds) s")
        case .circle(let others):
            let way = others.isEmpty ? "" : " by the relays \(others.joined(separator: ", "))"
            throw RelayFailure(
                "this relay, which listens at \(bound.withLock { $0 }), is its own parent: \(parent) (--connect) leads back to it\(way). "
                    + "Give --connect of one of them the coordinator's address")
        case .stopped(.workersGiveUp(let reason)):
            throw RelayFailure("workers gave shards up again and again, the last for this reason: \(reason)")
        case .stopped(.workersBreakTheProtocol(let reason)):
            throw RelayFailure("workers broke the protocol again and again, the last in this way: \(reason)")
        case .stopped(let reason): throw RelayFailure("it stopped: \(reason)")
        }
    }

    /// Sums that come in at the same time are on the disk beside those that are kept.
    private static let uploads = 4

    private func core(_ name: String) -> RelayCore {
        var limits = CoordinatorLimits()
        limits.deadAfter = workerDeadline * 1_000
        limits.stuckAfter = shardDeadline * 1_000
        limits.uploads = Self.uploads
        return RelayCore(
            name: name, limits: limits, incarnation: UInt64.random(in: 0..<1 << 52),
            seed: UInt64.random(in: 0...UInt64.max), giveUpSeconds: giveUp, stays: stay)
    }
}

struct RelayFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
