import Foundation
import Gaussian
import Storage

extension Fitter {
    /// Folds images whose tiles share one set of Gaussians: each tile is a sample.
    ///
    /// Threads fold different tiles into the same sums, a row of the grid at a time, each behind a lock of its own. Sums of whole numbers are the
    /// same in any order.
    func foldTiles(_ shards: WorkSource<FittingShard>) throws {
        let (statistics, embedder, layouts) = (statistics, embedder, layouts)
        let (weights, isFolding) = (weights, isFolding)
        let space = embedder.space
        let workspaces = try (0..<embedder.crew.threads).map { _ in
            try TileFolding(layouts, space, capacity: embedder.tilesAtATime)
        }
        let counting = NSLock()
        let rows = (0..<space.gridHeight).map { _ in NSLock() }
        try embedder.forEachTiledImage(of: shards, clock: clock) { shard, image, thread in
            let workspace = workspaces[thread]
            let location = shard.images[image]
            var folded = 0
            var fingerprint = Fingerprint.zero
            let outcome = try embedder.embedTiles(
                of: location, into: workspace.batch, layouts: layouts, thread: thread, digesting: true
            ) { tiles, clamped in
                if let weights {
                    for row in rows.indices {
                        let part = try workspace.fingerprint(row, width: space.gridWidth, weights)
                        fingerprint = fingerprint + part
                    }
                }
                guard isFolding else { return }
                try counting.withLock { try statistics.claim(samples: tiles.count, clamped: clamped) }
                // Threads begin at different rows, so that they seldom wait for each other.
                let first = thread * rows.count / workspaces.count
                for row in (first..<first + rows.count).map({ $0 % rows.count }) {
                    try rows[row].withLock { try workspace.fold(row, width: space.gridWidth, into: statistics) }
                }
                folded += tiles.count
            }
            switch outcome {
            case .embedded(var image):
                if isFolding { counting.withLock { statistics.didFold(images: 1, clamped: 0, samples: 0) } }
                if weights != nil { image.fingerprint = fingerprint }
                return .embedded(image)
            case .failed(let reason):
                // Its first tiles are in the sums already, and these are given up. Usable weights do not lead here.
                if folded > 0 {
                    throw PaDiMError("\(location)", "\(reason) This was found after \(folded) of its tiles")
                }
                return outcome
            }
        }
    }
}

/// Where one thread embeds and folds tiles.
private final class TileFolding: @unchecked Sendable {
    let batch: EmbeddingBatch
    private let rows: PatchRows

    /// - Throws: `OutOfMemory`.
    init(_ layouts: [TapLayout], _ space: FeatureSpace, capacity: Int) throws {
        batch = try EmbeddingBatch(layouts: layouts, capacity: capacity, tiles: TileGrid(space))
        rows = try PatchRows(layouts, dimension: space.dimension, capacity: capacity)
    }

    /// Adds the batch's samples to the sums of one row of the grid.
    func fold(_ row: Int, width: Int, into statistics: Statistics) throws {
        try rows.forEach(gridRow: row, of: batch) { stretch in
            let (first, columns) = (row * width, stretch.columns)
            try statistics.foldClaimed(
                stretch.rows, samples: batch.images, patches: first + columns.lowerBound..<first + columns.upperBound,
                changed: stretch.changed, scratch: rows.scratch)
        }
    }

    /// The fingerprint of the batch's samples at one row of the grid.
    func fingerprint(_ row: Int, width: Int, _ weights: FingerprintWeights) throws -> Fingerprint {
        var fingerprint = Fingerprint.zero
        try rows.forEach(gridRow: row, of: batch) { stretch in
            let columns = stretch.columns
            let patches = row * width + columns.lowerBound..<row * width + columns.upperBound
            fingerprint =
                try fingerprint + weights.fingerprint(of: stretch.rows, samples: batch.images, patches: patches)
        }
        return fingerprint
    }
}
