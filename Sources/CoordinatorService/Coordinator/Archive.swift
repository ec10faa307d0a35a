import Cluster
import Dispatch
import Gaussian
import JobRules
import Journal
import Storage

/// The coordinator's disk: partials, artifacts and the journal, written one after the other on a queue of its own, so that
/// a slow disk holds up no message. What is done in which order is said by `ArchiveOrder`.
final class Archive: @unchecked Sendable {
    private let queue = DispatchQueue(label: "archive")
    private let waiting = Locked(ArchiveQueue())
    /// Called on the queue with what is done, or with why the disk does not do it.
    private let report: @Sendable (Result<CoordinatorEvent, any Error>) -> Void
    private let journal: Journal
    private let files: JobDirectoryFiles
    /// So many orders at most share a transaction, so that none waits long.
    private static let mostTogether = 256
    // Touched on the queue only.
    private var work: ArchiveWork
    private var failed = false

    init(journal: Journal, report: @escaping @Sendable (Result<CoordinatorEvent, any Error>) -> Void) throws {
        (self.journal, self.report) = (journal, report)
        files = try JobDirectoryFiles(journal.directory)
        work = ArchiveWork(journal: journal, files: files)
    }

    /// What the partials to come are about, and what the model will add to their covariances' diagonals.
    /// - Parameter weights: of the fingerprints that workers tell; nil where they tell none.
    func expect(_ space: FeatureSpace, epsilon: Double, weights: FingerprintWeights?) {
        files.expect(space, epsilon: epsilon, weights: weights)
    }

    /// Where the ranges of patches to come belong, and what is made of them; nil: none come.
    func merge(into target: (MergeTarget, MergePass)?) { files.merge(into: target) }

    /// Looks at sums before an order speaks of them. No order depends on it.
    func lookAhead(_ upload: UploadID, file: String) { files.lookAhead(upload, file: file) }

    /// Waits until all that was asked so far is on the disk, while messages go on.
    func settle() async { await withCheckedContinuation { done in queue.async { done.resume() } } }

    func take(_ order: ArchiveOrder) {
        _ = waiting.withLock { $0.add(order.steps) }
        queue.async { self.workOn() }
    }

    /// After the first failure nothing more is written: the job is over, what is committed is safe.
    private func workOn() {
        while !failed {
            do {
                if waiting.withLock({ $0.mayNextShareTransaction }) {
                    for event in try performTogether() { report(.success(event)) }
                } else if let step = waiting.withLock({ $0.next() }) {
                    if let event = try perform(step) { report(.success(event)) }
                } else {
                    return
                }
            } catch {
                failed = true
                report(.failure(error))
            }
        }
    }

    /// Performs orders that may share a transaction as one: however many workers report, the disk is waited for once, and once for the
    /// artifacts that get their names.
    /// - Returns: what is to be told now that all of it is durable.
    private func performTogether() throws -> [CoordinatorEvent] {
        try journal.together {
            var (events, orders, namesArtifacts, isRefused) = ([CoordinatorEvent](), 0, false, false)
            while true {
                let step = waiting.withLock { queue -> ArchiveStep? in
                    guard queue.isBetweenOrders else { return queue.next() }
                    // A worker whose results are refused is not to be believed for as long as it takes to look at others.
                    guard orders < Self.mostTogether, !isRefused, queue.mayNextShareTransaction else { return nil }
                    orders += 1
                    return queue.next()
                }
                guard let step else {
                    // Before the transaction is durable.
                    if namesArtifacts { _ = try perform(.syncArtifacts) }
                    return events
                }
                if case .syncArtifacts = step {
                    namesArtifacts = true
                    continue
                }
                switch try work.perform(step) {
                case .done: break
                case .report(let event): events.append(event)
                case .refused(let event):
                    waiting.withLock { $0.abandonOrder() }
                    isRefused = true
                    if let event { events.append(event) }
                }
            }
        }
    }

    /// - Returns: what the core must be told of it.
    private func perform(_ step: ArchiveStep) throws -> CoordinatorEvent? {
        switch try work.perform(step) {
        case .done: return nil
        case .report(let event): return event
        case .refused(let event):
            waiting.withLock { $0.abandonOrder() }
            return event
        }
    }
}
