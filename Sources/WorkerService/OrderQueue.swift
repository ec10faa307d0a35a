import Cluster
import Foundation
import Storage

/// What the executor is asked to do, first come first served.
///
/// A new generation voids all orders of the earlier ones.
final class OrderQueue: @unchecked Sendable {
    /// A shard that was dealt.
    struct Shard {
        let session: SessionID
        let lease: LeaseID
        let images: [ImageTask]
        /// Nil where images are worked on.
        var patches: Range<Int>?
    }

    enum Order {
        case shard(Shard)
        case other(@Sendable (_ generation: Int) -> Void)
    }

    private let lock = NSLock()
    private var orders: [(order: Order, generation: Int)] = []
    private var current = 0
    private var listener: (@Sendable () -> Void)?

    var generation: Int { lock.withLock { current } }

    /// Begins a generation. What was ordered before is forgotten at once: an order under way may never end.
    func void() {
        lock.withLock {
            current += 1
            orders = []
        }
    }

    /// Adds an order of the present generation, and tells the one who takes shards.
    func add(_ order: Order) {
        let listener = lock.withLock {
            orders.append((order, current))
            return self.listener
        }
        listener?()
    }

    /// The first order. A shard stays in the queue, for `takeShard`.
    func next() -> (order: Order, generation: Int)? {
        lock.withLock {
            guard let first = orders.first else { return nil }
            if case .other = first.order { orders.removeFirst() }
            return first
        }
    }

    /// The first order if it is a shard of this generation.
    func takeShard(_ generation: Int) -> Shard? {
        lock.withLock {
            guard generation == current, let first = orders.first, first.generation == generation,
                case .shard(let shard) = first.order
            else { return nil }
            orders.removeFirst()
            return shard
        }
    }

    /// - Parameter listener: called after every addition.
    func onAddition(_ listener: (@Sendable () -> Void)?) { lock.withLock { self.listener = listener } }
}
