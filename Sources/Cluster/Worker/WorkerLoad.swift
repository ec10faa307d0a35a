/// What a worker's core has in hand, to be compared with the protocol's limits.
package struct WorkerLoad: Equatable, Sendable {
    /// Shards begun or waiting.
    package let working: Int
    /// Reports not acknowledged.
    package let reports: Int
    /// Old leases remembered.
    package let closed: Int
    /// Pieces of a blob asked for.
    package let pieces: Int
    /// Pieces of images asked for.
    package let imagePieces: Int
}

extension WorkerCore {
    package var load: WorkerLoad {
        WorkerLoad(
            working: working.count, reports: reports.count, closed: closed.numbers.count, pieces: fetch?.underWay ?? 0,
            imagePieces: images.piecesUnderWay)
    }
}
