import Foundation

/// How long a crew's threads were there, and how much of that they waited for work.
public struct CrewTime: Equatable, Sendable {
    public var waiting: Duration
    public var total: Duration

    public init(waiting: Duration = .zero, total: Duration = .zero) { (self.waiting, self.total) = (waiting, total) }

    public static func += (left: inout CrewTime, right: CrewTime) {
        left.waiting += right.waiting
        left.total += right.total
    }
}

/// Keeps a crew's time from the beginning of its first run to the end of its last. Between runs all threads wait.
package final class CrewClock: @unchecked Sendable {
    private let lock = NSLock()
    private var threads = 1
    private var began: ContinuousClock.Instant?
    private var stopped: ContinuousClock.Instant?
    private var waiting: Duration = .zero

    package init() {}

    func start(threads: Int) {
        let now = ContinuousClock.now
        lock.withLock {
            self.threads = threads
            if began == nil { began = now }
            if let stopped { waiting += (now - stopped) * threads }
            stopped = nil
        }
    }

    func stop() { lock.withLock { stopped = .now } }

    /// One thread waited, or several one after another.
    func add(_ duration: Duration) { lock.withLock { waiting += duration } }

    /// So far. Waits that have not ended yet are not in it.
    package var time: CrewTime {
        lock.withLock {
            guard let began else { return CrewTime() }
            let total = ((stopped ?? .now) - began) * threads
            return CrewTime(waiting: min(waiting, total), total: total)
        }
    }
}
