import Foundation

/// The latest of several values, for one who comes to take it at times.
final class Latest<Value: Sendable>: @unchecked Sendable {
    private let lock = NSLock()
    private var value: Value?

    /// - Returns: whether there was none, so that somebody has to be sent for it.
    func put(_ new: Value) -> Bool {
        lock.withLock {
            defer { value = new }
            return value == nil
        }
    }

    func take() -> Value? { lock.withLock { value.take() } }
}
