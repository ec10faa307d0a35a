import Compute
import Imaging
import Journal
import Settings
import Storage

/// Reads a job's maps and the masks of its images, several at a time on the threads of a crew.
struct MapReader {
    /// An image whose map is compared with what is known.
    struct Image: Sendable {
        /// The map's file, relative to the job.
        let map: String
        let record: ImageRecord
        let known: Truth.Entry
    }

    /// What was read of an image.
    struct Reading: Sendable {
        enum Content: Sendable {
            /// An anomalous image has no mask: its map is not read.
            case withoutMask
            /// The map's highest values are missing.
            case cutOff
            /// The mask marks nothing.
            case emptyMask
            /// The mask marks nothing that the map shows.
            case outsideMask
            case sample(PixelTally.Sample)
        }

        var content: Content
        /// Of the mask, where one was read.
        var remark: MaskRemark?
        /// Of the map.
        var pixels = 0
    }

    private let crew: ThreadCrew
    private let files: MapFiles
    /// The pixels of the largest map so far.
    private var largest = 0

    /// Pixels of maps in memory together: a pixel takes about 20 bytes with its mask and regions.
    private static let mostPixels = 1 << 25

    init(_ journal: Journal, threads: Int) throws {
        crew = ThreadCrew(threads: threads)
        files = try MapFiles(journal)
    }

    /// How many images to read together: one until it is known how large a map is.
    var batchSize: Int { largest == 0 ? 1 : max(1, min(4 * crew.threads, Self.mostPixels / largest)) }

    /// - Returns: a reading of each image, in their order.
    /// - Throws: ``InspectionError`` about the first image whose map or mask cannot be read, or whose sizes do not fit.
    mutating func read(_ images: [Image]) throws -> [Reading] {
        let readings = try crew.map(images.count) { [files] index, _ in try files.read(images[index]) }
        largest = readings.reduce(largest) { max($0, $1.pixels) }
        return readings
    }
}

/// Reads the map and the mask of one image.
private struct MapFiles: Sendable {
    private let maps: JobMaps
    private let placement: MaskPlacement

    init(_ journal: Journal) throws {
        maps = try JobMaps(journal)
        placement = try MaskPlacement(of: journal)
    }

    func read(_ image: MapReader.Image) throws -> MapReader.Reading {
        if image.known.isAnomalous && image.known.mask == nil { return .init(content: .withoutMask) }
        let stored = try maps.read(image.map, of: image.record)
        var reading = MapReader.Reading(content: .cutOff, pixels: stored.map.values.count)
        if stored.isCutOff { return reading }
        if image.known.isAnomalous, let place = image.known.mask {
            let mask = try UnitedMask.read(place)
            reading.remark = mask.remark
            reading.content = try content(stored.map, mask.mask, place, image.record)
        } else {
            reading.content = .sample(
                try .init(
                    stored.map, .empty(width: stored.map.width, height: stored.map.height),
                    leavesOut: maps.leavesOut(image.record)))
        }
        return reading
    }

    private func content(
        _ map: FloatImage, _ mask: Mask, _ place: ImageLocation, _ image: ImageRecord
    ) throws -> MapReader.Reading.Content {
        guard mask.defective.contains(true) else { return .emptyMask }
        let laid = try placement.lay(mask, named: place.text, over: (map.width, map.height)) {
            // The smallest that a decoder can make of it: only its size is asked for.
            let found = try? ImageDecoder.decode(
                image.location, toBecome: 1, 1, orientation: placement.geometry.orientation)
            return found.map { ($0.width, $0.height) }
        }
        guard zip(laid.defective, map.values).contains(where: { $0 && !$1.isNaN }) else { return .outsideMask }
        return .sample(try .init(map, laid, leavesOut: maps.leavesOut(image)))
    }
}
