/// The simulated clock, and what is to happen when: a binary heap. Things due at the same millisecond happen in the order in
/// which they were scheduled, so that a run is a function of its seed.
struct EventQueue {
    private struct Entry {
        let due: Int64
        let order: Int
        let deed: () -> Void

        func isBefore(_ other: Entry) -> Bool { (due, order) < (other.due, other.order) }
    }

    /// Milliseconds since the beginning.
    private(set) var now: Int64 = 0
    /// How many things happened.
    private(set) var count = 0
    private var heap: [Entry] = []
    private var scheduled = 0

    mutating func schedule(in delay: Int64, _ deed: @escaping () -> Void) {
        scheduled += 1
        heap.append(Entry(due: now + max(0, delay), order: scheduled, deed: deed))
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child].isBefore(heap[parent]) else { break }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    /// Moves the clock to the next thing, and gives it.
    mutating func next() -> (() -> Void)? {
        guard let first = heap.first, let last = heap.popLast() else { return nil }
        if !heap.isEmpty {
            heap[0] = last
            sink()
        }
        now = first.due
        count += 1
        return first.deed
    }

    private mutating func sink() {
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < heap.count && heap[child].isBefore(heap[least]) { least = child }
            guard least != parent else { return }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
