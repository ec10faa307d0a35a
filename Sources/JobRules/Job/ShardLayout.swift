/// How a list of images is cut into shards: most of the size asked for, those at the end small. So all workers end together, and the coordinator
/// can begin with a small one where it does not know yet how fast a worker is.
///
/// How many workers there will be is not known when a list is cut: so long lists end with shards for many.
package enum ShardLayout {
    /// So many shards' worth of images, and this part of a long list, are cut into small pieces...
    private static let lastShards = 4
    private static let lastPart = 4
    private static let piecesOfLast = 4
    /// ...and this part of it, if it is as many shards' worth, into the smallest ones.
    private static let veryLastPart = 16
    private static let piecesOfVeryLast = 16

    /// A list of at least so many images is cut finer where nobody says how: thousands of workers may come, and a worker with two shards in hand is to
    /// have a small part of its share. One that is longer still has no more shards than the journal is quick with.
    private static let longList = 20_000
    private static let (usual, smallestUsual) = (64, 16)
    private static let mostUsual = 25_000

    /// How many images a shard has where nobody says so.
    package static func usualSize(of images: Int) -> Int {
        images < longList ? usual : min(usual, max(smallestUsual, images / mostUsual))
    }

    /// - Parameter shardSize: nil: as is usual for a list of that length.
    /// - Returns: the shards' sizes, in the list's order.
    package static func sizes(images: Int, shardSize: Int?) -> [Int] {
        let shardSize = max(1, shardSize ?? usualSize(of: images))
        let few = lastShards * shardSize
        let isLong = images / veryLastPart >= 2 * few
        let (small, smallest) = isLong ? (images / lastPart, images / veryLastPart) : (few, 0)
        var sizes: [Int] = []
        var left = images
        while left > 0 {
            let pieces = left > small ? 1 : left > smallest ? piecesOfLast : piecesOfVeryLast
            sizes.append(min(max(1, shardSize / pieces), left))
            left -= sizes[sizes.count - 1]
        }
        return sizes
    }
}
