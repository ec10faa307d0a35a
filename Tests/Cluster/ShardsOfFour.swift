import Cluster
import Storage

extension [ShardRange] {
    /// So many shards of four images each, numbered from 1, as are their images.
    static func ofFour(_ count: Int) -> [ShardRange] {
        (0..<count).map {
            ShardRange(id: ShardID(1).advanced(by: $0), first: ImageID(1).advanced(by: 4 * $0), count: 4)
        }
    }
}
