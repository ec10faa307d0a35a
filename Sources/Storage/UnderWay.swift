import Dispatch
import Foundation

/// A value that a thread of its own computes while others go on.
///
/// It is no task of a shared queue: on a machine with one processor that queue has one thread, and whoever waits may be on it.
package final class UnderWay<Value: Sendable>: Sendable {
    private let group = DispatchGroup()
    private let found = Locked<Value?>(nil)

    package init(_ compute: @escaping @Sendable () -> Value) {
        group.enter()
        Thread.detachNewThread { [group, found] in
            let value = compute()
            found.withLock { $0 = value }
            group.leave()
        }
    }

    /// Waits for it.
    package var value: Value {
        group.wait()
        guard let value = found.withLock({ $0 }) else { preconditionFailure("the thread has left without a value") }
        return value
    }
}
