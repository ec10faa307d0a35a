import Storage

/// What may be shown of a worker in session.
public struct WorkerView: Equatable, Sendable {
    public enum State: String, Codable, Sendable {
        /// Fetches and opens what the stage needs.
        case preparing
        /// Ready, with nothing in hand.
        case idle
        case working
        /// Its sums are taken.
        case sending
        /// It cannot do this stage.
        case unable
        /// It asked to leave.
        case leaving
    }

    public let session: SessionID
    public let name: String
    public let threads: Int
    public let instructionSet: String
    public let state: State
    public let lastReceived: Instant
    /// Dealt to it and not reported.
    public let shards: Int
    public let imagesInHand: Int
    /// Of the shards that it has reported since it joined.
    public let imagesReported: Int
}

extension CoordinatorCore {
    /// The workers in session, in the order in which they joined.
    /// - Parameter most: so many of them.
    public func workerViews(most: Int) -> [WorkerView] {
        workers.inOrder.prefix(most).compactMap { workers[$0].map(view) }
    }

    private func view(_ worker: WorkerRecord) -> WorkerView {
        WorkerView(
            session: worker.session, name: worker.name, threads: worker.threads, instructionSet: worker.instructionSet,
            state: state(of: worker), lastReceived: worker.lastReceived, shards: worker.leases.count,
            imagesInHand: worker.leases.values.reduce(0) { $0 + $1.shard.count }, imagesReported: worker.imagesReported)
    }

    private func state(of worker: WorkerRecord) -> WorkerView.State {
        if worker.leaving { return .leaving }
        guard let stage else { return .idle }
        if worker.ineligibleFor == stage.number { return .unable }
        if worker.upload != nil { return .sending }
        if worker.prepared != stage.number { return .preparing }
        return worker.leases.isEmpty ? .idle : .working
    }
}
