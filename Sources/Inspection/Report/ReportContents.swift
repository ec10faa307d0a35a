import Compute
import Foundation
import Imaging
import Journal
import Settings
import Storage
import Thresholds

/// What a report tells, gathered from the journal.
package struct ReportContents: Sendable {
    package struct WorstImage: Sendable {
        package let row: ImageRow
        /// The file to show, relative to the job; nil if there is no overlay and no map.
        package let file: String?
        /// The map in colours, where there is no overlay.
        package let map: MapPicture?
        package let isAnomalous: Bool?

        package init(row: ImageRow, file: String?, map: MapPicture? = nil, isAnomalous: Bool?) {
            (self.row, self.file, self.map, self.isAnomalous) = (row, file, map, isAnomalous)
        }
    }

    package var job: JobRecord
    package var directory: String
    package var phase: JobPhase?
    package var facts: [JobFact] = []
    /// The folders and lists that images come from; there is no need to name a single one beside each image.
    package var sources = 0
    /// Those of the job, with what the present threshold was chosen by: `padim flag` may have chosen another.
    package var settings: [String: String] = [:]
    package var counts: [ImageRole: ImageCounts] = [:]
    package var flagged: Int?
    package var threshold: Float?
    /// What the threshold promises, a sentence each; nothing where it was given.
    package var promises: [String] = []
    package var histogram: ScoreHistogram?
    package var worst: [WorstImage] = []
    /// What the colours of the pictures mean; nil where there are no pictures.
    package var legend: ColorLegend?
    /// What was found of drift, a sentence each; empty where it was not asked for.
    package var drift: [String] = []
    /// Where the images differ from the model's, in colours from 0 to twice the limit.
    package var driftMap: MapPicture?
    /// Whether the job's model was tried on the job's own images.
    package var hasSuspects = false
    /// The page of suspects, relative to the job, if it was written.
    package var suspectsPage: String?
    package var failures: [ImageRow] = []
    package var evaluation: Evaluation?
    /// Why there is no evaluation though there is a truth, or none of pixels.
    package var evaluationNote: String?
    /// Of all roles together.
    package var pending: Int { counts.values.reduce(0) { $0 + $1.pending } }
    package var failed: Int { counts.values.reduce(0) { $0 + $1.failed } }
    package var total: Int { counts.values.reduce(0) { $0 + $1.total } }
    /// Maps of the images shown whose highest values are missing.
    package var cutOffMaps: [String] { worst.filter { $0.map?.isCutOff == true }.compactMap(\.file) }

    /// The most images shown, and the most failures listed.
    private static let most = (images: 24, failures: 200)

    /// - Parameters:
    ///   - truth: what is known about the images; nil leaves the metrics out.
    ///   - threads: that read maps; the contents are the same for any number of them.
    ///   - progress: told how many maps were read for them, and of how many.
    package init(
        _ journal: Journal, truth: Truth?, threads: Int = ProcessInfo.processInfo.activeProcessorCount,
        progress: (_ done: Int, _ of: Int) -> Void = { _, _ in }
    ) throws {
        let truth = try truth?.applied(to: journal)
        job = journal.job
        directory = journal.directory.path
        phase = try journal.value(.phase)
        facts = try journal.value(.summary) ?? []
        if let releases = try journal.value(.releases) {
            facts.append(JobFact("release of padim", releases.joined(separator: ", then ")))
        }
        threshold = try journal.value(.threshold)
        let choice = try journal.value(.thresholdChoice)
        promises = choice?.lines ?? []
        settings = Self.settings(of: job, threshold: threshold, choice)
        for role in ImageRole.allCases {
            sources = try max(sources, journal.sources(role).count)
            counts[role] = try journal.counts(role)
        }
        try gatherScores(journal, truth)
        let centered = journal.job.settings[InspectionSettings.centeringName] != nil
        let scaling = try journal.value(.mapScaling)
        let colors = scaling?.range(centered: centered) ?? 0...max(histogram?.highest ?? 0, 0)
        let shown = try journal.highestScores(limit: Self.most.images)
        let known = shown.map { truth?.entry(for: $0.record)?.isAnomalous }
        worst = try ThreadCrew(threads: min(threads, shown.count)).map(shown.count) {
            [directory = journal.directory] index, _ in
            Self.picture(of: shown[index], directory, colors, isAnomalous: known[index])
        }
        if let finding = try journal.value(.drift) {
            drift = finding.lines
            if case .verdict(let verdict) = finding {
                driftMap = try? MapPicture(
                    file: journal.directory.inside(JobLayout.driftMap), range: 0...Float(2 * verdict.limit))
            }
        }
        hasSuspects = counts[.calibration].map { $0.ok > 0 } ?? false
        if hasSuspects, FileManager.default.fileExists(atPath: journal.directory.inside(JobLayout.suspects)) {
            suspectsPage = JobLayout.suspects
        }
        if worst.contains(where: { $0.file != nil }) {
            legend =
                scaling.map { ColorLegend($0, threshold: threshold, isCentered: centered) }
                ?? ColorLegend(range: colors)
        }
        for role in ImageRole.allCases {
            failures += try journal.failures(role, limit: Self.most.failures - failures.count)
        }
        if let truth { try evaluate(journal, truth, threads, progress) }
    }

    private static func settings(of job: JobRecord, threshold: Float?, _ choice: ThresholdChoice?) -> [String: String] {
        var settings = job.settings
        guard let threshold else { return settings }
        for name in FalseAlarmLimit.names { settings[name] = nil }
        settings[InspectionSettings.thresholdName] = choice == nil ? "\(threshold)" : nil
        return settings.merging(choice?.limit ?? [:]) { $1 }
    }

    private mutating func gatherScores(_ journal: Journal, _ truth: Truth?) throws {
        var scores: [LabelledScore] = []
        var (flagged, judged) = (0, false)
        try journal.forEachImage(.inspect) { row in
            guard let score = row.score else { return }
            scores.append(LabelledScore(score, isAnomalous: truth?.entry(for: row.record)?.isAnomalous ?? false))
            if let isFlagged = row.flagged {
                judged = true
                if isFlagged { flagged += 1 }
            }
        }
        histogram = ScoreHistogram(scores)
        self.flagged = judged ? flagged : nil
    }

    /// A job whose metrics are not defined has a report all the same.
    private mutating func evaluate(_ journal: Journal, _ truth: Truth, _ threads: Int, _ progress: (Int, Int) -> Void)
        throws
    {
        let evaluator = Evaluator(journal, truth)
        do {
            evaluation = try evaluator.evaluate(allowUnlabelled: true, threads: threads, progress: progress)
        } catch let error as InspectionError {
            evaluationNote = error.description
            evaluation = try? evaluator.evaluate(allowUnlabelled: true, pixels: false)
        }
    }

    private static func picture(
        of row: ImageRow, _ directory: JobDirectory, _ colors: ClosedRange<Float>, isAnomalous: Bool?
    ) -> WorstImage {
        let overlay = JobLayout.overlay(of: row.record.output)
        if FileManager.default.fileExists(atPath: directory.inside(overlay)) {
            return WorstImage(row: row, file: overlay, isAnomalous: isAnomalous)
        }
        // A map that cannot be read is no reason to have no report.
        let map = row.mapPath.flatMap { try? MapPicture(file: directory.inside($0), range: colors) }
        return WorstImage(row: row, file: map == nil ? nil : row.mapPath, map: map, isAnomalous: isAnomalous)
    }
}
