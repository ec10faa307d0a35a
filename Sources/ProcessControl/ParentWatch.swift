import Dispatch
import Foundation

/// Tells when the process that started this one has ended: then the system gives this process another parent.
public final class ParentWatch: @unchecked Sendable {
    // Set once, in init; thread-safe itself.
    private let timer: any DispatchSourceTimer

    /// - Parameters:
    ///   - parent: the process that started this one. It says so itself: it may have ended before this one could ask.
    ///   - onEnd: called once, on a thread of its own.
    public init(of parent: Int32, onEnd: @escaping @Sendable () -> Void) {
        let told = Once()
        timer = DispatchSource.makeTimerSource(queue: DispatchQueue(label: "parent"))
        timer.schedule(deadline: .now(), repeating: 1)
        timer.setEventHandler {
            if getppid() != parent, told.isFirst() { onEnd() }
        }
        timer.resume()
    }

    deinit { timer.cancel() }
}

/// True the first time. Used on one queue.
private final class Once: @unchecked Sendable {
    private var done = false

    func isFirst() -> Bool {
        defer { done = true }
        return !done
    }
}
