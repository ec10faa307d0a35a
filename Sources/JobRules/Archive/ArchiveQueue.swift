/// The orders that wait for the disk, each as its steps, in the order in which they are carried out.
public struct ArchiveQueue: Sendable {
    private var orders: [[ArchiveStep]] = []
    /// How many steps of the first order were taken.
    private var taken = 0

    public init() {}

    public var count: Int { orders.count }

    /// Adds an order's steps.
    ///
    /// Of several notes which shards workers have, only the newest is written, at the place of the first that waits. It does not move
    /// before deaths that came in between: deaths take shards from workers, and such a shard may be dealt again.
    /// - Returns: whether they took the place of steps that wait.
    @discardableResult
    public mutating func add(_ steps: [ArchiveStep]) -> Bool {
        guard !steps.isEmpty else { return false }
        if case .recordInFlight = steps.first, let place = waitingRecord {
            orders[place] = steps
            return true
        }
        orders.append(steps)
        return false
    }

    /// The next step, without taking it.
    package var first: ArchiveStep? { orders.first?[taken] }

    /// The next step; nil where there is nothing to do.
    public mutating func next() -> ArchiveStep? {
        guard let step = first else { return nil }
        taken += 1
        if taken == orders[0].count { skipRest() }
        return step
    }

    /// Whether the next order, from its first step on, may share a transaction with others.
    public var mayNextShareTransaction: Bool {
        guard taken == 0, let order = orders.first else { return false }
        return order.allSatisfy(\.mayShareTransaction)
    }

    /// Whether the next step is the first of an order, or there is none.
    public var isBetweenOrders: Bool { taken == 0 }

    /// The rest of the order whose step was taken last is not done.
    public mutating func abandonOrder() { if taken > 0 { skipRest() } }

    public mutating func removeAll() { (orders, taken) = ([], 0) }

    private mutating func skipRest() {
        orders.removeFirst()
        taken = 0
    }

    private var waitingRecord: Int? {
        for place in orders.indices.reversed() {
            switch orders[place].first {
            case .recordDeaths: return nil
            case .recordInFlight: return place == 0 && taken > 0 ? nil : place
            default: continue
            }
        }
        return nil
    }
}
