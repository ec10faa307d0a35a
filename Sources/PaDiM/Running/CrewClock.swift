import Foundation

/// How long a crew's threads were there, and how much of that they waited for work.
public struct CrewTime: Equatable, Sendable {
    /// How long threads had nothing to compute, summed over them.
    public var waiting: Duration
    /// How long threads existed, summed over them.
    public var total: Duration

    public init(waiting: Duration = .zero, total: Duration = .zero) { (self.waiting, self.total) = (waiting, total) }
}

/// Keeps a crew's time from the beginning of its first run to the end of its last. What is not a task is waiting: for
/// images, for other threads, for the next run.
package final class CrewClock: @unchecked Sendable {
    private let lock = NSLock()
    private var threads = 1
    private var began: ContinuousClock.Instant?
    private var stopped: ContinuousClock.Instant?
    /// Of the tasks that have ended.
    private var busy: Duration = .zero
    /// The tasks under way, and the sum of their beginnings.
    private var running = 0
    private var beginnings: Duration = .zero

    package init() {}

    func start(threads: Int) {
        lock.withLock {
            self.threads = threads
            if began == nil { began = .now }
            stopped = nil
        }
    }

    func stop() { lock.withLock { stopped = .now } }

    /// Runs a task on one of the crew's threads.
    func measure<Result>(_ task: () throws -> Result) rethrows -> Result {
        let beginning = lock.withLock {
            let beginning = elapsed
            running += 1
            beginnings += beginning
            return beginning
        }
        defer {
            lock.withLock {
                running -= 1
                beginnings -= beginning
                busy += elapsed - beginning
            }
        }
        return try task()
    }

    /// So far.
    package var time: CrewTime {
        lock.withLock {
            let end = stopped.flatMap { stopped in began.map { stopped - $0 } } ?? elapsed
            let total = end * threads
            return CrewTime(waiting: max(.zero, total - busy - (end * running - beginnings)), total: total)
        }
    }

    private var elapsed: Duration { began.map { .now - $0 } ?? .zero }
}
