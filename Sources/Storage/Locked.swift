import Foundation

/// A value that one thread at a time may touch. (Not `Mutex`: the thread sanitizer sees no order in what that guards on Linux.)
public final class Locked<Value: ~Copyable & Sendable>: @unchecked Sendable {
    private let lock = NSLock()
    // Under the lock only.
    private var value: Value

    public init(_ value: consuming Value) { self.value = value }

    /// Calls `body` with the value once no other thread has it.
    public func withLock<Result>(_ body: (inout Value) throws -> Result) rethrows -> Result {
        lock.lock()
        defer { lock.unlock() }
        return try body(&value)
    }
}
