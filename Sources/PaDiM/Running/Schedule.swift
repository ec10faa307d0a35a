import Compute
import Foundation

extension BatchPipeline {
    /// Takes batches from a source until it has none and all are done.
    /// - Parameters:
    ///   - depth: batches under way at a time.
    ///   - clock: told of every task.
    /// - Throws: the first error that a task throws; no further task is started then.
    package func run(
        _ source: WorkSource<Batch>, on crew: ThreadCrew, depth: Int = pipelineDepth, clock: CrewClock = CrewClock()
    ) throws {
        let schedule = Schedule(self, source, depth, clock)
        source.onAnnouncement { schedule.lookAgain() }
        defer { source.onAnnouncement(nil) }
        clock.start(threads: crew.threads)
        defer { clock.stop() }
        try crew.forEach(crew.threads) { _, thread in schedule.serve(thread) }
        if let failure = schedule.failure { throw failure }
    }
}

/// Batches under way at a time, unless a pipeline asks for more.
package let pipelineDepth = 2

/// Which task of a pipeline is next: shared by the threads, which ask it until nothing is left.
final class Schedule<Batch: Sendable>: @unchecked Sendable {
    /// A batch under way.
    private struct Flight {
        let batch: Batch
        let slot: Int
        var stage = 0
        var next = 0
        var unfinished: Int
    }

    private struct Claim {
        let batch: Batch
        let slot: Int
        let stage: Int
        let task: Int
    }

    private let pipeline: BatchPipeline<Batch>
    private let source: WorkSource<Batch>
    private let clock: CrewClock
    private let condition = NSCondition()
    private var flights: [Flight] = []
    private var freeSlots: [Int]
    /// The source had nothing the last time, and nothing was announced since.
    private var isDry = false
    private var firstFailure: (any Error)?

    init(_ pipeline: BatchPipeline<Batch>, _ source: WorkSource<Batch>, _ depth: Int, _ clock: CrewClock) {
        freeSlots = Array((0..<depth).reversed())
        (self.pipeline, self.source, self.clock) = (pipeline, source, clock)
    }

    private var stages: [BatchPipeline<Batch>.Stage] { pipeline.stages }

    var failure: (any Error)? { condition.withLock { firstFailure } }

    /// The source may have more.
    func lookAgain() {
        condition.withLock {
            isDry = false
            condition.broadcast()
        }
    }

    /// Runs tasks until there are none.
    func serve(_ thread: Int) {
        condition.lock()
        defer { condition.unlock() }
        while firstFailure == nil {
            if let claim = claim() {
                condition.unlock()
                let outcome = Result {
                    try clock.measure { try stages[claim.stage].run(claim.batch, claim.slot, claim.task, thread) }
                }
                condition.lock()
                finish(claim, outcome)
            } else if flights.isEmpty && isDry {
                break
            } else if firstFailure == nil {
                condition.wait()
            }
        }
    }

    /// A task of the oldest batch that has one to give; else the first of a new batch.
    private func claim() -> Claim? {
        for place in flights.indices
        where flights[place].next < stages[flights[place].stage].count(flights[place].batch) {
            // A stage is entered in the order of the batches.
            let stage = flights[place].stage
            guard !flights[..<place].contains(where: { $0.stage <= stage && stage > 0 }) else { continue }
            let task = flights[place].next
            flights[place].next += 1
            return Claim(batch: flights[place].batch, slot: flights[place].slot, stage: stage, task: task)
        }
        return beginBatch() ? claim() : nil
    }

    private func beginBatch() -> Bool {
        guard !isDry, let slot = freeSlots.last else { return false }
        do {
            guard let batch = try source.next() else {
                isDry = true
                return false
            }
            try pipeline.beginning(batch, slot)
            freeSlots.removeLast()
            flights.append(Flight(batch: batch, slot: slot, unfinished: stages[0].count(batch)))
            return true
        } catch {
            fail(error)
            return false
        }
    }

    private func finish(_ claim: Claim, _ outcome: Result<Void, any Error>) {
        if case .failure(let error) = outcome { fail(error) }
        guard let place = flights.firstIndex(where: { $0.slot == claim.slot }) else { return }
        flights[place].unfinished -= 1
        guard flights[place].unfinished == 0 else { return }
        // Short work, and under the lock: nobody else is in this stage of this batch.
        if firstFailure == nil {
            do { try stages[claim.stage].ending(claim.batch, claim.slot) } catch { fail(error) }
        }
        if claim.stage + 1 < stages.count {
            flights[place].stage += 1
            flights[place].next = 0
            flights[place].unfinished = stages[flights[place].stage].count(claim.batch)
        } else {
            freeSlots.append(claim.slot)
            flights.remove(at: place)
        }
        condition.broadcast()
    }

    private func fail(_ error: any Error) {
        if firstFailure == nil { firstFailure = error }
        condition.broadcast()
    }
}
