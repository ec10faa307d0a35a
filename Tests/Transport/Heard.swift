import Foundation
import Transport

/// What a handler has heard, for a test that waits for it. One test waits at a time.
///
/// Items change hands under the lock only, where the thread sanitizer sees it.
final class Heard<Item: Sendable>: @unchecked Sendable {
    private let lock = NSLock()
    private var items: [Item] = []
    private var waiter: CheckedContinuation<Void, Never>?

    func add(_ item: Item) {
        wake { items.append(item) }
    }

    private func wake(_ change: () -> Void = {}) {
        let waiter = lock.withLock {
            change()
            defer { self.waiter = nil }
            return self.waiter
        }
        waiter?.resume()
    }

    /// The next thing heard.
    /// - Throws: `NothingHeard` after the deadline.
    func next(within seconds: Double = 120) async throws -> Item {
        let deadline = ContinuousClock.now + .seconds(seconds)
        let alarm = DispatchWorkItem { [weak self] in self?.wake() }
        DispatchQueue.global().asyncAfter(deadline: .now() + seconds + 0.001, execute: alarm)
        defer { alarm.cancel() }
        while true {
            if let item = lock.withLock({ items.isEmpty ? nil : items.removeFirst() }) { return item }
            guard .now < deadline else { throw NothingHeard() }
            await withCheckedContinuation { continuation in
                let isThere = lock.withLock {
                    if items.isEmpty { waiter = continuation }
                    return !items.isEmpty
                }
                if isThere { continuation.resume() }
            }
        }
    }

    /// Waits until something heard fits, and throws the rest away.
    @discardableResult
    func first(where fits: (Item) -> Bool) async throws -> Item {
        while true {
            let item = try await next()
            if fits(item) { return item }
        }
    }

    var waiting: Int { lock.withLock { items.count } }
}

struct NothingHeard: Error {}
