import Cluster
import Foundation
import Storage
import Terminal

/// Tells how far a stage is, and how busy its workers were.
struct ProgressReporter: Sendable {
    private var line: ProgressLine
    private var label = ""
    private var times: [SessionID: WorkTime] = [:]
    /// The stages that have ended, and the compute threads' time in all their runs.
    private var ended: [(label: String, waiting: Double, total: Double)] = []

    init(isSilent: Bool) { line = ProgressLine(isSilent: isSilent) }

    /// The stages that have ended, and the share of the compute threads' time in which they waited.
    var waited: [(label: String, share: Double)] { ended.map { ($0.label, $0.waiting / $0.total) } }

    /// A stage begins: `before` of its `total` images were done in earlier runs.
    mutating func begin(_ label: String, total: Int, before: Int) {
        self.label = label
        times = [:]
        line.begin(label, total: total, before: before)
    }

    /// What the compute threads of a worker's session did in the stage so far.
    mutating func note(_ time: WorkTime, of session: SessionID) { times[session] = time }

    /// The share of the compute threads' time in which they waited, over all workers; nil where none is known.
    var waitingShare: Double? { sums.map { $0.waiting / $0.total } }

    private var sums: (waiting: Double, total: Double)? {
        let total = times.values.reduce(0) { $0 + Double($1.totalMilliseconds) }
        guard total > 0 else { return nil }
        return (times.values.reduce(0) { $0 + Double($1.waitingMilliseconds) }, total)
    }

    /// Says how far the stage is, if it is time to.
    /// - Parameter done: images done in this run.
    mutating func update(done: Int, failures: Int, workers: Int, force: Bool = false) {
        var notes = ["\(workers) worker\(workers == 1 ? "" : "s")"]
        if failures > 0 { notes.append("\(failures) unusable") }
        if force, let share = waitingShare {
            notes.append(String(format: "compute threads waited %.1f %%", 100 * share))
        }
        line.update(done: done, notes: notes, force: force)
    }

    /// Ends the stage's line.
    mutating func end() {
        line.end()
        guard let sums else { return }
        times = [:]
        // A stage is run once a lot.
        guard let place = ended.firstIndex(where: { $0.label == label }) else {
            return ended.append((label, sums.waiting, sums.total))
        }
        ended[place].waiting += sums.waiting
        ended[place].total += sums.total
    }
}
