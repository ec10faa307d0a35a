import Foundation

/// A thread that waits for sockets, closures and the clock at once, and runs their handlers one after the other.
///
/// State that only the loop's thread touches needs no lock. The compiler checks this for an actor that has the loop
/// as its executor; the closures that a loop runs are then inside the actor:
///
///     actor Service {
///         let loop: EventLoop
///         nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
///     }
///     loop.perform { service.assumeIsolated { $0.diskIsDone() } }
///
/// The thread ends when the loop is no longer held by anything. Closures must not block: nothing else is heard
/// meanwhile.
public final class EventLoop: Sendable {
    private let state: EventLoopState
    private let thread: ObjectIdentifier

    /// - Throws: `TransportError` if the process has no file descriptor or memory left.
    public init(name: String = "loop") throws {
        let state = try EventLoopState()
        self.state = state
        let thread = Thread { state.run() }
        self.thread = ObjectIdentifier(thread)
        thread.name = name
        thread.stackSize = 4 << 20
        thread.start()
    }

    deinit { state.stop() }

    /// Runs the closure on the loop's thread after all that were given before it. May be called from any thread,
    /// which does not wait; from the loop's own too.
    public func perform(_ body: @escaping @Sendable () -> Void) { state.enqueue(body) }

    /// Runs the closure on the loop's thread, waits for it, and returns its result. On the loop's thread it runs at
    /// once.
    public func sync<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) throws -> Result {
        if isCurrent { return try body() }
        let answer = Answer<Result>()
        perform { answer.give(Swift.Result { try body() }) }
        return try answer.wait().get()
    }

    /// Runs the closure again and again on the loop's thread, first after one interval. A loop held up for longer
    /// than an interval runs it once, not once for each interval missed.
    @discardableResult
    public func every(_ interval: Duration, _ body: @escaping @Sendable () -> Void) -> LoopTimer {
        schedule(LoopTimer(interval: max(interval, .milliseconds(1)), body))
    }

    /// Runs the closure once on the loop's thread, after the delay.
    @discardableResult
    public func after(_ delay: Duration, _ body: @escaping @Sendable () -> Void) -> LoopTimer {
        schedule(LoopTimer(interval: nil, body), after: delay)
    }

    private func schedule(_ timer: LoopTimer, after delay: Duration? = nil) -> LoopTimer {
        let due = ContinuousClock.now + (delay ?? timer.interval ?? .zero)
        perform { [state] in state.add(timer, due: due) }
        return timer
    }

    /// The same for what need not be sendable. On the loop's thread only.
    func afterHere(_ delay: Duration, _ body: @escaping () -> Void) -> LoopTimer {
        preconditionIsolated()
        let timer = LoopTimer(interval: nil, body)
        state.add(timer, due: .now + delay)
        return timer
    }

    /// Whether this is the loop's own thread.
    public var isCurrent: Bool { ObjectIdentifier(Thread.current) == thread }

    /// Has `ready` called whenever the socket has something to read. On the loop's thread only.
    func watch(_ socket: borrowing Socket, _ ready: @escaping () -> Void) -> WatchID {
        preconditionIsolated()
        return state.watch(socket.handle, ready)
    }

    func unwatch(_ id: WatchID) {
        preconditionIsolated()
        state.unwatch(id)
    }
}

extension EventLoop: SerialExecutor {
    /// Runs a job of an actor that has this loop as its executor on the loop's thread.
    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let executor = asUnownedSerialExecutor()
        perform { job.runSynchronously(on: executor) }
    }

    /// Stops the process where the caller is not on the loop's thread, as Swift's runtime asks of an executor.
    public func checkIsolated() { precondition(isCurrent, "not on the event loop's thread") }

    /// Whether the caller is on the loop's thread.
    public func isIsolatingCurrentContext() -> Bool? { isCurrent }
}

/// A closure that a loop will run at some time. Forgetting the timer does not stop it; `cancel` does.
public final class LoopTimer: @unchecked Sendable {
    let interval: Duration?
    let body: () -> Void
    private let lock = NSLock()
    private var cancelled = false

    init(interval: Duration?, _ body: @escaping () -> Void) { (self.interval, self.body) = (interval, body) }

    /// From any thread. A run that has begun on the loop's thread is not waited for.
    public func cancel() { lock.withLock { cancelled = true } }

    var isCancelled: Bool { lock.withLock { cancelled } }
}

/// One value that one thread waits for and another gives.
private final class Answer<Value: Sendable>: @unchecked Sendable {
    private let condition = NSCondition()
    private var value: Result<Value, any Error>?

    func give(_ value: Result<Value, any Error>) {
        condition.withLock {
            self.value = value
            condition.signal()
        }
    }

    func wait() -> Result<Value, any Error> {
        condition.lock()
        defer { condition.unlock() }
        while true {
            if let value { return value }
            condition.wait()
        }
    }
}
