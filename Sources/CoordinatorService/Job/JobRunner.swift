import Cluster
import Compute
import Foundation
import Gaussian
import Imaging
import Inspection
import Journal
import Link
import Logging
import ProcessControl
import Storage
import Terminal
import Transport

/// A job from its command to its results: accumulate, merge, inspect. Every step that a former run finished is
/// in the journal and is not done again.
public struct JobRunner: Sendable {
    let request: JobRequest
    let cache: CacheDirectory
    let logger: Logger

    public init(_ request: JobRequest, cache: CacheDirectory = .standard, logger: Logger) {
        (self.request, self.cache, self.logger) = (request, cache, logger)
    }

    /// Runs the job to its end.
    /// - Parameter announce: takes lines for standard output.
    /// - Throws: `JobError`, and the errors of the rooms below. What was committed before is safe.
    public func run(announce: @escaping @Sendable (String) -> Void) async throws {
        OpenFiles.raiseLimit()
        let (plan, endpoint, journal) = try prepare()
        KeptMemory.giveBack()
        let (coordinator, bound) = try await startCoordinator(plan, journal, endpoint)
        announce("listening on \(bound)")
        let locals = LocalWorkers(
            count: localWorkerCount, threads: request.cluster.threads, endpoint: bound, keys: request.cluster.keys,
            logger: logger, coordinator: coordinator)
        let signals = StopSignals { Task { await coordinator.stop() } }
        defer { signals.stop() }
        defer { try? journal.close() }
        let summary = JobSummary(journal: journal)
        do {
            await coordinator.whenStuck { locals.end($0) }
            try locals.start()
            try await work(plan, journal, coordinator, announce)
            try journal.set(.phase, to: .done)
            try summary.record(workers: await coordinator.workersSeen, waited: await coordinator.waited)
            try export(plan, journal, announce)
        } catch {
            let isStopped = if case JobError.stopped = error { true } else { false }
            await coordinator.close(dismissing: !isStopped)
            locals.stop()
            // It ends in order: no image is to be blamed. Where a full disk has stopped the writing this may still fit.
            try? journal.recordEnd()
            if isStopped { throw error }
            try? journal.set(.phase, to: .failed)
            try? report(failuresOf: ImageRole.allCases, journal, announce)
            throw error
        }
        await coordinator.close(dismissing: true)
        locals.stop()
        try? journal.recordEnd()
        try requireFewUnusable(plan, journal, announce)
    }

    /// An inspection has done all that can be done before it complains.
    private func requireFewUnusable(_ plan: JobPlan, _ journal: Journal, _ announce: (String) -> Void) throws {
        let counts = try journal.counts(.inspect)
        let most = plan.cluster.mostFailures(of: counts.total)
        guard plan.inspect != nil, counts.failed > most else { return }
        try report(failuresOf: [.inspect], journal, announce)
        throw JobError.tooManyUnusable(counts, most: most, directory: journal.directory.path)
    }

    /// Writes what people read: the table of results and the report.
    private func export(_ plan: JobPlan, _ journal: Journal, _ announce: (String) -> Void) throws {
        guard let inspect = plan.inspect else { return }
        try ResultsTable.export(journal, role: .inspect, to: journal.directory.results)
        var line = ProgressLine()
        try Report.write(journal, truth: inspect.truth) { line.follow("evaluate", done: $0, of: $1) }
        let counts = try journal.counts(.inspect)
        announce("inspected \(counts.ok) images, \(counts.failed) unusable")
        announce("results in \(journal.directory.results), report in \(journal.directory.report)")
    }

    /// All that shows a command to be wrong comes before anything is begun.
    private func prepare() throws -> (JobPlan, Endpoint, Journal) {
        guard !request.directory.isEmpty else { throw JobError.wrongRequest("--job names no directory") }
        return try readingCommand {
            let endpoint = try bindEndpoint()
            _ = try security
            if let keys = request.cluster.keys, localWorkerCount > 0 { try KeyDirectory(path: keys).checkLocalClient() }
            var plan = try JobPlan(request, cache: cache, logger: logger)
            let journal = try JobOpening(directory: request.directory, plan: plan, logger: logger).open()
            plan.forgetLists()
            return (plan, endpoint, journal)
        }
    }

    private func work(
        _ plan: JobPlan, _ journal: Journal, _ coordinator: Coordinator, _ announce: @Sendable (String) -> Void
    ) async throws {
        if let fit = plan.fit {
            try await FitJob(
                fit: fit, cluster: plan.cluster, journal: journal, coordinator: coordinator, logger: logger
            )
            .run(announce)
        }
        if let inspect = plan.inspect {
            let fitted = journal.directory.model
            let model = try inspect.model ?? (fitted, try journal.value(.model) ?? Digest(ofFile: fitted))
            guard let weights = inspect.weights ?? plan.fit?.weights else {
                throw JobError.failed("there are no weights to inspect with")
            }
            try await InspectJob(
                inspect: inspect, model: model, weights: weights, cluster: plan.cluster, journal: journal,
                coordinator: coordinator, logger: logger
            ).run()
        }
    }

    /// How many workers to start here: as many as asked for, or one where nothing says who else would come.
    private var localWorkerCount: Int { request.cluster.localWorkers ?? (request.cluster.bind == nil ? 1 : 0) }

    /// Who may connect.
    private var security: ServerSecurity {
        get throws {
            if let keys = request.cluster.keys { return .keys(try KeyDirectory(path: keys).loadServer()) }
            return request.cluster.insecure ? .insecure : .loopbackOnly
        }
    }

    private func bindEndpoint() throws -> Endpoint {
        let endpoint = try Endpoint(request.cluster.bind ?? "tcp://127.0.0.1:0")
        try BindPolicy.check(endpoint, keys: request.cluster.keys != nil, insecure: request.cluster.insecure)
        return endpoint
    }

    private func startCoordinator(
        _ plan: JobPlan, _ journal: Journal, _ endpoint: Endpoint
    ) async throws -> (Coordinator, Endpoint) {
        var limits = CoordinatorLimits()
        limits.checkpointImages = plan.cluster.checkpointImages
        limits.deadAfter = Int64(plan.cluster.workerDeadline) * 1_000
        limits.stuckAfter = Int64(plan.cluster.shardDeadline) * 1_000
        // Several may be lost or late before a worker is taken for dead.
        limits.heartbeat = min(limits.heartbeat, limits.deadAfter / 5)
        let wasCutOff = try journal.wasCutOff()
        let security = try security
        let coordinator = Coordinator(
            loop: try EventLoop(name: "coordinator"), limits: limits, epoch: try journal.beginEpoch(),
            isCareful: wasCutOff, journal: journal, workerTimeout: .seconds(plan.cluster.workerTimeout),
            isClosed: plan.cluster.bind == nil, forcedSet: plan.cluster.instructionSet, logger: logger)
        let logger = logger
        do {
            let bound = try await coordinator.listen { loop, handler in
                try Server(
                    bind: endpoint, security: security, limits: .cluster, logger: logger, on: loop, handler: handler)
            }
            return (coordinator, bound)
        } catch {
            // Nothing was dealt: the next start is not one after a fall.
            try? journal.recordEnd()
            throw error
        }
    }

    /// Names the images that could not be used, as many as a person reads.
    private func report(failuresOf roles: [ImageRole], _ journal: Journal, _ announce: (String) -> Void) throws {
        for role in roles {
            for row in try journal.failures(role, limit: 20) {
                announce("\(row.status?.rawValue ?? ""): \(row.record.file): \(row.reason ?? "")")
            }
        }
    }
}
