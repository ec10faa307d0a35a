import Foundation
import JobPlanning
import Journal
import Link
import Logging
import ProcessControl
import Storage
import Terminal
import Transport

/// A job from its command to its results. What follows what is said by `JobCore`; every step that a former run finished is in the journal
/// and is not done again.
public struct JobRunner: Sendable {
    let request: JobRequest
    let cache: CacheDirectory
    let logger: Logger

    public init(_ request: JobRequest, cache: CacheDirectory = .standard, logger: Logger) {
        (self.request, self.cache, self.logger) = (request, cache, logger)
    }

    /// Runs the job to its end.
    /// - Parameter announce: takes lines for standard output.
    /// - Throws: `JobError`, and the errors of the modules below. What was committed before is safe.
    public func run(announce: @escaping @Sendable (String) -> Void) async throws {
        let monitor = request.status.map { _ in makeMonitor() }
        try await run(shownBy: monitor, announce: announce)
    }

    /// Runs the job to its end, and says how it goes in lines of JSON.
    /// - Parameter print: takes the lines, without their ends, on any thread.
    /// - Throws: as `run`. The last line says so as well.
    public func run(inJSON print: @escaping @Sendable (String) -> Void) async throws {
        let monitor = makeMonitor()
        let lines = JobLines(monitor, print: print)
        lines.start(command: request.kind.rawValue, job: JobDirectory(request.directory).path)
        do {
            try await run(shownBy: monitor) { lines.say(.message($0)) }
            lines.end(.done, nil)
        } catch {
            lines.end(ExitStatus(of: error), "\(error)")
            throw error
        }
    }

    private func makeMonitor() -> JobMonitor {
        JobMonitor(directory: request.directory, command: request.kind.rawValue)
    }

    private func run(shownBy monitor: JobMonitor?, announce: @escaping @Sendable (String) -> Void) async throws {
        guard !request.directory.isEmpty else { throw JobError.wrongRequest("--job names no directory") }
        OpenFiles.raiseLimit()
        let service = try readingCommand {
            try request.status.flatMap { status in try monitor.map { try StatusService(status, monitor: $0) } }
        }
        defer { service?.stop() }
        if let service { announce("status page on \(service.address)") }
        do {
            try await run(watchedBy: monitor, announce: announce)
            monitor?.enter(.done, "done")
        } catch {
            monitor?.enter(.failed, "\(error)")
            throw error
        }
    }

    private func run(watchedBy monitor: JobMonitor?, announce: @escaping @Sendable (String) -> Void) async throws {
        if let products = request.products {
            return try await ProductRunner(request, products, cache: cache, monitor: monitor, logger: logger)
                .run(announce: announce)
        }
        guard !FileManager.default.fileExists(atPath: JobDirectory(request.directory).productTable) else {
            throw JobError.wrongRequest(
                "\(request.directory) holds a job for each product: give the command that began them, or name another directory"
            )
        }
        try await run(in: nil, monitor: monitor, announce: announce)
    }

    /// - Parameter series: the jobs that this one follows, with their workers. A job that is finished is passed over.
    func run(
        in series: JobSeries?, monitor: JobMonitor?, announce: @escaping @Sendable (String) -> Void
    ) async throws {
        let cluster = request.cluster
        let local = LocalWorkers(
            count: cluster.localWorkerCount, threads: cluster.threads, keys: cluster.keys, logger: logger)
        // Those of a series outlive the job.
        defer { if series == nil { local.stop() } }
        guard let (shell, journal) = try prepare(announce, series, monitor, local) else { return }
        monitor?.use(journal)
        defer {
            monitor?.use(nil)
            try? journal.close()
        }
        try request.writeRepetition()
        try await shell.run()
    }

    /// All that shows a command to be wrong comes before anything is begun.
    /// - Returns: nil where nothing is left to do for a job of a series, or for one that only takes new images up.
    private func prepare(
        _ announce: @escaping @Sendable (String) -> Void, _ series: JobSeries?, _ monitor: JobMonitor?,
        _ local: LocalWorkers
    ) throws -> (JobShell, Journal)? {
        try readingCommand {
            let cluster = request.cluster
            let endpoint = try Endpoint(cluster.bind ?? "tcp://127.0.0.1:0")
            try BindPolicy.check(endpoint, keys: cluster.keys != nil, insecure: cluster.insecure)
            let security = try security
            if let keys = cluster.keys, cluster.localWorkerCount > 0 { try KeyDirectory(path: keys).checkLocalClient() }
            // While lists and weights are read.
            let early = series == nil ? beginEarly(local, at: endpoint, security) : nil
            let plan = try JobPlan(request, cache: cache, logger: logger)
            // A watch has nothing to do yet, and waits.
            let mayBeFinished = series != nil || plan.inspect?.growth != nil && plan.inspect?.interval == nil
            if mayBeFinished, let words = try FinishedJob.words(of: plan, in: JobDirectory(request.directory)) {
                announce(words)
                return nil
            }
            let journal = try JobOpening(directory: request.directory, plan: plan, logger: logger).open()
            let shell = try JobShell(
                plan, journal: journal, endpoint: endpoint, security: security, local: local, early: early,
                logger: logger, series: series, monitor: monitor, announce: announce)
            return (shell, journal)
        }
    }

    /// Starts this machine's workers, and lets those of others connect, where there seems to be work for them. What goes wrong here is tried
    /// once more, and told, when the job has begun.
    private func beginEarly(_ local: LocalWorkers, at endpoint: Endpoint, _ security: ServerSecurity) -> EarlyServer? {
        let sight = JobAtFirstSight(JobDirectory(request.directory))
        // Another process has the job, and maybe the address.
        if sight == .locked { return nil }
        let early = try? EarlyServer(at: endpoint, security: security, logger: logger)
        if sight == .open, let early { local.begin(at: early.boundEndpoint) }
        return early
    }

    /// Who may connect.
    private var security: ServerSecurity {
        get throws {
            if let keys = request.cluster.keys { return .keys(try KeyDirectory(path: keys).loadServer()) }
            return request.cluster.insecure ? .insecure : .loopbackOnly
        }
    }
}
