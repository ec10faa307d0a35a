import Imaging
import Journal
import Settings
import Thresholds

/// Reads the maps of a job.
struct JobMaps: Sendable {
    let directory: JobDirectory
    /// Whether every PNG map of the job says its scale, as this release writes them.
    private let saysScales: Bool
    private let geometry: MapGeometry
    private let isOriginal: Bool
    /// Nil where all pixels count.
    private let region: RegionOfInterest?

    init(_ journal: Journal) throws {
        directory = journal.directory
        saysScales = try journal.value(.mapScaling) != nil
        geometry = try MapGeometry(of: journal)
        isOriginal = journal.job.settings["map-size"] == MapSize.original.rawValue
        region = try journal.value(.region).map { try $0.region(of: journal) }
    }

    /// Whether an image's map has NaN where pixels do not count.
    func leavesOut(_ record: ImageRecord) -> Bool { region != nil || record.region != nil }

    /// - Parameter place: relative to the job.
    /// - Returns: the map, with NaN where its pixels do not count.
    /// - Throws: ``InspectionError`` where the map cannot be read, has lost its scale, or is not of the region's size.
    func read(_ place: String, of record: ImageRecord) throws -> StoredMap {
        let path = directory.inside(place)
        let stored: StoredMap
        do { stored = try MapFormat.decode(file: path) } catch let error as ImageError {
            throw InspectionError("\(error)")
        }
        guard !(saysScales && stored.lacksScale) else {
            throw InspectionError(
                "\(path) says no scale, though this job's maps do: the program that wrote it last dropped the PNG's text; take the "
                    + "map as the worker wrote it, or leave the maps out with --no-pixels")
        }
        guard let region = try region(of: record) else { return stored }
        do {
            let size = (stored.map.width, stored.map.height)
            let window = try geometry.window(of: size, in: (region.width, region.height), isOriginal: isOriginal)
            return stored.counting(only: region.counts(in: window))
        } catch let error as MapGeometry.Mismatch {
            throw InspectionError("\(path): of the image's region of interest, \(error.words)")
        }
    }

    /// What counts of an image: the job's region, narrowed by the image's own; nil: all pixels.
    private func region(of record: ImageRecord) throws -> RegionOfInterest? {
        guard let place = record.region else { return region }
        do {
            let own = try RegionOfInterest(reading: place)
            guard let region else { return own }
            guard let both = own.intersection(region) else {
                throw InspectionError(
                    "\(place): it has no pixel in the job's region of interest, or another size; was it changed since?")
            }
            return both
        } catch let error as ImageError {
            throw InspectionError("\(error)")
        }
    }
}

extension StoredMap {
    /// The threshold as the file would hold it: a pixel whose distance reached the threshold reaches this one.
    package func rounded(_ threshold: Threshold) -> Threshold {
        guard let step, step > 0 else { return threshold }
        // As the map's samples are rounded. A threshold above all samples stays above them.
        let samples = (threshold.value / step).rounded(.toNearestOrEven)
        return samples.isFinite ? Threshold(samples * step) : threshold
    }
}
