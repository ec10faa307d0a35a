import Gaussian
import Imaging
import Storage
import Tensors

/// Runs work on images whose tiles share one set of Gaussians. An image is one task: its thread reads it once, and takes its tiles through the
/// network some at a time, so that memory does not grow with the image's tiles.
extension Embedder {
    /// - Parameters:
    ///   - work: what is done with an image; it returns what became of the image. Called on the crew's threads, several at a time.
    /// - Throws: what `work` and a shard's `end` throw.
    func forEachTiledImage<S: Shard>(
        of shards: WorkSource<S>, clock: CrewClock,
        _ work: @escaping @Sendable (_ shard: S, _ image: Int, _ thread: Int) throws -> Outcome
    ) throws {
        typealias Pipeline = BatchPipeline<ImageBatch<S>>
        let working = Pipeline.Stage(
            count: { _ in 1 },
            run: { batch, _, _, thread in
                let outcome = try work(batch.shard, batch.range.lowerBound, thread)
                if batch.tally.add([outcome], batch.shard.images, batch.range) {
                    try batch.shard.end(batch.tally.outcome)
                }
            })
        let single = BatchCut(batchSize: 1, groupSize: 1, gridRows: space.gridHeight)
        try Pipeline(stages: [working]).run(single.batches(of: shards), on: crew, depth: crew.threads, clock: clock)
    }

    /// Tiles of a batch of one thread: enough to earn a pass over the statistics, few enough that all threads' batches stay under half a
    /// gigabyte.
    var tilesAtATime: Int {
        let most = (1 << 29) / max(sampleBytes * crew.threads, 1)
        return max(min(32, most) / groupSize * groupSize, groupSize)
    }

    /// Reads an image, and embeds its tiles.
    /// - Parameters:
    ///   - batch: where they go, as many at a time as it holds.
    ///   - begin: told of the image once it is read.
    ///   - each: told of the tiles in the batch, and how many numbers of them were set to the limit.
    /// - Throws: what is not the image's fault.
    func embedTiles(
        of location: ImageLocation, into batch: EmbeddingBatch, layouts: [TapLayout], thread: Int, digesting: Bool,
        begin: (EmbeddedImage) throws -> Void = { _ in },
        each: (_ tiles: Range<Int>, _ clamped: Int64) throws -> Void
    ) throws -> Outcome {
        let sequence: ViewSequence
        do {
            sequence = ViewSequence(
                try preprocessing.read(location, by: reader, digesting: digesting), .plain, preprocessing)
        } catch {
            return .failed(reason: (error as? ImageError)?.reason ?? "\(error)")
        }
        let loaded = sequence.loaded
        let image = EmbeddedImage(width: loaded.width, height: loaded.height, digest: loaded.digest)
        try begin(image)
        for first in stride(from: 0, to: sequence.count, by: batch.capacity) {
            let tiles = first..<min(first + batch.capacity, sequence.count)
            batch.begin(images: tiles.count)
            var clamped: Int64 = 0
            for group in stride(from: tiles.lowerBound, to: tiles.upperBound, by: groupSize) {
                let views = group..<min(group + groupSize, tiles.upperBound)
                do {
                    guard
                        let found = try embed(
                            sequence, views, into: batch, first: group - first, layouts: layouts, thread: thread)
                    else { return .failed(reason: Self.notFinite) }
                    clamped += found
                } catch let error as ImageError {
                    return .failed(reason: error.reason)
                }
            }
            try each(tiles, clamped)
        }
        return .embedded(image)
    }
}
