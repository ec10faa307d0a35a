/// How a list of images is cut into shards: all of the size asked for, but for the last few, which are small so that all workers end
/// together.
package enum ShardLayout {
    private static let piecesOfLast = 4
    /// So many shards' worth of images at the end are cut small.
    private static let lastShards = 4

    /// - Returns: the shards' sizes, in the list's order.
    package static func sizes(images: Int, shardSize: Int) -> [Int] {
        let shardSize = max(1, shardSize)
        let end = images - min(images, lastShards * shardSize)
        return stride(from: 0, to: images, by: shardSize).flatMap { first in
            let count = min(shardSize, images - first)
            let piece = first >= end ? max(1, shardSize / piecesOfLast) : shardSize
            return stride(from: 0, to: count, by: piece).map { min(piece, count - $0) }
        }
    }
}
