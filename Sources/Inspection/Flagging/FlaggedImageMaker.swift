import Imaging
import Journal
import Settings
import Storage
import Thresholds

/// Makes what is asked for of one image, from its map and, where it takes them, the image's own pixels or size.
struct FlaggedImageMaker: Sendable {
    struct Image: Sendable {
        let record: ImageRecord
        /// The map's file, relative to the job.
        let map: String
        let isFlagged: Bool
    }

    struct Made: Sendable {
        /// Nil where they were not asked for, or could not be found.
        var regions: [ImageRegion]?
        /// Of the image, where there are regions.
        var size: (width: Int, height: Int) = (0, 0)
        /// How many regions are smaller than those that count.
        var small = 0
        var hasOverlay = false
        var hasMask = false
        /// Why the image's part could not be made: it cannot be read any more, or is another.
        var fault: String?
    }

    private let maps: JobMaps
    private let threshold: Threshold
    private let products: Flagging.Products
    private let geometry: MapGeometry
    private let isOriginal: Bool
    private let range: ClosedRange<Float>
    private let opacity: Float

    init(_ journal: Journal, _ threshold: Threshold, _ products: Flagging.Products) throws {
        maps = try JobMaps(journal)
        (self.threshold, self.products) = (threshold, products)
        geometry = try MapGeometry(of: journal)
        let settings = journal.job.settings
        isOriginal = settings["map-size"] == MapSize.original.rawValue
        // The colours of a job are one scale, so that its overlays can be compared; earlier releases recorded none.
        let scaling = try journal.value(.mapScaling) ?? MapScaling(typical: 1, threshold: threshold.value)
        range = scaling.range(centered: false)
        let percent = settings["overlay-opacity"].flatMap { Int($0) } ?? InspectionSettings.usualOpacity
        opacity = Float(percent) / 100
    }

    /// - Throws: ``InspectionError`` where the map cannot be read, `StorageError` where a file cannot be written.
    func make(_ image: Image) throws -> Made {
        let map = try maps.read(image.map, of: image.record)
        var made = Made()
        do {
            if products.overlays?.includes(flagged: image.isFlagged) == true {
                let original = try ImageDecoder.decode(
                    image.record.location, whiteLevel: geometry.whiteLevel, orientation: geometry.orientation)
                try writeOverlay(of: original, map.map, image.record)
                made.hasOverlay = true
                try makeParts(of: image, map, (original.width, original.height), &made)
            } else if image.isFlagged, products.needsRegions {
                try makeParts(of: image, map, size(of: image.record, map.map), &made)
            }
        } catch let error as ImageError {
            made.fault = "\(error)"
        } catch let error as MapGeometry.Mismatch {
            made.fault = "\(image.record.location): \(error.words)"
        }
        return made
    }

    private func makeParts(
        of image: Image, _ stored: StoredMap, _ size: (width: Int, height: Int), _ made: inout Made
    ) throws {
        guard image.isFlagged, products.needsRegions else { return }
        let map = stored.map
        let window = try geometry.window(of: (map.width, map.height), in: size, isOriginal: isOriginal)
        let threshold = stored.rounded(threshold)
        let placement = RegionPlacement(window)
        let found = MapRegions.find(in: map, atLeast: threshold).map { ImageRegion($0, in: placement) }
        let regions = found.filter(products.rules.counts)
        (made.regions, made.size, made.small) = (regions, size, found.count - regions.count)
        if products.masks {
            let mask = Mask(of: regions, width: size.width, height: size.height)
            try write(MaskEncoder.encode(mask), to: JobLayout.mask(of: image.record.output))
            made.hasMask = true
        }
    }

    private func writeOverlay(of original: RGBImage, _ map: FloatImage, _ record: ImageRecord) throws {
        let picture = try isOriginal ? original : geometry.picture(of: original, (map.width, map.height))
        let overlay = try Overlay.render(image: picture, map: map, range: range, opacity: opacity)
        try write(PNGEncoder.encode(overlay), to: JobLayout.overlay(of: record.output))
    }

    private func size(of record: ImageRecord, _ map: FloatImage) throws -> (width: Int, height: Int) {
        if isOriginal { return (map.width, map.height) }
        // The smallest that a decoder can make of it: only its size is asked for.
        let found = try ImageDecoder.decode(record.location, toBecome: 1, 1, orientation: geometry.orientation)
        return (found.width, found.height)
    }

    private func write(_ bytes: [UInt8], to place: String) throws {
        let path = maps.directory.inside(place)
        try Folder.create(Folder.parent(of: path))
        try DurableFile.write(bytes, to: path)
    }
}
