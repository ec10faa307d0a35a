import Compute
import Foundation

/// Takes batches of images through stages on the threads of a crew, so that no thread waits while there is work.
///
/// The tasks of one stage of one batch run in parallel; a batch enters a stage when all its tasks in the stage before are
/// done and the batches before it have left that stage. So two batches are under way: while the last images of one are
/// embedded, or its patches folded, idle threads embed the next one. Older batches go first.
package struct BatchPipeline {
    /// How many tasks a stage has for a batch: at least one.
    package typealias TaskCount = @Sendable (_ batch: Int) -> Int
    /// - Parameter slot: one of `depth` places for a batch's data; a batch keeps its slot from its first stage to its last.
    package typealias Task = @Sendable (_ batch: Int, _ slot: Int, _ task: Int, _ thread: Int) throws -> Void
    /// Called once, before a batch's first task or after a stage's last; short, since threads wait for it.
    package typealias Turn = @Sendable (_ batch: Int, _ slot: Int) throws -> Void

    package struct Stage: Sendable {
        let count: TaskCount
        let run: Task
        let ending: Turn

        package init(
            count: @escaping TaskCount, run: @escaping Task, ending: @escaping Turn = { _, _ in }
        ) {
            (self.count, self.run, self.ending) = (count, run, ending)
        }
    }

    /// Batches under way at a time.
    static let depth = 2

    let beginning: Turn
    let stages: [Stage]

    package init(beginning: @escaping Turn = { _, _ in }, stages: [Stage]) {
        (self.beginning, self.stages) = (beginning, stages)
    }

    /// Runs all batches and returns when they are done.
    /// - Throws: the first error that a task throws; no further task is started then.
    package func run(batches: Int, on crew: ThreadCrew) throws -> CrewTime {
        let schedule = Schedule(self, batches: batches)
        let start = ContinuousClock.now
        try crew.forEach(crew.threads) { _, thread in schedule.serve(thread) }
        if let failure = schedule.failure { throw failure }
        let total = (ContinuousClock.now - start) * crew.threads
        return CrewTime(waiting: schedule.waitingUntilNow(), total: total)
    }
}

/// How long a crew's threads were there, and how much of that they waited for work.
public struct CrewTime: Equatable, Sendable {
    public var waiting: Duration = .zero
    public var total: Duration = .zero

    public static func += (left: inout CrewTime, right: CrewTime) {
        left.waiting += right.waiting
        left.total += right.total
    }
}
