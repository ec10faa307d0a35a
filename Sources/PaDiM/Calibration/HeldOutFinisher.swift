import Imaging
import Settings
import Storage

/// The last step: one image's maps and scores.
struct HeldOutFinisher: Sendable {
    let patches: Int
    let tiles: TileGrid
    let preprocessing: Preprocessing
    let maps: MapMaker
    let rules: [ImageScore]
    let keepsMaps: Bool
    /// Whether there is a model without the lot of all images.
    let hasLotModel: Bool
    let regions: ImageRegions

    func finish(
        _ image: Int, _ shard: CalibrationShard, _ slot: BatchSlot, _ results: CalibrationSlot
    ) -> Result<CalibrationShard.Held, UnusableImage> {
        func failed(_ reason: String) -> Result<CalibrationShard.Held, UnusableImage> {
            .failure(UnusableImage(index: image, location: shard.images[image], reason: reason))
        }
        if let fault = slot.fault(image, of: shard) { return failed(fault) }
        if shard.leavesLotOut,
            let other = shard.images.indices.first(where: { slot.fault($0, of: shard) != nil })
        {
            return failed("another image of its lot could not be used: \(shard.images[other])")
        }
        guard case .embedded(let embedded)? = slot.outcome(image) else { return failed("was not embedded") }
        let region: PlacedRegion?
        do {
            region = try regions.region(own: shard.region(of: image), width: embedded.width, height: embedded.height)
        } catch {
            return failed(error.reason)
        }
        let images = shard.images.count
        func map(_ distances: UnsafePointer<Float>) -> FloatImage? {
            let grid = (0..<patches).map { distances[$0 * images + image] }
            guard grid.indices.allSatisfy({ grid[$0].isFinite || region?.patches[$0] == false }) else { return nil }
            if let region { return region.map(grid, maps).counting(only: region.pixels) }
            return maps.map(grid, tiles, preprocessing, width: embedded.width, height: embedded.height)
        }
        let isByLot = shard.leavesLotOut || hasLotModel
        return finish(
            image, shard.images[image], embedded, map(results.byImage.pointer),
            byLot: isByLot ? .some(map(results.byLot.pointer)) : nil)
    }

    /// - Parameters:
    ///   - own: by the model without the image; nil where a distance is not finite.
    ///   - byLot: by the model without its lot, likewise; nil where no lot is left out.
    func finish(
        _ image: Int, _ location: ImageLocation, _ embedded: Embedder.EmbeddedImage, _ own: FloatImage?,
        byLot: FloatImage??
    ) -> Result<CalibrationShard.Held, UnusableImage> {
        func failed(_ reason: String) -> Result<CalibrationShard.Held, UnusableImage> {
            .failure(UnusableImage(index: image, location: location, reason: reason))
        }
        let window = preprocessing.window(width: embedded.width, height: embedded.height)
        guard let own, let scores = scores(of: own.shown(in: window)) else {
            return failed(
                "its distances from the model without it are not finite: there are too few images for so small an epsilon"
            )
        }
        let maximum = own.maximum(within: window)
        var lotScores: [Float]?
        if let byLot {
            guard let found = byLot.flatMap({ self.scores(of: $0.shown(in: window)) }) else {
                return failed(
                    "its distances from the model without its lot are not finite: there are too few other images for so small an epsilon"
                )
            }
            lotScores = found
        }
        return .success(
            .init(
                maxRow: maximum.row, maxColumn: maximum.column, image: scores, lot: lotScores,
                map: keepsMaps ? own.cleared(outside: window) : nil))
    }

    private func scores(of map: FloatImage) -> [Float]? {
        let scores = rules.map { $0.score(of: map) }
        return scores.allSatisfy(\.isFinite) ? scores : nil
    }
}
