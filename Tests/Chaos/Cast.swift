import Foundation
import TestProcesses

/// A round's processes: starts them, does things to them, ends them.
final class Cast {
    private let ground: Ground
    private let plan: Plan
    private let namespace: Namespace?
    private let command: [String]
    let endpoint: String
    private(set) var coordinator: RunningProgram?
    private var workers: [RunningProgram?] = []
    private var others: [RunningProgram] = []
    private var names: [String] = []
    private var started = 0

    private let kind: JobKind

    init(_ plan: Plan, _ kind: JobKind, _ command: [String], namespace: Namespace?, ground: Ground) throws {
        (self.plan, self.kind, self.ground, self.namespace) = (plan, kind, ground, namespace)
        endpoint = "tcp://\(namespace?.address ?? "127.0.0.1"):\(try Self.freePort())"
        self.command =
            command + ["--bind", endpoint, "--local-workers", "\(plan.localWorkers)", "--threads", "1"]
            + (namespace == nil ? [] : ["--keys", ground.keys])
            + (plan.workersSeeImages ? [] : ["--serve-images"])
        workers = Array(repeating: nil, count: plan.workers)
        names = Array(repeating: "", count: plan.workers)
    }

    deinit { end() }

    func startCoordinator() throws { coordinator = try RunningProgram("padim-coord", command) }

    func startWorkers() throws { for number in workers.indices { try startWorker(number) } }

    func startWorker(_ number: Int) throws {
        if let old = workers[number] { others.append(old) }
        started += 1
        names[number] = "worker-\(number)-\(started)"
        workers[number] = try worker(names[number])
    }

    func startTwin(_ number: Int) throws { others.append(try worker(names[number])) }

    private func worker(_ name: String) throws -> RunningProgram {
        let arguments =
            [
                "--connect", endpoint, "--threads", "1", "--name", name, "--give-up", "30", "--cache",
                ground.workspace.file("cache"),
            ]
            + (namespace == nil ? [] : ["--keys", ground.keys])
        guard let namespace else { return try RunningProgram("padim-worker", arguments) }
        let program = try RunningProgram.path(of: "padim-worker")
        return try RunningProgram("/usr/bin/env", namespace.entering + hiding + [program] + arguments)
    }

    /// What starts a program, in a namespace of its own, without the images.
    private var hiding: [String] {
        guard !plan.workersSeeImages else { return [] }
        let mounts = ground.foldersOfImages(kind).map { "mount -t tmpfs tmpfs '\($0)' && " }.joined()
        return ["sh", "-c", mounts + "exec \"$@\"", "sh"]
    }

    /// - Returns: whether there was one to be sent it.
    @discardableResult
    func signal(_ number: Int, _ signal: Int32) -> Bool {
        guard let worker = workers[number], worker.isRunning else { return false }
        return kill(worker.id, signal) == 0
    }

    @discardableResult
    func signalCoordinator(_ signal: Int32) -> Bool {
        guard let coordinator, coordinator.isRunning else { return false }
        return kill(coordinator.id, signal) == 0
    }

    /// Workers that went by themselves and in anger, say because the disk was full, are started anew, as a supervisor would.
    func replaceTheFailed() throws {
        for (number, worker) in workers.enumerated() {
            guard let worker, !worker.isRunning, worker.wait() == 1 else { continue }
            try startWorker(number)
        }
    }

    /// A job that failed has sent its workers away; when it is started again, so are they.
    func replaceTheMissing() throws {
        for number in workers.indices where workers[number]?.isRunning != true { try startWorker(number) }
    }

    /// What the coordinator and the workers said, for a failure.
    var lastWords: String {
        let words = (coordinator?.standardError ?? "") + (workers.last.flatMap { $0 }?.standardError ?? "")
        return String(words.suffix(600))
    }

    func end() {
        let all = ([coordinator] + workers).compactMap { $0 } + others
        for program in all where program.isRunning { kill(program.id, SIGKILL) }
        for program in all { _ = program.wait(atMost: 10) }
    }

    private static func freePort() throws -> UInt16 {
        let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(socket) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, size) == 0 && getsockname(socket, $0, &size) == 0
            }
        }
        guard bound else { throw RoundFailure("there is no free port") }
        return UInt16(bigEndian: address.sin_port)
    }
}
