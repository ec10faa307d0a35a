import Foundation
import Gaussian
import Imaging
import Storage
import Tensors

extension Calibrator {
    /// Scores images whose tiles share one set of Gaussians by models without all of an image's tiles: they are left out together, as a lot is.
    func scoreTiles(_ shards: WorkSource<CalibrationShard>) throws {
        let (embedder, finisher) = (embedder, finisher)
        let workspaces = (0..<embedder.crew.threads).map { _ in
            HeldOutTiles(embedder, layouts, model, withoutLot: withoutLot)
        }
        let patches = model.space.patches
        let tallies = shards.map { TalliedCalibration(shard: $0, sums: Locked([Int64](repeating: 0, count: patches))) }
        try embedder.forEachTiledImage(of: tallies, clock: clock) { tallied, image, thread in
            let shard = tallied.shard
            // The images of a shard beside those to score are context of a lot, and lots of tiled images have models of their own.
            guard shard.scored.contains(image) else { return .failed(reason: "is not to be scored") }
            let (outcome, result) = try workspaces[thread].measure(
                image, shard, finisher, into: tallied, thread: thread)
            try shard.each(image, result)
            return outcome
        }
    }
}

/// A shard, and at each patch the sum of its images' mean squared distances.
private struct TalliedCalibration: Shard {
    let shard: CalibrationShard
    let sums: Locked<[Int64]>

    var images: [ImageLocation] { shard.images }

    func end(_ outcome: ShardOutcome) throws {
        try shard.finished(CalibrationShard.Whole(sums: sums.withLock { $0 }, lotMean: nil))
    }

    func add(_ squares: [Int64]) {
        sums.withLock { sums in for (patch, square) in squares.enumerated() { sums[patch] += square } }
    }
}

/// Where one thread holds all tiles of an image, and measures them.
private final class HeldOutTiles: @unchecked Sendable {
    private let embedder: Embedder
    private let layouts: [TapLayout]
    private let model: GaussianModel
    private let withoutLot: GaussianModel?
    private var held: Held?

    /// As large as the image with the most tiles so far needs it.
    private struct Held {
        let batch: EmbeddingBatch
        let own: HeldOutMeter
        let lot: LotModelMeter?
        let slot: CalibrationSlot
    }

    init(_ embedder: Embedder, _ layouts: [TapLayout], _ model: GaussianModel, withoutLot: GaussianModel?) {
        (self.embedder, self.layouts, self.model, self.withoutLot) = (embedder, layouts, model, withoutLot)
    }

    typealias Outcome = (Embedder.Outcome, Result<CalibrationShard.Held, UnusableImage>)

    func measure(
        _ image: Int, _ shard: CalibrationShard, _ finisher: HeldOutFinisher, into tallied: TalliedCalibration,
        thread: Int
    ) throws -> Outcome {
        let location = shard.images[image]
        func failed(_ reason: String) -> Outcome {
            (.failed(reason: reason), .failure(UnusableImage(index: image, location: location, reason: reason)))
        }
        // Read for its size, which says how many tiles there are to hold.
        let loaded: Preprocessing.LoadedImage
        do {
            loaded = try embedder.preprocessing.read(location, by: embedder.reader, digesting: true)
        } catch {
            return failed((error as? ImageError)?.reason ?? "\(error)")
        }
        guard loaded.digest == shard.digests[image] else {
            return failed("its content is another than when the model was fitted")
        }
        let sequence = ViewSequence(loaded, .plain, embedder.preprocessing)
        let isOutside = !shard.outside.isEmpty && shard.outside[image]
        guard isOutside || Int64(sequence.count) <= model.samples - 2 else {
            return failed("without its \(sequence.count) tiles too little would be left of the model")
        }
        let held = try room(for: sequence.count)
        held.batch.begin(images: sequence.count)
        for first in stride(from: 0, to: sequence.count, by: embedder.groupSize) {
            let views = first..<min(first + embedder.groupSize, sequence.count)
            guard
                try embedder.embed(sequence, views, into: held.batch, first: first, layouts: layouts, thread: thread)
                    != nil
            else { return failed(Embedder.notFinite) }
        }
        let rows = 0..<model.space.gridHeight
        held.slot.begin()
        try held.own.measureTogether(held.batch, rows: rows, isOutside: isOutside, into: held.slot)
        try held.lot?.measure(held.batch, rows: rows, into: held.slot)
        let embedded = Embedder.EmbeddedImage(width: loaded.width, height: loaded.height, digest: loaded.digest)
        let own = map(held.slot.byImage.pointer, sequence.count, finisher, embedded)
        let byLot = held.lot.map { _ in map(held.slot.byLot.pointer, sequence.count, finisher, embedded) }
        let result = finisher.finish(image, location, embedded, own, byLot: byLot)
        if case .success = result { tallied.add(Array(held.slot.sums.elements)) }
        return (.embedded(embedded), result)
    }

    /// The tiles' maps, blended; nil where a distance is not finite.
    private func map(
        _ distances: UnsafePointer<Float>, _ tiles: Int, _ finisher: HeldOutFinisher, _ image: Embedder.EmbeddedImage
    ) -> FloatImage? {
        var blended = BlendedMap(of: image, embedder.preprocessing)
        for tile in 0..<tiles {
            let grid = (0..<model.space.patches).map { distances[$0 * tiles + tile] }
            guard grid.allSatisfy(\.isFinite) else { return nil }
            blended.add(grid, finisher.maps.map(grid), tile: tile)
        }
        return blended.map
    }

    /// - Throws: `OutOfMemory`, `GaussianError`.
    private func room(for tiles: Int) throws -> Held {
        if let held, held.batch.capacity >= tiles { return held }
        // The former one is let go before the larger one is made.
        held = nil
        let capacity = (tiles + 15) / 16 * 16
        let made = Held(
            batch: try EmbeddingBatch(layouts: layouts, capacity: capacity, tiles: embedder.tiles),
            own: try HeldOutMeter(
                layouts, model, capacity: capacity, leavesLotsOut: true, instructionSet: embedder.instructionSet),
            lot: try withoutLot.map {
                try LotModelMeter(layouts, $0, capacity: capacity, instructionSet: embedder.instructionSet)
            }, slot: try CalibrationSlot(patches: model.space.patches, capacity: capacity))
        held = made
        return made
    }
}
