import Imaging
import Journal
import Settings

/// Compares a job's maps with masks, image by image.
struct PixelComparison {
    private let directory: JobDirectory
    private let placement: MaskPlacement
    /// Whether every PNG map of the job says its scale, as this release writes them.
    private let saysScales: Bool
    private var tally = PixelTally()
    /// Anomalous images without a mask.
    private(set) var withoutMask = 0
    private var maskRemarks = MaskRemarks()
    private var masks = 0
    /// Maps whose highest values are missing.
    private var cutOff = (count: 0, first: "")

    init(_ journal: Journal) throws {
        directory = journal.directory
        placement = try MaskPlacement(of: journal)
        saysScales = try journal.value(.mapScaling) != nil
    }

    /// - Parameter map: its file, relative to the job.
    /// - Throws: ``InspectionError`` where the map or the mask cannot be read, or their sizes do not fit.
    mutating func add(_ map: String, of image: ImageRecord, _ known: Truth.Entry) throws {
        if known.isAnomalous && known.mask == nil {
            withoutMask += 1
            return
        }
        let stored = try Self.readable { try MapFormat.decode(file: directory.inside(map)) }
        try check(stored, map)
        guard !stored.isCutOff else { return }
        guard known.isAnomalous, let file = known.mask else {
            return try tally.add(stored.map, .empty(width: stored.map.width, height: stored.map.height))
        }
        guard let mask = try laid(file, over: stored.map, image) else { return }
        try tally.add(stored.map, mask)
    }

    /// The mask as it lies over the map; nil where it marks nothing there.
    private mutating func laid(_ file: String, over map: FloatImage, _ image: ImageRecord) throws -> Mask? {
        let stored = try Self.readable { try Mask.decode(file: file) }
        masks += 1
        if let remark = stored.remark { maskRemarks.note(remark, file) }
        guard stored.mask.defective.contains(true) else {
            maskRemarks.noteEmpty(file)
            return nil
        }
        let mask = try placement.lay(stored.mask, named: file, over: (map.width, map.height)) {
            // The smallest that a decoder can make of it: only its size is asked for.
            (try? ImageDecoder.decode(file: image.file, toBecome: 1, 1)).map { ($0.width, $0.height) }
        }
        guard mask.defective.contains(true) else {
            maskRemarks.noteOutside(file)
            return nil
        }
        return mask
    }

    private mutating func check(_ stored: StoredMap, _ map: String) throws {
        guard !(saysScales && stored.lacksScale) else {
            throw InspectionError(
                "\(directory.inside(map)) says no scale, though this job's maps do: the program that wrote it last dropped the "
                    + "PNG's text; take the map as the worker wrote it, or leave the maps out with --no-pixels")
        }
        if stored.isCutOff {
            if cutOff.count == 0 { cutOff.first = directory.inside(map) }
            cutOff.count += 1
        }
    }

    /// What was found about the masks, and why there are no metrics.
    var remarks: [String] {
        maskRemarks.lines + (tally.regions > 0 || masks == 0 ? [] : ["no metrics over pixels: no mask marks a pixel"])
    }

    /// - Returns: nil unless there are both normal and anomalous pixels.
    /// - Throws: ``InspectionError`` where maps are cut off, since their metrics would be wrong.
    func metrics() throws -> PixelMetrics? {
        guard cutOff.count == 0 else {
            throw InspectionError(
                "\(cutOff.count) maps are cut off at a distance of 256, as an earlier release wrote them; the first is "
                    + "\(cutOff.first). Metrics over pixels would be wrong: inspect the images again into another directory, "
                    + "or leave the maps out with --no-pixels")
        }
        return tally.metrics()
    }

    /// What cannot be read leaves the metrics undefined, and the results as they are.
    private static func readable<Result>(_ body: () throws -> Result) throws -> Result {
        do { return try body() } catch let error as ImageError { throw InspectionError("\(error)") }
    }
}
