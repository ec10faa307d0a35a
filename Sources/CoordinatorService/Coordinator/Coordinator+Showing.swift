import Cluster
import JobRules
import LiveStatus

/// What the coordinator leaves for those who show the job. It keeps a value of a bounded size and leaves copies of it: nobody asks the
/// loop for anything.
extension Coordinator {
    /// Keeps something, if anybody shows it.
    func keep(_ change: (inout RunBook, _ time: Int64) -> Void) {
        if monitor != nil { change(&book, now.milliseconds) }
    }

    /// Keeps something that is to be seen in any case.
    func show(_ change: (inout RunBook, _ time: Int64) -> Void) {
        keep(change)
        monitor?.leave(book, of: jobNumber, at: now)
    }

    /// Looks how far the stage is.
    func observe() {
        guard let monitor else { return }
        let progress = core.progress
        book.tick(
            done: progress.imagesDone, unusable: progress.failures,
            workers: core.workerViews(most: RunBook.mostWorkers),
            count: progress.workers, joined: workerLog.joined, lost: workerLog.died, at: now.milliseconds)
        monitor.offer(book, of: jobNumber, at: now)
    }

    /// Images that earlier runs have scored.
    func recall(_ scores: [HighScores.Entry]) {
        keep { book, _ in for entry in scores { book.recall(entry) } }
    }
}
