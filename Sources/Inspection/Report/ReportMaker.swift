import Foundation
import HTML
import Imaging
import Journal
import Settings
import Storage
import Thresholds

/// Gathers what a report tells from a job's journal, its maps and its images, and writes the pages that list all images.
struct ReportMaker {
    let journal: Journal
    let truth: Truth?
    let threads: Int
    let choice: ThresholdChoice?
    private let scaling: MapScaling?
    private let isCentered: Bool
    private let pValues: PValues?
    private let overlays: OverlayPlaces
    private var groups = ScoreGroups.Builder()
    var contents: ReportContents

    init(_ journal: Journal, truth: Truth?, threads: Int) throws {
        (self.journal, self.threads) = (journal, threads)
        self.truth = try truth?.applied(to: journal)
        choice = try journal.value(.thresholdChoice)
        scaling = try journal.value(.mapScaling)
        isCentered = journal.job.settings[InspectionSettings.centeringName] != nil
        pValues = try journal.pValues()
        overlays = OverlayPlaces(journal)
        contents = ReportContents(
            title: journal.job.kind.title, directory: HTMLText.visible(journal.directory.path), phase: "",
            scale: .init(first: 0, last: 0))
        contents.threshold = try journal.value(.threshold)
    }

    /// - Parameter progress: told how many maps were read for metrics, and of how many.
    /// - Throws: `JournalError`; `StorageError` where pages cannot be written.
    mutating func make(progress: (_ done: Int, _ of: Int) -> Void) throws -> ReportContents {
        let (scored, unscored) = try gatherScores()
        let highest = scored.map(\.score).max() ?? 0
        contents.scores = groups.build()
        if groups.merged > 0 {
            contents.notes.append(
                "Sources, categories and kinds of defects make too many parts: counts by part leave out \(groups.merged) images, and counts of "
                    + "all images do not.")
        }
        contents.suggested = scaling?.normal?.highest ?? highest
        contents.scale = scale(highest: highest)
        contents.calibration = try journal.value(.calibration).map { LittleEndian.data($0.fallingScores) }
        if let truth { try evaluate(truth, progress) }
        let selection = ReportSelection(
            scored, unscored: unscored, threshold: contents.threshold ?? contents.suggested)
        contents.rows = try journal.images(selection.rows, .inspect).map { row in
            var described = describe(row)
            described.pValue = row.score.flatMap { score in pValues?.of(score) }
            described.overlay = overlays.existing(row)
            return described
        }
        contents.total = selection.order.count
        try addPages(selection)
        try addPictures(selection.pictured)
        try addJob(flagged: contents.threshold.map { limit in scored.count { Threshold(limit).flags($0.score) } })
        try addFindings()
        return contents
    }

    private mutating func gatherScores() throws -> (scored: [ReportSelection.Scored], unscored: [ImageID]) {
        var (scored, unscored) = ([ReportSelection.Scored](), [ImageID]())
        try journal.forEachImage(.inspect) { row in
            let group = groups.register(known(of: row))
            guard row.status == .ok, let score = row.score else {
                unscored.append(row.id)
                return
            }
            groups.add(score, to: group)
            scored.append(.init(id: row.id, score: score, anomalous: group.anomalous))
        }
        return (scored, unscored)
    }

    private func known(of row: ImageRow) -> ScoreGroups.Known {
        // What a split leaves out of the metrics has no label here.
        let entry = truth?.entry(for: row.record).flatMap { $0.counts ? $0 : nil }
        return ScoreGroups.Known(
            anomalous: entry?.isAnomalous, source: row.source, category: entry?.category, defect: entry?.defect)
    }

    func describe(_ row: ImageRow) -> ReportContents.Row {
        let group = groups.group(of: known(of: row))
        return ReportContents.Row(
            id: row.id.rawValue, path: HTMLText.visible(row.record.path),
            file: HTMLText.visible(row.record.location.text), score: row.status == .ok ? row.score : nil,
            status: row.status == .ok ? nil : row.status?.rawValue, reason: row.reason.map(HTMLText.visible),
            anomalous: group.anomalous, source: group.source, category: group.category, defect: group.defect,
            row: row.imageRow ?? row.maxRow, column: row.imageColumn ?? row.maxColumn,
            map: row.mapPath.map(RelativeLink.to))
    }

    /// The colours follow the threshold where the model is calibrated, as those of overlays.
    private func scale(highest: Float) -> ReportContents.Scale {
        let range = scaling?.range(centered: isCentered) ?? 0...highest
        return ReportContents.Scale(
            first: range.lowerBound, last: range.upperBound, usual: isCentered ? nil : scaling?.normal?.usual,
            palette: ColorMap.inferno.bytes, marksThreshold: !isCentered)
    }

    private mutating func addPages(_ selection: ReportSelection) throws {
        let isPart = selection.rows.count < selection.order.count
        let maker = self
        let pages = ReportPages(journal, names: contents.scores.names, threshold: contents.threshold) { row in
            var described = maker.describe(row)
            described.overlay = maker.overlays.made(row)
            return described
        }
        contents.pages = try pages.write(isPart ? selection.order : [], titled: contents.title)
    }

    private mutating func addPictures(_ ids: [ImageID]) throws {
        guard !ids.isEmpty else { return }
        let rows = try journal.images(ids, .inspect)
        let read = try ReportPictures(journal).read(rows, threads: threads)
        for (row, read) in zip(rows, read) { contents.pictures["\(row.id)"] = read.picture }
        let cutOff = zip(rows, read).filter(\.1.isCutOff).compactMap(\.0.mapPath)
        if !cutOff.isEmpty {
            contents.notes.append(
                "These maps are cut off at a distance of 256, as an earlier release wrote them: "
                    + "\(HTMLText.visible(cutOff.joined(separator: ", "))). Scores are not. For whole maps inspect the images again, "
                    + "into another directory.")
        }
        let incomplete = read.compactMap(\.picture.note)
        if let first = incomplete.first {
            contents.notes.append("\(incomplete.count) of \(read.count) pictures are not whole. The first: \(first).")
        }
    }
}

/// Where the overlays of images are.
struct OverlayPlaces: Sendable {
    private let directory: JobDirectory
    private let choice: OverlayChoice

    init(_ journal: Journal) {
        directory = journal.directory
        let made = (try? journal.value(.overlays)) ?? journal.job.settings["overlays"]
        choice = made.flatMap(OverlayChoice.init) ?? .none
    }

    /// The link to an image's overlay, if it is there.
    func existing(_ row: ImageRow) -> String? {
        let place = JobLayout.overlay(of: row.record.output)
        return FileManager.default.fileExists(atPath: directory.inside(place)) ? RelativeLink.to(place) : nil
    }

    /// The same by what the job made: to look for hundreds of thousands of files may take minutes on a disk that is far away.
    func made(_ row: ImageRow) -> String? {
        guard row.score != nil, choice.includes(flagged: row.flagged == true) else { return nil }
        return RelativeLink.to(JobLayout.overlay(of: row.record.output))
    }
}

extension JournalKey where Value == String {
    /// Which overlays `padim flag` made, as its option says it; there is none where those of the inspection are there.
    static var overlays: Self { Self("overlays") }
}

extension ColorMap {
    /// Red, green and blue of each colour.
    fileprivate var bytes: Data {
        Data(
            (0..<count).flatMap { index in
                let (red, green, blue) = color(at: Float(index) / Float(count - 1))
                return [red, green, blue]
            })
    }
}
