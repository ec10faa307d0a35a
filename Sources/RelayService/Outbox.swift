import Cluster

/// What goes to the parent in order: pictures, and what is said after them. While the way is full it waits here.
struct Outbox {
    struct Item: Sendable {
        let message: WorkerMessage
        let payload: [UInt8]
        let isPicture: Bool
    }

    private var items: [Item] = []
    private var first = 0

    var isEmpty: Bool { first == items.count }
    var next: Item? { isEmpty ? nil : items[first] }

    mutating func add(_ item: Item) { items.append(item) }

    mutating func removeFirst() {
        first += 1
        // Not for each of them: that would take time in the number of those that wait.
        if first > 64, 2 * first > items.count {
            items.removeFirst(first)
            first = 0
        }
    }

    mutating func removeAll() { (items, first) = ([], 0) }
}
