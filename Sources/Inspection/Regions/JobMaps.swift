import Imaging
import Journal
import Settings
import Thresholds

/// Reads the maps of a job.
struct JobMaps: Sendable {
    let directory: JobDirectory
    /// Whether every PNG map of the job says its scale, as this release writes them.
    private let saysScales: Bool

    init(_ journal: Journal) throws {
        directory = journal.directory
        saysScales = try journal.value(.mapScaling) != nil
    }

    /// - Parameter place: relative to the job.
    /// - Throws: ``InspectionError`` where the map cannot be read, or has lost its scale.
    func read(_ place: String) throws -> StoredMap {
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
        return stored
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
