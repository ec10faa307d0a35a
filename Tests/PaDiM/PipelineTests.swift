import Compute
import Foundation
import PaDiM
import Testing

@Suite struct PipelineTests {
    @Test(arguments: [1, 2, 5], [0, 1, 2, 9])
    func everyTaskRunsOnceAndStagesKeepTheirOrder(threads: Int, batches: Int) throws {
        let log = Log()
        let counts = [3, 2, 4]
        let stages = counts.indices.map { stage in
            BatchPipeline<Int>.Stage(
                count: { counts[stage] + $0 % 2 },
                run: { batch, slot, task, thread in
                    #expect((0..<threads).contains(thread))
                    log.append("\(batch) \(stage) \(task)", "\(stage) \(batch) \(slot)")
                    if stage == 0 && task == 1 { Thread.sleep(forTimeInterval: 0.0005) }
                },
                ending: { batch, slot in log.append("\(batch) \(stage) end", "end \(stage) \(batch) \(slot)") })
        }
        let pipeline = BatchPipeline(
            beginning: { log.append("\($0) begin", "begin - \($0) \($1)") }, stages: stages)
        try pipeline.run(WorkSource(0..<batches), on: ThreadCrew(threads: threads))
        let tasks = log.tasks
        #expect(tasks.count == (0..<batches).reduce(0) { $0 + 9 + 3 * ($1 % 2) + 4 })
        #expect(Set(tasks).count == tasks.count)
        for batch in 0..<batches {
            // Begin, the tasks of a stage, its end, the next stage.
            let own = tasks.filter { $0.hasPrefix("\(batch) ") }.map { String($0.split(separator: " ")[1]) }
            #expect(own == ["begin"] + own.dropFirst().sorted())
        }
        for stage in 1..<3 {
            // Batches go through a stage one after the other.
            let order = log.places.filter { $0.hasPrefix("\(stage) ") }.map { Int($0.split(separator: " ")[1]) ?? -1 }
            #expect(order == order.sorted())
        }
    }

    @Test(arguments: [1, 3])
    func anErrorEndsTheWholeAndIsThrown(threads: Int) throws {
        struct Stop: Error {}
        let log = Log()
        let stage = BatchPipeline<Int>.Stage(
            count: { _ in 4 },
            run: { batch, _, task, _ in
                log.append("\(batch) \(task)", "")
                if batch == 2 && task == 1 { throw Stop() }
            })
        #expect(throws: Stop.self) {
            try BatchPipeline(stages: [stage, stage]).run(WorkSource(0..<50), on: ThreadCrew(threads: threads))
        }
        #expect(log.tasks.count < 50)
        // Where a batch cannot begin, too.
        #expect(throws: Stop.self) {
            try BatchPipeline(beginning: { batch, _ in if batch == 1 { throw Stop() } }, stages: [stage])
                .run(WorkSource(0..<2), on: ThreadCrew(threads: threads))
        }
        // And where the source breaks.
        #expect(throws: Stop.self) {
            try BatchPipeline(stages: [stage])
                .run(WorkSource<Int> { throw Stop() }, on: ThreadCrew(threads: threads))
        }
    }

    @Test func waitingIsMeasured() throws {
        // One long task: the other thread waits.
        let stage = BatchPipeline<Int>.Stage(
            count: { _ in 1 }, run: { _, _, _, _ in Thread.sleep(forTimeInterval: 0.05) })
        let clock = CrewClock()
        try BatchPipeline(stages: [stage]).run(WorkSource(0..<1), on: ThreadCrew(threads: 2), clock: clock)
        let time = clock.time
        #expect(time.total >= .milliseconds(100))
        #expect(time.waiting >= .milliseconds(50) && time.waiting <= time.total - .milliseconds(50))
    }

    /// A batch that is announced while another one is under way is begun by the thread that had nothing to do.
    @Test func whatComesLateIsTakenUpWithoutAPause() throws {
        let (arrived, lateBegan) = (Gate(), Gate())
        let taken = Counter()
        let source = WorkSource<Int> {
            switch taken.next() {
            case 0: 0
            // Nobody has announced it yet.
            case 1: nil
            case 2: 1
            default: nil
            }
        }
        let stage = BatchPipeline<Int>.Stage(
            count: { _ in 1 },
            run: { batch, _, _, _ in
                if batch == 0 {
                    arrived.open()
                    // Ends only if the other batch begins meanwhile.
                    #expect(lateBegan.wait(seconds: 60))
                } else {
                    lateBegan.open()
                }
            })
        let announcer = Thread {
            guard arrived.wait(seconds: 60) else { return }
            // Until the idle thread has looked once, there is nobody to tell.
            while taken.count < 2 { usleep(100) }
            source.announce()
        }
        announcer.start()
        try BatchPipeline(stages: [stage]).run(source, on: ThreadCrew(threads: 2))
        #expect(taken.count >= 4)
    }
}

private final class Gate: @unchecked Sendable {
    private let condition = NSCondition()
    private var isOpen = false

    func open() {
        condition.withLock {
            isOpen = true
            condition.broadcast()
        }
    }

    /// - Returns: whether the gate was opened in time.
    func wait(seconds: TimeInterval) -> Bool {
        let deadline = Date(timeIntervalSinceNow: seconds)
        return condition.withLock {
            while !isOpen { if !condition.wait(until: deadline) { return isOpen } }
            return true
        }
    }
}

private final class Counter: @unchecked Sendable {
    private let lock = NSLock()
    private var value = 0

    var count: Int { lock.withLock { value } }

    func next() -> Int {
        lock.withLock {
            defer { value += 1 }
            return value
        }
    }
}

private final class Log: @unchecked Sendable {
    private let lock = NSLock()
    private var entries: [(task: String, place: String)] = []

    func append(_ task: String, _ place: String) { lock.withLock { entries.append((task, place)) } }
    var tasks: [String] { lock.withLock { entries.map(\.task) } }
    var places: [String] { lock.withLock { entries.map(\.place) } }
}
