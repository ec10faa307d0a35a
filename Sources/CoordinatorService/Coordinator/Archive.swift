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
    private let files: JobDirectoryFiles
    // Touched on the queue only.
    private var work: ArchiveWork
    private var failed = false

    init(journal: Journal, report: @escaping @Sendable (Result<CoordinatorEvent, any Error>) -> Void) throws {
        self.report = report
        files = try JobDirectoryFiles(journal.directory)
        work = ArchiveWork(journal: journal, files: files)
    }

    /// What the partials to come are about, and what the model will add to their covariances' diagonals.
    func expect(_ space: FeatureSpace, epsilon: Double) { files.expect(space, epsilon: epsilon) }

    /// Waits until all that was asked so far is on the disk, while messages go on.
    func settle() async { await withCheckedContinuation { done in queue.async { done.resume() } } }

    func take(_ order: ArchiveOrder) {
        _ = waiting.withLock { $0.add(order.steps) }
        queue.async { self.workOn() }
    }

    /// After the first failure nothing more is written: the job is over, what is committed is safe.
    private func workOn() {
        while !failed, let step = waiting.withLock({ $0.next() }) {
            do {
                switch try work.perform(step) {
                case .done: break
                case .report(let event): report(.success(event))
                case .refused(let event):
                    waiting.withLock { $0.abandonOrder() }
                    if let event { report(.success(event)) }
                }
            } catch {
                failed = true
                report(.failure(error))
            }
        }
    }
}
