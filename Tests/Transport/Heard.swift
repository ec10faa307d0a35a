import Foundation
import Transport

/// What a handler has heard, for a test that waits for it.
final class Heard<Item: Sendable>: @unchecked Sendable {
    private struct Waiter {
        let number: Int
        let continuation: CheckedContinuation<Item?, Never>
    }

    private let lock = NSLock()
    private var items: [Item] = []
    private var waiter: Waiter?
    private var waits = 0

    func add(_ item: Item) {
        let waiter: Waiter? = lock.withLock {
            defer { self.waiter = nil }
            if self.waiter == nil { items.append(item) }
            return self.waiter
        }
        waiter?.continuation.resume(returning: item)
    }

    /// The next thing heard. One test waits at a time.
    /// - Throws: `NothingHeard` after the deadline.
    func next(within deadline: Duration = .seconds(20)) async throws -> Item {
        let item: Item? = await withCheckedContinuation { continuation in
            let (known, number): (Item?, Int) = lock.withLock {
                waits += 1
                if !items.isEmpty { return (items.removeFirst(), waits) }
                waiter = Waiter(number: waits, continuation: continuation)
                return (nil, waits)
            }
            if let known { return continuation.resume(returning: known) }
            let seconds = Double(deadline.components.seconds) + Double(deadline.components.attoseconds) / 1e18
            DispatchQueue.global().asyncAfter(deadline: .now() + seconds) { self.giveUp(number) }
        }
        guard let item else { throw NothingHeard() }
        return item
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

    private func giveUp(_ number: Int) {
        let waiter: Waiter? = lock.withLock {
            guard self.waiter?.number == number else { return nil }
            defer { self.waiter = nil }
            return self.waiter
        }
        waiter?.continuation.resume(returning: nil)
    }
}

struct NothingHeard: Error {}
