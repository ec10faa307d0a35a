import Foundation
import Imaging
import Journal
import Settings
import Thresholds

/// Compares a job's results with the truth.
public struct Evaluator {
    private let journal: Journal
    private let truth: Truth

    public init(_ journal: Journal, _ truth: Truth) { (self.journal, self.truth) = (journal, truth) }

    /// - Parameters:
    ///   - allowUnlabelled: leave out images that the truth does not name, instead of refusing.
    ///   - point: which threshold to look at; nil: the job's.
    ///   - pixels: also read every map, where there are maps and masks.
    ///   - threads: that read maps; the result is the same for any number of them.
    ///   - progress: told how many maps were read, and of how many: they may be many.
    /// - Throws: ``InspectionError`` if the metrics are not defined, a map or mask cannot be read, or maps are cut off.
    public func evaluate(
        allowUnlabelled: Bool = false, at point: OperatingPoint? = nil, pixels: Bool = true,
        threads: Int = ProcessInfo.processInfo.activeProcessorCount,
        progress: (_ done: Int, _ of: Int) -> Void = { _, _ in }
    ) throws -> Evaluation {
        try evaluateWithCurve(
            allowUnlabelled: allowUnlabelled, at: point, pixels: pixels, threads: threads, progress: progress
        ).evaluation
    }

    /// The same, with the curve whose area is AUPRO; nil where there are no metrics over pixels.
    func evaluateWithCurve(
        allowUnlabelled: Bool, at point: OperatingPoint? = nil, pixels: Bool = true, threads: Int,
        progress: (_ done: Int, _ of: Int) -> Void
    ) throws -> (evaluation: Evaluation, curve: [RegionOverlap.Point]?) {
        let truth = try truth.applied(to: journal)
        let tally = try tallyImages(truth)
        try check(tally, allowUnlabelled: allowUnlabelled)
        let scores = tally.images.map(\.score)
        guard let ranking = RankingMetrics(scores) else {
            let kind = scores.contains(where: \.isAnomalous) ? "normal" : "anomalous"
            throw InspectionError(
                "of the \(scores.count) images with a score and a label none is \(kind): metrics need both kinds")
        }
        var evaluation = Evaluation(ranking: ranking)
        evaluation.images = scores.count
        evaluation.anomalous = scores.count(where: \.isAnomalous)
        (evaluation.skipped, evaluation.pending) = (tally.skipped, tally.pending)
        (evaluation.unlabelled, evaluation.ofOtherSplits) = (tally.unlabelled.count, tally.ofOtherSplits)
        evaluation.categories = CategoryEvaluation.all(tally.images)
        evaluation.defects = DefectEvaluation.all(tally.images)
        if let value = try journal.value(.threshold) {
            evaluation.threshold = value
            evaluation.confusion = Confusion(scores, threshold: Threshold(value))
            evaluation.atThreshold = ThresholdEvaluation(tally.images, at: Threshold(value), origin: .job)
        }
        if let point {
            if let fault = point.fault { throw InspectionError(fault) }
            evaluation.atThreshold = ThresholdEvaluation(
                tally.images, at: point.threshold(among: ScoreGroup.groups(of: scores)), origin: .init(point),
                point: point)
        }
        var curve: [RegionOverlap.Point]?
        if pixels && truth.hasMasks {
            if tally.maps == 0 {
                evaluation.remarks.append("no metrics over pixels, though there are masks: the job has no maps")
            } else if tally.maps < scores.count {
                // Maps that are missing are those of images with low scores, so metrics of the others would be wrong.
                evaluation.remarks.append(
                    "no metrics over pixels: \(scores.count - tally.maps) of \(scores.count) images have no map, since only flagged "
                        + "images' maps were kept. Inspect the images again into another directory, with all maps")
            } else {
                curve = try tallyPixels(truth, threads, into: &evaluation) { progress($0, tally.maps) }
            }
        }
        evaluation.categoryMeans = CategoryMeans(evaluation.categories)
        return (evaluation, curve)
    }

    private struct ImageTally {
        var images: [ThresholdEvaluation.Image] = []
        var skipped = 0
        var pending = 0
        var unlabelled = (first: "", count: 0)
        var ofOtherSplits = 0
        var maps = 0
    }

    private func tallyImages(_ truth: Truth) throws -> ImageTally {
        var tally = ImageTally()
        try journal.forEachImage(.inspect) { row in
            guard let known = truth.entry(for: row.record) else {
                if tally.unlabelled.count == 0 { tally.unlabelled.first = row.record.path }
                tally.unlabelled.count += 1
                return
            }
            guard known.counts else {
                tally.ofOtherSplits += 1
                return
            }
            if row.mapPath != nil { tally.maps += 1 }
            switch (row.status, row.score) {
            case (.ok, let score?):
                tally.images.append(
                    .init(
                        LabelledScore(score, isAnomalous: known.isAnomalous), category: known.category,
                        defect: known.defect, lot: known.lot))
            case (nil, _): tally.pending += 1
            default: tally.skipped += 1
            }
        }
        return tally
    }

    private func check(_ tally: ImageTally, allowUnlabelled: Bool) throws {
        let labelled = tally.images.count + tally.skipped + tally.pending
        guard labelled + tally.unlabelled.count > 0 || tally.ofOtherSplits == 0 else {
            throw InspectionError(
                "all \(tally.ofOtherSplits) images are of a split that is not evaluated; --split chooses another, or all"
            )
        }
        guard labelled + tally.unlabelled.count > 0 else {
            throw InspectionError("\(journal.directory.path) has no inspected images")
        }
        guard labelled > 0 else {
            throw InspectionError(
                "the truth names none of the job's \(tally.unlabelled.count) images, such as \(tally.unlabelled.first)")
        }
        guard allowUnlabelled || tally.unlabelled.count == 0 else {
            throw InspectionError(
                "the truth does not name \(tally.unlabelled.count) of the job's images, such as "
                    + "\(tally.unlabelled.first); label them, or leave them out with --partial")
        }
        guard !tally.images.isEmpty else {
            throw InspectionError(
                "no labelled image has a score: \(tally.skipped) were skipped, \(tally.pending) are still to do")
        }
    }

    private func tallyPixels(
        _ truth: Truth, _ threads: Int, into evaluation: inout Evaluation, progress: (Int) -> Void
    ) throws -> [RegionOverlap.Point]? {
        var reader = try MapReader(journal, threads: threads)
        var comparison = PixelComparison(journal.directory, categories: evaluation.categories.map(\.name))
        var (waiting, done) = ([MapReader.Image](), 0)
        func readWaiting() throws {
            for (image, reading) in zip(waiting, try reader.read(waiting)) {
                comparison.add(reading, of: image)
                done += 1
                progress(done)
            }
            waiting.removeAll(keepingCapacity: true)
        }
        try journal.forEachImage(.inspect) { row in
            guard let known = truth.entry(for: row.record), known.counts, let map = row.mapPath else { return }
            waiting.append(.init(map: map, record: row.record, known: known))
            if waiting.count >= reader.batchSize { try readWaiting() }
        }
        try readWaiting()
        evaluation.pixels = try comparison.metrics()
        for index in evaluation.categories.indices {
            evaluation.categories[index].pixels = comparison.metrics(of: evaluation.categories[index].name)
        }
        evaluation.withoutMask = comparison.withoutMask
        evaluation.remarks += comparison.remarks
        return comparison.overlapCurve()
    }
}
