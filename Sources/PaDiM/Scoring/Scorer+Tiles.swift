import Gaussian
import Imaging
import Storage
import Tensors

extension Scorer {
    /// Scores images whose tiles share one set of Gaussians: the tiles' maps are blended to one.
    func scoreTiles(_ shards: WorkSource<ScoringShard>) throws {
        let (embedder, layouts, model, maps, isDigesting) = (embedder, layouts, model, maps, isDigesting)
        let workspaces = try (0..<embedder.crew.threads).map { _ in
            try TileScoring(embedder, layouts, capacity: embedder.tilesAtATime)
        }
        let finisher = ImageFinisher(
            patches: model.space.patches, tiles: embedder.tiles, maps: maps, settings: settings,
            preprocessing: embedder.preprocessing)
        try embedder.forEachTiledImage(of: shards, clock: clock) { shard, image, thread in
            let workspace = workspaces[thread]
            let location = shard.images[image]
            func failed(_ reason: String) throws -> Embedder.Outcome {
                try shard.each(image, .failure(UnusableImage(index: image, location: location, reason: reason)))
                return .failed(reason: reason)
            }
            var blended: BlendedMap?
            let outcome = try embedder.embedTiles(
                of: location, into: workspace.batch, layouts: layouts, thread: thread, digesting: isDigesting,
                begin: { blended = BlendedMap(of: $0, embedder.preprocessing) }
            ) { tiles, _ in
                try workspace.measure(model) { number, distances in
                    blended?.add(distances, maps.map(distances), tile: tiles.lowerBound + number)
                }
            }
            switch outcome {
            case .failed(let reason): return try failed(reason)
            case .embedded(let embedded):
                guard let blended, let scored = try finisher.finish(blended.map, mean: blended.mean, embedded) else {
                    return try failed(ImageFinisher.beyondNumbers)
                }
                try shard.each(image, .success(scored))
                return outcome
            }
        }
    }
}

/// An image's map under way, as its tiles come.
struct BlendedMap {
    private var canvas: TileBlend.Canvas?
    private var total = 0.0
    private var numbers = 0

    init(of image: Embedder.EmbeddedImage, _ preprocessing: Preprocessing) {
        canvas = preprocessing.settings.tiling.map {
            TileBlend($0, preprocessing, width: image.width, height: image.height).canvas
        }
    }

    /// - Parameters:
    ///   - distances: on the tile's grid.
    ///   - map: of them.
    mutating func add(_ distances: [Float], _ map: FloatImage, tile: Int) {
        for distance in distances { total += Double(distance) }
        numbers += distances.count
        canvas?.add(map, tile: tile)
    }

    var map: FloatImage { canvas?.map ?? FloatImage(width: 1, height: 1, values: [.nan]) }
    /// Of all distances, in double, tile by tile.
    var mean: Float { Float(total / Double(max(numbers, 1))) }
}

/// Where one thread embeds and measures tiles.
private final class TileScoring: @unchecked Sendable {
    let batch: EmbeddingBatch
    private let meter: PatchMeter
    /// `[patch][tile]`.
    private let distances: AlignedBuffer<Float>
    private let patches: Int
    private let rows: Int

    /// - Throws: `OutOfMemory`.
    init(_ embedder: Embedder, _ layouts: [TapLayout], capacity: Int) throws {
        let space = embedder.space
        (patches, rows) = (space.patches, space.gridHeight)
        batch = try EmbeddingBatch(layouts: layouts, capacity: capacity, tiles: embedder.tiles)
        meter = try PatchMeter(layouts, dimension: space.dimension, capacity: capacity, embedder.kernels)
        distances = try AlignedBuffer(zeros: patches * capacity)
    }

    /// - Parameter body: given each tile of the batch, by its number in it, and its distances.
    func measure(_ model: GaussianModel, _ body: (_ number: Int, _ distances: [Float]) throws -> Void) throws {
        try meter.measure(batch, rows: 0..<rows, model, into: distances.pointer)
        for number in 0..<batch.images {
            try body(number, (0..<patches).map { distances.pointer[$0 * batch.images + number] })
        }
    }
}
