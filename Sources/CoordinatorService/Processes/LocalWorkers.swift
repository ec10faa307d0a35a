import Dispatch
import Foundation
import JobPlanning
import Logging
import Transport

/// Workers started by the coordinator on its own machine. One that dies is started anew, as often as makes sense.
///
/// Their processes may begin before there is a coordinator (`begin`): they load, and call the address at which it will answer, while lists and
/// weights are read.
final class LocalWorkers: @unchecked Sendable {
    private let count: Int
    private let threads: Int
    private let keys: String?
    private let logger: Logger
    /// The processes that are being started before there is a coordinator.
    private let beginning = DispatchGroup()
    private let lock = NSLock()
    // Guarded by the lock.
    private var service: (coordinator: Coordinator, endpoint: Endpoint)?
    private var running: [String: Process] = [:]
    /// Those that have ended, and whose successors are not started yet.
    private var replacing = 0
    private var started = 0
    private var earlyDeaths = 0
    private var stopping = false

    init(count: Int, threads: Int?, keys: String?, logger: Logger) {
        self.count = count
        self.threads = threads ?? max(1, ProcessInfo.processInfo.activeProcessorCount / max(1, count))
        self.keys = keys
        self.logger = logger
    }

    /// Starts their processes before there is a coordinator. What goes wrong is tried again, and told, by `complete`.
    /// - Parameter endpoint: where the coordinator will answer.
    func begin(at endpoint: Endpoint) {
        guard count > 0, let program = try? Self.findProgram() else { return }
        // It takes as long as to read a list.
        for _ in 0..<count {
            beginning.enter()
            Thread.detachNewThread { [self] in
                try? launch(program, at: endpoint)
                beginning.leave()
            }
        }
    }

    /// Lets those that are there work for a coordinator that listens: the first, or the next job's, which listens where the last one did.
    func serve(_ coordinator: Coordinator, at endpoint: Endpoint) {
        beginning.wait()
        lock.withLock {
            service = (coordinator, endpoint)
            earlyDeaths = 0
        }
    }

    /// Starts those that are not there, for the coordinator that they were told to work for: nobody needs any before there is work.
    func complete() throws {
        let (missing, endpoint) = lock.withLock { (count - running.count - replacing, service?.endpoint) }
        guard missing > 0, let endpoint else { return }
        let program = try Self.findProgram()
        for _ in 0..<missing { try launch(program, at: endpoint) }
    }

    /// Waits until all of them have ended, as they do when they are dismissed, but not for long.
    /// - Returns: whether they have.
    func haveEnded(within timeout: Duration) async -> Bool {
        let deadline = ContinuousClock.now + timeout
        while !lock.withLock({ running.isEmpty }) {
            guard ContinuousClock.now < deadline else { return false }
            try? await Task.sleep(for: .milliseconds(1))
        }
        return true
    }

    /// Ends them: they hold nothing any more.
    func stop() {
        let left = lock.withLock {
            stopping = true
            return Array(running.values)
        }
        let deadline = Date() + 5
        for process in left where process.isRunning { process.terminate() }
        for process in left {
            while process.isRunning, Date() < deadline { usleep(2_000) }
            if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        }
    }

    /// Ends one that works no more; another takes its place.
    func end(_ name: String) {
        guard let process = lock.withLock({ running[name] }), process.isRunning else { return }
        kill(process.processIdentifier, SIGKILL)
    }

    private func launch(_ program: String, at endpoint: Endpoint) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        let name = lock.withLock {
            started += 1
            return "local-\(started)"
        }
        process.arguments =
            [
                "--connect", "\(endpoint)", "--name", name, "--threads", "\(threads)",
                "--exit-with-parent", "\(getpid())",
            ]
            + (logger.logLevel > .info ? ["--quiet"] : []) + (keys.map { ["--keys", $0] } ?? [])
        process.standardInput = FileHandle.nullDevice
        // Standard output is for the coordinator's own answers.
        process.standardOutput = FileHandle.standardError
        process.terminationHandler = { [weak self] ended in self?.ended(ended, name, program) }
        // Under the lock, so that neither its end nor `stop` comes between the start and the list.
        try lock.withLock {
            if stopping { return }
            do {
                try process.run()
            } catch {
                throw JobError.failed("cannot start \(program): \(error.localizedDescription)")
            }
            running[name] = process
        }
    }

    private func ended(_ process: Process, _ name: String, _ program: String) {
        let missed = lock.withLock {
            running[name] = nil
            // Before there is a coordinator nobody misses it; `complete` starts another one.
            let missed = stopping ? nil : service
            if missed != nil { replacing += 1 }
            return missed
        }
        guard let (coordinator, endpoint) = missed else { return }
        let how = process.terminationReason == .uncaughtSignal ? "of signal" : "with status"
        Task {
            defer { lock.withLock { replacing -= 1 } }
            let wasReady = await coordinator.processEnded(name)
            // One that somebody asks to go hands over its sums and ends well, but the job is not done.
            guard await !coordinator.isEnding else { return }
            logger.warning("worker \(name) ended \(how) \(process.terminationStatus)")
            // A worker that ends before it is ready, for want of memory say, cannot be helped by another try; one that was ready may
            // have died of an image.
            let deaths = lock.withLock {
                earlyDeaths = wasReady ? 0 : earlyDeaths + 1
                return earlyDeaths
            }
            do {
                guard deaths < 3 else {
                    throw JobError.failed(
                        "local workers end before they are ready to work, the last \(how) \(process.terminationStatus); see their messages above"
                            + (process.terminationReason == .uncaughtSignal && process.terminationStatus == SIGKILL
                                ? ". The system kills them like this where memory is short: try fewer of them, or fewer --features"
                                : ""))
                }
                try launch(program, at: endpoint)
            } catch {
                await coordinator.fail(error)
            }
        }
    }

    /// `padim-worker` beside this program, or on the PATH.
    private static func findProgram() throws -> String {
        let own =
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
        let folders =
            [(own as NSString).deletingLastPathComponent]
            + (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
        for folder in folders where FileManager.default.isExecutableFile(atPath: folder + "/padim-worker") {
            return folder + "/padim-worker"
        }
        throw JobError.failed("padim-worker is neither beside \(own) nor on the PATH")
    }
}
