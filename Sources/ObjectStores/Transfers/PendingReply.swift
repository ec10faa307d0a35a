import Foundation

/// The outcome of a request that is under way, for those who wait for it.
final class PendingReply: @unchecked Sendable {
    private let condition = NSCondition()
    // Under the lock only.
    private var result: Result<Reply, ObjectStoreError>?

    /// Settles the outcome; the first time only.
    func settle(_ result: Result<Reply, ObjectStoreError>) {
        condition.lock()
        if self.result == nil { self.result = result }
        condition.broadcast()
        condition.unlock()
    }

    var isSettled: Bool {
        condition.lock()
        defer { condition.unlock() }
        return result != nil
    }

    func wait() throws -> Reply {
        condition.lock()
        defer { condition.unlock() }
        while true {
            if let result { return try result.get() }
            condition.wait()
        }
    }
}
