import Storage

/// The leases that a worker reported last. Numbers only rise: what is below all of them counts as reported as well.
package struct ReportedLeases: Equatable, Sendable {
    /// Ascending.
    package private(set) var numbers: [LeaseID] = []

    /// How many are remembered.
    private let capacity: Int

    package init(capacity: Int = Wire.leasesRemembered) { self.capacity = capacity }

    /// Whether the lease counts as reported: it is remembered as reported, or it is older than all remembered leases. When the same deal comes twice,
    /// its shard must be added to the sums once.
    ///
    /// A coordinator has no lease open behind which it has dealt as many as are remembered here.
    package func contains(_ lease: LeaseID) -> Bool {
        if let lowest = numbers.first, lease < lowest { return numbers.count == capacity }
        let place = place(of: lease)
        return place < numbers.count && numbers[place] == lease
    }

    package mutating func insert(_ lease: LeaseID) {
        let place = place(of: lease)
        if place < numbers.count, numbers[place] == lease { return }
        numbers.insert(lease, at: place)
        if numbers.count > capacity { numbers.removeFirst() }
    }

    private func place(of lease: LeaseID) -> Int {
        var (low, high) = (0, numbers.count)
        while low < high {
            let middle = (low + high) / 2
            if numbers[middle] < lease { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
