/// How a list of images is cut into shards.
///
/// The first shard's worth of images is cut small, so that all workers take part in the calibration on it; so are the last
/// few, so that workers end together. What is between has the size asked for.
package enum ShardLayout {
    private static let piecesOfFirst = 8
    private static let piecesOfLast = 4
    /// So many shards' worth of images at the end are cut small.
    private static let lastShards = 4

    /// - Returns: the shards' sizes, in the list's order. Every multiple of `shardSize` begins a shard.
    package static func sizes(images: Int, shardSize: Int) -> [Int] {
        let shardSize = max(1, shardSize)
        let end = images - min(images, lastShards * shardSize)
        return stride(from: 0, to: images, by: shardSize).flatMap { first in
            let count = min(shardSize, images - first)
            let pieces = first == 0 ? piecesOfFirst : first >= end ? piecesOfLast : 1
            let piece = max(1, shardSize / pieces)
            return stride(from: 0, to: count, by: piece).map { min(piece, count - $0) }
        }
    }
}
