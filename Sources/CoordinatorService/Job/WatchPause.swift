import Storage

/// The time in which a job waits for more images: somebody who asks it to stop meanwhile ends it, and interrupts nothing.
final class WatchPause: Sendable {
    private struct State: Sendable { var (isWaiting, isEnded) = (false, false) }
    private let state = Locked(State())

    /// Ends the waiting.
    /// - Returns: whether the job waits; if not, there is work to be stopped.
    func end() -> Bool {
        state.withLock { state in
            if state.isWaiting { state.isEnded = true }
            return state.isWaiting
        }
    }

    /// Waits as long, or until it is ended.
    /// - Parameter isOver: asked now and then whether to wait no longer for another reason.
    /// - Returns: whether nobody ended it.
    func wait(_ time: Duration, isOver: () async -> Bool) async -> Bool {
        state.withLock { $0.isWaiting = true }
        let end = ContinuousClock.now + time
        while !state.withLock(\.isEnded), await !isOver(), ContinuousClock.now < end {
            try? await Task.sleep(for: min(.milliseconds(100), end - .now))
        }
        return state.withLock { state in
            state.isWaiting = false
            return !state.isEnded
        }
    }
}
