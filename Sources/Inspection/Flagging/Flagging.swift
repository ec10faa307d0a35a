import Compute
import Foundation
import Imaging
import Journal
import Settings
import Storage
import Thresholds

/// Flags the images of a finished job by another threshold, and makes what follows from it, from scores and maps: nothing is scored again.
public struct Flagging {
    /// What is made beside the table and the report.
    public struct Products: Equatable, Sendable {
        /// Nil leaves overlays as they are.
        public var overlays: OverlayChoice?
        /// A mask of each flagged image, of its size.
        public var masks: Bool
        /// The table of the regions of flagged images.
        public var regions: Bool
        /// The same regions in COCO's data format.
        public var coco: Bool
        /// Which regions count.
        public var rules: RegionRules

        public init(
            overlays: OverlayChoice? = nil, masks: Bool = false, regions: Bool = false, coco: Bool = false,
            rules: RegionRules = RegionRules()
        ) {
            (self.overlays, self.masks, self.regions, self.coco) = (overlays, masks, regions, coco)
            self.rules = rules
        }

        var needsMaps: Bool { overlays != nil || needsRegions }
        var needsRegions: Bool { masks || regions || coco }
    }

    /// What was done.
    public struct Outcome: Equatable, Sendable {
        public internal(set) var images = 0
        public internal(set) var flagged = 0
        public internal(set) var regions = 0
        public internal(set) var overlays = 0
        public internal(set) var masks = 0
        /// What could not be made, and why.
        public internal(set) var remarks: [String] = []
    }

    private let journal: Journal
    private let threshold: Threshold
    private let products: Products
    private var outcome = Outcome()
    private var failures: (count: Int, first: String) = (0, "")
    private var withoutMap = 0
    private var withoutRegion = 0
    private var small = 0

    private init(_ journal: Journal, _ threshold: Threshold, _ products: Products) {
        (self.journal, self.threshold, self.products) = (journal, threshold, products)
    }

    /// Flags, and writes `results.csv`, the report and the products. It may be given again, with the same or another threshold.
    ///
    /// Masks and regions of another threshold are removed, and overlays too that the choice leaves out.
    /// - Parameters:
    ///   - journal: of a finished job, opened for writing.
    ///   - choice: how the threshold was found, for table and report; nil where it was given.
    ///   - truth: for the metrics of the report.
    ///   - threads: that read maps and images; what is written is the same for any number of them.
    ///   - progress: told how many maps were read, and of how many.
    /// - Throws: ``InspectionError`` where the job is not finished, or has no maps and they are needed.
    @discardableResult
    public static func run(
        _ journal: Journal, threshold: Threshold, foundBy choice: ThresholdChoice? = nil,
        products: Products = Products(), truth: Truth? = nil,
        threads: Int = ProcessInfo.processInfo.activeProcessorCount,
        progress: (_ done: Int, _ of: Int) -> Void = { _, _ in }
    ) throws -> Outcome {
        var flagging = Flagging(journal, threshold, products)
        try flagging.check()
        // What is said of the former threshold is gone before there is another.
        try journal.forget(.thresholdChoice)
        flagging.outcome.flagged = try journal.flag(.inspect, atLeast: threshold.value)
        if let choice { try journal.set(.thresholdChoice, to: choice) }
        flagging.outcome.images = try journal.counts(.inspect).ok
        // All overlays are made again or removed, so their colours may follow the threshold.
        if products.overlays != nil, let scaling = try journal.value(.mapScaling) {
            try journal.set(.mapScaling, to: scaling.coloured(around: threshold.value))
        }
        if let overlays = products.overlays { try journal.set(.overlays, to: overlays.rawValue) }
        try flagging.removeStale()
        try flagging.make(threads, progress)
        try ResultsTable.export(journal, role: .inspect, to: journal.directory.results)
        try Report.write(journal, truth: truth, threads: threads)
        try ColorLegend.write(journal, hasOverlays: products.overlays != nil)
        return flagging.outcome
    }

