import Compute
import Foundation

/// Takes batches of images through stages on the threads of a crew, so that no thread waits while there is work.
///
/// The tasks of one stage of one batch run in parallel; a batch enters a stage when all its tasks in the stage before are
/// done and the batches before it have left that stage. So two batches are under way: while the last images of one are
/// embedded, or its patches folded, idle threads embed the next one. Older batches go first.
package struct BatchPipeline<Batch: Sendable>: Sendable {
    /// How many tasks a stage has for a batch: at least one.
    package typealias TaskCount = @Sendable (_ batch: Batch) -> Int
    /// - Parameter slot: one of `pipelineDepth` places for a batch's data; a batch keeps its slot from its first stage to its last.
    package typealias Task = @Sendable (_ batch: Batch, _ slot: Int, _ task: Int, _ thread: Int) throws -> Void
    /// Called once, before a batch's first task or after a stage's last; short, since threads wait for it.
    package typealias Turn = @Sendable (_ batch: Batch, _ slot: Int) throws -> Void

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

    let beginning: Turn
    let stages: [Stage]

    package init(beginning: @escaping Turn = { _, _ in }, stages: [Stage]) {
        (self.beginning, self.stages) = (beginning, stages)
    }

    /// Takes batches from a supply until it has none and all are done.
    /// - Parameter clock: told of every task.
    /// - Throws: the first error that a task throws; no further task is started then.
    package func run(_ supply: Supply<Batch>, on crew: ThreadCrew, clock: CrewClock = CrewClock()) throws {
        let schedule = Schedule(self, supply, clock)
        supply.onAnnouncement { schedule.lookAgain() }
        defer { supply.onAnnouncement(nil) }
        clock.start(threads: crew.threads)
        defer { clock.stop() }
        try crew.forEach(crew.threads) { _, thread in schedule.serve(thread) }
        if let failure = schedule.failure { throw failure }
    }
}

/// Batches under way at a time.
let pipelineDepth = 2
