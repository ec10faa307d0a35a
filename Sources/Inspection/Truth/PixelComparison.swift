import Journal

/// Compares a job's maps with masks, image by image.
struct PixelComparison {
    private let directory: JobDirectory
    private var tally = PixelTally()
    /// Of each category. Empty where they are too many: each takes some megabytes.
    private var tallies: [String: PixelTally] = [:]
    private let categories: Int
    /// Anomalous images without a mask.
    private(set) var withoutMask = 0
    private var maskRemarks = MaskRemarks()
    private var masks = 0
    /// Maps whose highest values are missing.
    private var cutOff = (count: 0, first: "")

    private static let mostCategories = 128

    /// - Parameter categories: those that get metrics of their own, besides all together.
    init(_ directory: JobDirectory, categories: [String]) {
        self.directory = directory
        self.categories = categories.count
        guard categories.count <= Self.mostCategories else { return }
        for name in categories { tallies[name] = PixelTally() }
    }

    /// Adds what was read of an image. Images are added in one order, whatever the threads that read them.
    mutating func add(_ reading: MapReader.Reading, of image: MapReader.Image) {
        if case .withoutMask = reading.content {
            withoutMask += 1
            return
        }
        if case .cutOff = reading.content {
            if cutOff.count == 0 { cutOff.first = directory.inside(image.map) }
            cutOff.count += 1
            return
        }
        if image.known.isAnomalous, let mask = image.known.mask?.text {
            masks += 1
            if let remark = reading.remark { maskRemarks.note(remark, mask) }
            if case .emptyMask = reading.content { maskRemarks.noteEmpty(mask) }
            if case .outsideMask = reading.content { maskRemarks.noteOutside(mask) }
        }
        if case .sample(let sample) = reading.content {
            tally.add(sample)
            if let category = image.known.category { tallies[category]?.add(sample) }
        }
    }

    /// What was found about the masks, and why there are no metrics.
    var remarks: [String] {
        maskRemarks.lines + (tally.regions > 0 || masks == 0 ? [] : ["no metrics over pixels: no mask marks a pixel"])
            + (categories <= Self.mostCategories
                ? []
                : [
                    "no metrics over pixels by category: there are \(categories), where at most \(Self.mostCategories) are told apart"
                ])
    }

    /// What the curve whose area is AUPRO is drawn by; nil unless there are both normal and anomalous pixels.
    func overlapCurve() -> [RegionOverlap.Point]? { tally.overlapCurve().map { RegionOverlap.drawn($0) } }

    /// - Returns: nil unless the category has both normal and anomalous pixels.
    func metrics(of category: String) -> PixelMetrics? { tallies[category]?.metrics() }

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
}
