import Foundation

/// Where one thread leaves a value for others, the newest only. The thread that leaves it never waits for those that look.
final class Handover<Value: Sendable>: @unchecked Sendable {
    private let lock = NSLock()
    // Under the lock only.
    private var value: Value?

    /// Leaves a value, unless somebody is looking at this very moment: the next one comes soon.
    func offer(_ new: Value) {
        var old: Value?
        guard lock.try() else { return }
        (old, value) = (value, new)
        lock.unlock()
        // What was there goes away when the lock is open again.
        withExtendedLifetime(old) {}
    }

    /// Leaves a value that no other may follow.
    func leave(_ new: Value?) {
        lock.lock()
        let old = value
        value = new
        lock.unlock()
        withExtendedLifetime(old) {}
    }

    var newest: Value? { lock.withLock { value } }
}
