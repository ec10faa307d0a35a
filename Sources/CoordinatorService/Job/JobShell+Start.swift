import Cluster
import Foundation
import JobPlanning
import JobRules
import Journal
import Link
import Logging
import ProcessControl
import Storage
import Terminal
import Transport

/// What is done before workers are listened to, and the listening.
extension JobShell {
    /// What is done before workers are listened to.
    func look(_ directive: JobDirective) throws -> JobEvent? {
        switch directive {
        case .examineModel: return .modelExamined(damage: try JobOpening.damageOfModel(journal))
        case .sweep: try JobOpening.sweep(journal)
        case .register:
            try JobOpening.register(plan, in: journal)
            defer { forgetLists() }
            if let watch, let list = plan.inspect?.list { return took(try watch.begin(with: list)) }
        default: return try JobBooks(journal: journal, files: files).perform(directive)
        }
        return .done
    }

    /// Lets the lists go, and gives their memory back, beside what comes next.
    private func forgetLists() {
        let lists = Locked(plan.lists.map(\.list))
        plan.forgetLists()
        DispatchQueue.global().async {
            lists.withLock { $0 = [] }
            KeptMemory.giveBack()
        }
    }

    func listen(epoch: Int64, isCareful: Bool) async throws -> (Coordinator, Endpoint) {
        var limits = CoordinatorLimits()
        limits.checkpointImages = plan.cluster.checkpointImages
        limits.deadAfter = plan.cluster.workerDeadline.milliseconds
        limits.auditPatience = 3 * limits.deadAfter
        limits.stuckAfter = plan.cluster.shardDeadline.milliseconds
        // Several may be lost or late before a worker is taken for dead.
        limits.heartbeat = min(limits.heartbeat, limits.deadAfter / 5)
        let weights = plan.weights
        let coordinator = Coordinator(
            loop: try early?.loop ?? EventLoop(name: "coordinator"), limits: limits, epoch: epoch, isCareful: isCareful,
            distrusted: try journal.value(.distrusted) ?? [:], journal: journal,
            workerTimeout: plan.cluster.workerTimeout, isClosed: plan.cluster.bind == nil,
            servesImages: plan.cluster.servesImages, forcedSet: plan.cluster.instructionSet,
            computesIntegers: { (try? weights?.haveIntegers()) ?? false }, monitor: monitor,
            logger: logger)
        let (endpoint, security, logger) = (endpoint, security, logger)
        let early = early.take()
        let listen: (Endpoint) async throws -> Endpoint = { endpoint in
            try await coordinator.listen { loop, handler in
                if let early { return early.handOver(to: handler) }
                return try Server(
                    bind: endpoint, security: security, limits: .cluster, logger: logger, on: loop, handler: handler)
            }
        }
        guard let series else { return (coordinator, try await listen(endpoint)) }
        return (coordinator, try await series.listen(coordinator, at: endpoint, listen))
    }

    func startWorkers() async throws {
        guard let (coordinator, bound) = service else { return }
        if let series {
            let local = local
            try await series.startWorkers(for: coordinator, at: bound) {
                series.announce("listening on \(bound)")
                return local
            }
            return
        }
        announce("listening on \(bound)")
        let pause = watch?.pause
        signals = StopSignals { if pause?.end() != true { Task { await coordinator.stop() } } }
        let local = local
        await coordinator.whenStuck { local.end($0) }
        local.serve(coordinator, at: bound)
    }

    /// What the plan and the job's core are to know of images that were added.
    func took(_ growth: GrowingList.Growth) -> JobEvent {
        plan.take(growth, logger)
        return .grown(images: growth.added, mostFailures: plan.cluster.mostFailures(of: growth.total))
    }
}

extension JobDirective {
    /// Whether workers have to do something for it.
    var needsWorkers: Bool {
        switch self {
        case .run, .audit, .makeModel: true
        default: false
        }
    }
}

extension Duration {
    /// Whole ones.
    fileprivate var milliseconds: Int64 { Int64(self / .milliseconds(1)) }
}
