import Cluster
import Compute
import Foundation
import Gaussian
import Inspection
import JobPlanning
import JobRules
import Journal
import LiveStatus
import Logging
import ProcessControl
import Storage
import Terminal
import Transport

/// Carries out what a job's core says, one thing after the other.
final class JobShell {
    var plan: JobPlan
    let journal: Journal
    let files: JobDirectoryFiles
    let endpoint: Endpoint
    let security: ServerSecurity
    let logger: Logger
    let series: JobSeries?
    let monitor: JobMonitor?
    let announce: @Sendable (String) -> Void
    private let summary: JobSummary
    var service: (coordinator: Coordinator, bound: Endpoint)?
    private var inspecting: InspectWork?
    /// This machine's workers. Those of a job that seemed to have work are started by now.
    let local: LocalWorkers
    var signals: StopSignals?
    private var areWorkersDismissed = false
    /// Nil where the list of images to inspect stays as it is.
    let watch: ImageWatch?
    /// The server that workers have reached since the start; nil where there is none, and once the coordinator has it.
    var early: EarlyServer?

    init(
        _ plan: JobPlan, journal: Journal, endpoint: Endpoint, security: ServerSecurity, local: LocalWorkers,
        early: EarlyServer? = nil, logger: Logger,
        series: JobSeries? = nil, monitor: JobMonitor?, announce: @escaping @Sendable (String) -> Void
    ) throws {
        (self.plan, self.journal, self.endpoint, self.security) = (plan, journal, endpoint, security)
        (self.logger, self.series, self.announce) = (logger, series, announce)
        (self.local, self.early, self.monitor) = (local, early, monitor)
        files = try JobDirectoryFiles(journal.directory)
        summary = JobSummary(journal: journal)
        watch = plan.inspect.flatMap { inspect in
            inspect.growth.map {
                ImageWatch($0, every: inspect.interval, journal: journal, logger: logger, announce: announce)
            }
        }
    }

    /// Runs the job to its end.
    func run() async throws {
        var core = JobCore(
            stages: plan.stages, directory: journal.directory.path, isTrimmed: plan.fit?.isTrimmed ?? false,
            isWatching: plan.inspect?.interval != nil)
        var event = JobEvent.begin
        while true {
            guard let directive = tellNotes(of: core.handle(event)) else { return }
            if case .end(let failure) = directive {
                signals?.stop()
                if let failure { throw failure.error(directory: journal.directory.path) }
                return
            }
            do {
                event = try await perform(directive)
            } catch {
                event = .failed(error)
            }
        }
    }

    private func tellNotes(of directives: [JobDirective]) -> JobDirective? {
        for directive in directives {
            guard case .note(let note) = directive else { return directive }
            switch note {
            case .answer(let text): announce(text)
            case .info(let text): logger.info("\(text)")
            case .notice(let text): logger.notice("\(text)")
            case .warning(let text): logger.warning("\(text)")
            }
        }
        return nil
    }

    private func perform(_ directive: JobDirective) async throws -> JobEvent {
        if let (state, words) = directive.shown { monitor?.enter(state, words) }
        // Until workers are listened to, what is wrong may be the command's fault.
        if service == nil, let answer = try readingCommand({ try look(directive) }) { return answer }
        if let answer = try JobBooks(journal: journal, files: files).perform(directive) {
            // The model that was completed takes its place.
            if case .recordCompleted = directive { unlink(journal.directory.uncalibratedModel) }
            return answer
        }
        // A job of a series has them from the start.
        if directive.needsWorkers, series == nil, await service?.coordinator.pendingError == nil {
            try local.complete()
        }
        switch directive {
        case .serve(let epoch, let isCareful): service = try await listen(epoch: epoch, isCareful: isCareful)
        case .startWorkers: try await startWorkers()
        case .prepare(let stage): return try work(of: stage).prepare()
        case .run(let stage, let toDo):
            try await recallScores(of: stage)
            try await work(of: stage).run(stage, toDo)
            return .stageEnded
        case .makeFindings(let stage): try work(of: stage).makeFindings()
        case .makeModel: return try await fitWork().makeModel()
        case .trim:
            return .trimmed(
                images: try Trimming(journal: journal, cluster: plan.cluster, logger: logger).next())
        case .beginExclusion: try JobOpening.beginExclusion(plan, in: journal)
        case .audit(let stage): return .audited(try await work(of: stage).audit(stage))
        case .completeModel: return .modelCompleted(try calibrateWork().completeModel())
        case .discardImpossible(let patch): return .discarded(partials: try fitWork().discardImpossible(at: patch))
        case .recordSummary:
            guard let coordinator = service?.coordinator else { break }
            try summary.record(workers: await coordinator.workersSeen, waited: await coordinator.waited)
        case .export: try export()
        case .awaitImages:
            guard let coordinator = service?.coordinator, let growth = try await watch?.next(coordinator) else {
                return .watchEnded
            }
            return took(growth)
        // The workers of a series stay for its next job.
        case .dismissWorkers:
            guard series == nil else { break }
            await service?.coordinator.dismiss()
            areWorkersDismissed = true
        case .awaitDisk: await service?.coordinator.settle()
        case .closeService where series == nil:
            let isClosed = plan.cluster.bind == nil
            let haveLeft = isClosed && areWorkersDismissed ? await local.haveEnded(within: .milliseconds(300)) : false
            await service?.coordinator.close(isAlone: haveLeft)
            local.stop()
        case .nameFailures(let roles): try nameFailures(of: roles)
        default: break
        }
        return .done
    }

