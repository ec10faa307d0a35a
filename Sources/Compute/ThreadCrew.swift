import Foundation

/// A fixed number of threads that share out a loop. The caller's thread waits; the crew's threads do the work, so that
/// per-thread workspaces can be chosen by the thread's number.
///
/// One loop runs at a time: a second caller waits for the first. A body must not start another loop on the same crew.
public final class ThreadCrew: Sendable {
    private struct Loop {
        var generation = 0
        var count = 0
        var next = 0
        var unfinished = 0
        var body: (@Sendable (_ index: Int, _ thread: Int) throws -> Void)?
        var failure: (index: Int, error: any Error)?
        var stopped = false
    }

    /// The state of the loop under way, shared with the threads, which must not keep the crew itself alive.
    private final class State: @unchecked Sendable {
        let condition = NSCondition()
        var loop = Loop()
    }

    public let threads: Int
    private let state = State()
    private let oneLoopAtATime = NSLock()

    /// - Parameter threads: at least one; fewer is taken as one.
    public init(threads: Int) {
        self.threads = max(1, threads)
        for number in 0..<self.threads {
            let thread = Thread { [state] in Self.serve(state, number) }
            thread.name = "crew-\(number)"
            thread.stackSize = 4 << 20
            thread.start()
        }
    }

    deinit {
        state.condition.withLock {
            state.loop.stopped = true
            state.condition.broadcast()
        }
    }

    /// Calls `body` once for each index in `0..<count`, on the crew's threads, and returns when all calls have ended.
    ///
    /// After a failure no further index is started; the error of the lowest failed index is thrown.
    /// - Parameter body: takes the index and the number of the thread (below `threads`) that runs it.
    public func forEach(_ count: Int, _ body: @escaping @Sendable (_ index: Int, _ thread: Int) throws -> Void) throws {
        guard count > 0 else { return }
        oneLoopAtATime.lock()
        defer { oneLoopAtATime.unlock() }
        let condition = state.condition
        condition.lock()
        state.loop = Loop(generation: state.loop.generation + 1, count: count, unfinished: threads, body: body)
        condition.broadcast()
        while state.loop.unfinished > 0 { condition.wait() }
        let failure = state.loop.failure
        state.loop.body = nil
        condition.unlock()
        if let failure { throw failure.error }
    }

    /// Calls `body` as `forEach` does, and returns the results in the order of their indices.
    public func map<Element: Sendable>(
        _ count: Int, _ body: @escaping @Sendable (_ index: Int, _ thread: Int) throws -> Element
    ) throws -> [Element] {
        let results = Results<Element>(count: count)
        try forEach(count) { index, thread in results.set(try body(index, thread), at: index) }
        return results.all
    }

    private final class Results<Element: Sendable>: @unchecked Sendable {
        private let lock = NSLock()
        private var elements: [Element?]

        init(count: Int) { elements = Array(repeating: nil, count: count) }

        func set(_ element: Element, at index: Int) { lock.withLock { elements[index] = element } }
        var all: [Element] { lock.withLock { elements.compactMap { $0 } } }
    }

    private static func serve(_ state: State, _ number: Int) {
        let condition = state.condition
        var seen = 0
        condition.lock()
        while true {
            while state.loop.generation == seen && !state.loop.stopped { condition.wait() }
            if state.loop.stopped { break }
            seen = state.loop.generation
            while state.loop.failure == nil, state.loop.next < state.loop.count, let body = state.loop.body {
                let index = state.loop.next
                state.loop.next += 1
                condition.unlock()
                let outcome = Result { try body(index, number) }
                condition.lock()
                if case .failure(let error) = outcome, index < state.loop.failure?.index ?? Int.max {
                    state.loop.failure = (index, error)
                }
            }
            state.loop.unfinished -= 1
            condition.broadcast()
        }
        condition.unlock()
    }
}
