import Foundation

/// Takes batches of images through stages on the threads of a crew, so that no thread waits while there is work.
///
/// The tasks of one stage of one batch run in parallel; a batch enters a stage when all its tasks in the stage before are
/// done and the batches before it have left that stage. So two batches are under way: while the last images of one are
/// embedded, or its patches folded, idle threads embed the next one. Older batches go first.
package struct BatchPipeline<Batch: Sendable>: Sendable {
    /// How many tasks a stage has for a batch: at least one.
    package typealias TaskCount = @Sendable (_ batch: Batch) -> Int
    /// - Parameter slot: one of a few places for a batch's data; a batch keeps its slot from its first stage to its last.
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
}