    // MARK: Work

    /// What earlier runs of an inspection have found is shown beside what comes.
    private func recallScores(of stage: JobStage) async throws {
        guard monitor != nil, stage.work == .scores else { return }
        let rows = try journal.highestScores(stage.role, limit: HighScores.most)
        await service?.coordinator.recall(
            rows.compactMap { row in
                row.score.map { HighScores.Entry(image: row.id, score: $0, flagged: row.flagged) }
            })
    }

    /// Who does a stage.
    private func work(of stage: JobStage) throws -> any StageWork {
        switch (stage.role, stage.work) {
        case (.normal, .contents): try identifyWork()
        case (.normal, _), (.excluding, _): try fitWork()
        case (.calibration, _): try calibrateWork()
        case (.inspect, _): try inspectWork()
        case (.drift, _): try driftWork()
        }
    }

    private func fitWork() throws -> FitWork {
        guard let fit = plan.fit, let coordinator = service?.coordinator else {
            throw JobError.failed("there is nothing to fit")
        }
        return FitWork(fit: fit, cluster: plan.cluster, journal: journal, coordinator: coordinator, logger: logger)
    }

    private func calibrateWork() throws -> CalibrateWork {
        guard let coordinator = service?.coordinator,
            let (subject, settings) = try plan.calibrate.map({ (CalibratedModel($0), $0.settings) })
                ?? plan.fit.flatMap({ fit in
                    try fit.calibration.map { (try CalibratedModel(of: fit, in: journal), $0) }
                })
        else { throw JobError.failed("there is nothing to calibrate") }
        return CalibrateWork(
            subject: subject, settings: settings, cluster: plan.cluster, journal: journal, coordinator: coordinator,
            logger: logger)
    }

    private func identifyWork() throws -> IdentifyWork {
        guard let calibrate = plan.calibrate, let coordinator = service?.coordinator else {
            throw JobError.failed("there are no images to identify")
        }
        return IdentifyWork(calibrate: calibrate, cluster: plan.cluster, journal: journal, coordinator: coordinator)
    }

    /// The work on images to inspect, from the stage's turn on: to open a model is to read all of it.
    private func inspectWork() throws -> InspectWork {
        if let inspecting { return inspecting }
        guard let inspect = plan.inspect, let coordinator = service?.coordinator,
            let weights = inspect.weights ?? plan.fit?.weights
        else { throw JobError.failed("there are no weights to inspect with") }
        let fitted = journal.directory.model
        let model = try inspect.model ?? (fitted, try journal.value(.model) ?? Digest(ofFile: fitted))
        let work = InspectWork(
            inspect: inspect, model: model, fitted: try inspect.opened ?? GaussianModel(path: model.path),
            weights: weights,
            cluster: plan.cluster, journal: journal,
            coordinator: coordinator, logger: logger)
        inspecting = work
        return work
    }

    private func driftWork() throws -> DriftWork {
        let inspecting = try inspectWork()
        guard let most = inspecting.inspect.drift else { throw JobError.failed("there is nothing to compare") }
        return DriftWork(
            most: most, model: inspecting.fitted, weights: inspecting.weights, cluster: plan.cluster, journal: journal,
            coordinator: inspecting.coordinator, logger: logger)
    }

    /// Writes what people read: the table of results and the report.
    private func export() throws {
        guard let inspect = plan.inspect else { return }
        try ResultsTable.export(journal, role: JobPlan.Inspect.role, to: journal.directory.results)
        var line = ProgressLine(isSilent: logger.logLevel > .info)
        try Report.write(journal, truth: inspect.truth.value) { line.follow("evaluate", done: $0, of: $1) }
        try ColorLegend.write(journal, hasOverlays: inspect.settings.overlays != .none)
        try watch?.tellOutcome()
        try ArtifactBucket(inspect.settings.artifacts)?.putTables(of: journal.directory)
        announce(try InspectedImages(journal).words)
        announce("results in \(journal.directory.results), report in \(journal.directory.report)")
        if let artifacts = inspect.settings.artifacts {
            announce("copies of maps, overlays and tables in \(artifacts)")
        }
    }

    /// Names the images that could not be used, as many as a person reads.
    private func nameFailures(of roles: [ImageRole]) throws {
        for role in roles {
            for row in try journal.failures(role, limit: 20) {
                announce("\(row.status?.rawValue ?? ""): \(row.record.location): \(row.reason ?? "")")
            }
        }
    }
}