    private func check() throws {
        guard threshold.value.isFinite else { throw InspectionError("the threshold must be a finite number") }
        if let fault = products.rules.fault { throw InspectionError(fault) }
        let path = journal.directory.path
        guard try journal.counts(.inspect).ok > 0 else { throw InspectionError("\(path) has no inspected images") }
        guard try journal.value(.phase) == .done else {
            throw InspectionError(
                "the job in \(path) is not finished; give the command that began it once more, and flag then")
        }
        guard !products.needsMaps || journal.job.settings[InspectionSettings.mapsName] != MapChoice.none.rawValue else {
            throw InspectionError(
                "the job in \(path) has no maps, so there are no overlays, masks or regions; leave them out, or inspect into another "
                    + "directory with --maps")
        }
        // A threshold is one of scores, and these maps are not what the scores are of.
        guard !products.needsMaps || journal.job.settings[InspectionSettings.centeringName] == nil else {
            throw InspectionError(
                "the maps of the job in \(path) are centred, so a threshold says nothing of their pixels; leave overlays, masks and "
                    + "regions out, or inspect into another directory without --center-maps")
        }
    }

    /// Removes masks and regions: they show where maps reach the former threshold. Overlays go where the choice leaves their images out.
    private func removeStale() throws {
        let directory = journal.directory
        for place in [JobLayout.masks, JobLayout.regions, JobLayout.coco].map(directory.inside)
        where FileManager.default.fileExists(atPath: place) {
            try FileManager.default.removeItem(atPath: place)
        }
        guard let choice = products.overlays else { return }
        try journal.forEachImage(.inspect) { row in
            guard !choice.includes(flagged: row.flagged == true) else { return }
            let path = directory.inside(JobLayout.overlay(of: row.record.output))
            guard unlink(path) == 0 || errno == ENOENT || errno == ENOTDIR else {
                throw StorageError.fromErrno("delete", path)
            }
        }
    }

    private mutating func make(_ threads: Int, _ progress: (Int, Int) -> Void) throws {
        guard products.needsMaps else { return }
        let maker = try FlaggedImageMaker(journal, threshold, products)
        let crew = ThreadCrew(threads: threads)
        var table = try products.regions ? RegionTable(journal.directory, products.rules) : nil
        var coco = try products.coco ? COCOFile(journal.directory, threshold: threshold.value, products.rules) : nil
        let images = try imagesToMake()
        var done = 0
        while done < images.count {
            let batch = Array(images[done..<min(done + 4 * crew.threads, images.count)])
            let made = try crew.map(batch.count) { index, _ in try maker.make(batch[index]) }
            for (image, made) in zip(batch, made) {
                count(made, of: image)
                if let regions = made.regions {
                    try table?.append(regions, of: image.record)
                    try coco?.append(regions, of: image.record, size: made.size)
                }
            }
            done += batch.count
            progress(done, images.count)
        }
        try table?.commit()
        try coco?.commit()
        note()
    }

    /// Those of which something is to be made. Few are flagged; all have overlays only where that is asked for.
    private mutating func imagesToMake() throws -> [FlaggedImageMaker.Image] {
        var images: [FlaggedImageMaker.Image] = []
        var withoutMap = 0
        let choice = products.overlays ?? .none
        try journal.forEachImage(.inspect) { row in
            let isFlagged = row.flagged == true
            guard row.score != nil, isFlagged || choice.includes(flagged: isFlagged) else { return }
            guard let map = row.mapPath else {
                withoutMap += 1
                return
            }
            images.append(.init(record: row.record, map: map, isFlagged: isFlagged))
        }
        self.withoutMap = withoutMap
        return images
    }

    private mutating func count(_ made: FlaggedImageMaker.Made, of image: FlaggedImageMaker.Image) {
        if let fault = made.fault {
            if failures.count == 0 { failures.first = fault }
            failures.count += 1
        }
        if made.hasOverlay { outcome.overlays += 1 }
        if made.hasMask { outcome.masks += 1 }
        if let regions = made.regions {
            outcome.regions += regions.count
            small += made.small
            if regions.isEmpty, made.small == 0 { withoutRegion += 1 }
        }
    }

    private mutating func note() {
        if failures.count > 0 {
            outcome.remarks.append(
                "\(failures.count) images have no overlay, mask or regions, since their files could not be read again; the first: "
                    + failures.first)
        }
        if withoutMap > 0 {
            outcome.remarks.append(
                "\(withoutMap) images have no overlay, mask or regions, since they have no maps: the inspection kept only flagged images' "
                    + "maps, or they were removed")
        }
        if small > 0 {
            outcome.remarks.append(
                "\(small) regions are smaller than the least area and left out; images are flagged by their score as before"
            )
        }
        if withoutRegion > 0 {
            outcome.remarks.append(
                "\(withoutRegion) flagged images have no region: no pixel of their written maps reaches the threshold")
        }
    }
}
