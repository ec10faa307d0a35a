/// Numbers in ascending order, kept so as they come and go.
struct SortedNumbers: Equatable, Sendable {
    private(set) var all: [Int64] = []

    func contains(_ number: Int64) -> Bool {
        let place = place(of: number)
        return place < all.count && all[place] == number
    }

    mutating func insert(_ number: Int64) {
        let place = place(of: number)
        if place == all.count || all[place] != number { all.insert(number, at: place) }
    }

    mutating func remove(_ number: Int64) {
        let place = place(of: number)
        if place < all.count, all[place] == number { all.remove(at: place) }
    }

    private func place(of number: Int64) -> Int {
        var (low, high) = (0, all.count)
        while low < high {
            let middle = (low + high) / 2
            if all[middle] < number { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
