import Storage

/// Shards in ascending order, kept so as they come and go.
struct SortedShards: Equatable, Sendable {
    private(set) var all: [ShardID] = []

    func contains(_ shard: ShardID) -> Bool {
        let place = place(of: shard)
        return place < all.count && all[place] == shard
    }

    mutating func insert(_ shard: ShardID) {
        let place = place(of: shard)
        if place == all.count || all[place] != shard { all.insert(shard, at: place) }
    }

    mutating func remove(_ shard: ShardID) {
        let place = place(of: shard)
        if place < all.count, all[place] == shard { all.remove(at: place) }
    }

    private func place(of shard: ShardID) -> Int {
        var (low, high) = (0, all.count)
        while low < high {
            let middle = (low + high) / 2
            if all[middle] < shard { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
