import CKernels
import Imaging
import Settings
import Storage

/// The last step of scoring: one image's map and score.
struct ImageFinisher: Sendable {
    let patches: Int
    let tiles: TileGrid
    let maps: MapMaker
    let settings: ScoreSettings
    let preprocessing: Preprocessing
    /// Nil where images have none.
    var regions: ImageRegions?

    /// - Parameter own: the mask of the image's own region of interest.
    func finish(
        _ slot: BatchSlot, _ image: Int, index: Int, _ location: ImageLocation, own: ImageLocation?
    ) throws -> Result<ScoredImage, UnusableImage> {
        func failed(_ reason: String) -> Result<ScoredImage, UnusableImage> {
            .failure(UnusableImage(index: index, location: location, reason: reason))
        }
        guard case .embedded(let embedded)? = slot.outcome(image) else {
            if case .failed(let reason)? = slot.outcome(image) { return failed(reason) }
            return failed("was not embedded")
        }
        let region: PlacedRegion?
        do {
            region = try regions?.region(own: own, width: embedded.width, height: embedded.height)
        } catch {
            return failed(error.reason)
        }
        guard region == nil || settings.augmentation == nil else {
            return failed("a region of interest does not go with augmented copies")
        }
        let images = slot.embeddings.images
        let distances = (0..<patches).map { slot.distances.pointer[$0 * images + image] }
        let map =
            region?.map(distances, maps)
            ?? maps.map(distances, tiles, preprocessing, width: embedded.width, height: embedded.height)
        let mean = region.map { Float($0.mean(distances)) } ?? Self.mean(distances)
        guard let scored = try finish(map, mean: mean, embedded, region) else {
            return failed(Self.beyondNumbers)
        }
        return .success(scored)
    }

    static let beyondNumbers = "its distances are beyond the range of numbers"

    /// - Parameters:
    ///   - map: before it is brought to the image's own size.
    ///   - mean: of the distances on the grid.
    /// - Returns: nil where a distance is not finite.
    func finish(
        _ map: FloatImage, mean: Float, _ embedded: Embedder.EmbeddedImage, _ region: PlacedRegion? = nil
    ) throws -> ScoredImage? {
        guard statistics_all_finite(map.values, map.values.count) else { return nil }
        let window = preprocessing.window(width: embedded.width, height: embedded.height)
        let view = settings.augmentation.flatMap { augmentation in
            embedded.digest.map {
                AugmentedView(
                    augmentation, content: $0, preprocessing.settings, window, width: embedded.width,
                    height: embedded.height)
            }
        }
        // Of an augmented copy the map is given out as if the image had been inspected as it is.
        let given = view?.undone(map) ?? map
        func counted(_ map: FloatImage) -> FloatImage { region.map { map.counting(only: $0.pixels) } ?? map }
        let maximum = counted(given).maximum(within: window)
        func sized(_ map: FloatImage) throws -> FloatImage {
            switch settings.mapSize {
            case .input: return counted(map).cleared(outside: window)
            case .original:
                let whole = try maps.original(map, window)
                return region.map { whole.counting(only: $0.region) } ?? whole
            }
        }
        let centered = settings.centersMaps ? map.lowered(by: mean) : nil
        return ScoredImage(
            score: settings.imageScore.score(of: counted(map).shown(in: window)), maxRow: maximum.row,
            maxColumn: maximum.column,
            imageRow: window.vertical.original(of: maximum.row),
            imageColumn: window.horizontal.original(of: maximum.column),
            map: try sized(given), centeredMap: try centered.map { try sized(view?.undone($0) ?? $0) },
            originalWidth: embedded.width, originalHeight: embedded.height, digest: embedded.digest)
    }

    /// In double, patch by patch.
    private static func mean(_ distances: [Float]) -> Float {
        Float(distances.reduce(0.0) { $0 + Double($1) } / Double(max(distances.count, 1)))
    }
}

extension FloatImage {
    /// The part of a map that shows the image: all, but where the image is padded.
    func shown(in window: InputWindow) -> FloatImage {
        let (rows, columns) = (window.vertical.shown, window.horizontal.shown)
        if rows == 0..<height, columns == 0..<width { return self }
        var values: [Float] = []
        values.reserveCapacity(rows.count * columns.count)
        for row in rows { values += self.values[row * width + columns.lowerBound..<row * width + columns.upperBound] }
        return FloatImage(width: columns.count, height: rows.count, values: values)
    }

    /// The largest value of that part, and its first place in the map.
    func maximum(within window: InputWindow) -> (value: Float, row: Int, column: Int) {
        let found = shown(in: window).maximum()
        return (
            found.value, found.row + window.vertical.shown.lowerBound, found.column + window.horizontal.shown.lowerBound
        )
    }

    /// The map with 0 where it shows padding.
    func cleared(outside window: InputWindow) -> FloatImage {
        let (rows, columns) = (window.vertical.shown, window.horizontal.shown)
        if rows == 0..<height, columns == 0..<width { return self }
        var values = [Float](repeating: 0, count: width * height)
        for row in rows {
            for place in row * width + columns.lowerBound..<row * width + columns.upperBound {
                values[place] = self.values[place]
            }
        }
        return FloatImage(width: width, height: height, values: values)
    }
}

extension MapMaker {
    /// The map of an image, of the distances at the patches of a space's grid: where this has several tiles, their maps blended.
    func map(
        _ distances: [Float], _ tiles: TileGrid, _ preprocessing: Preprocessing, width: Int, height: Int
    ) -> FloatImage {
        guard tiles.count > 1, let tiling = preprocessing.settings.tiling else { return map(distances) }
        let (grid, gridWidth) = (tiles.tile, tiles.tile.width * tiles.columns)
        var canvas = TileBlend(tiling, preprocessing, width: width, height: height).canvas
        for tile in 0..<tiles.count {
            let first = tile / tiles.columns * grid.height * gridWidth + tile % tiles.columns * grid.width
            var own: [Float] = []
            own.reserveCapacity(grid.height * grid.width)
            for row in 0..<grid.height {
                let start = first + row * gridWidth
                own += distances[start..<start + grid.width]
            }
            canvas.add(map(own), tile: tile)
        }
        return canvas.map
    }
}

extension TileBlend {
    init(_ tiling: Tiling, _ preprocessing: Preprocessing, width: Int, height: Int) {
        self.init(
            tiling, image: (width, height), map: preprocessing.mapSize(ofImage: width, height),
            input: (preprocessing.settings.width, preprocessing.settings.height))
    }
}
