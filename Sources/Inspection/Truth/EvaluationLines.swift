import Foundation
import Journal

extension Evaluation {
    /// The evaluation in words and figures, for a terminal or a page.
    public var lines: [JobFact] {
        var lines = [
            JobFact("images", "\(images), \(anomalous) of them anomalous"),
            JobFact("image AUROC", Self.figure(ranking.auroc)),
            JobFact("average precision", Self.figure(ranking.averagePrecision)),
            JobFact("best F1", "\(Self.figure(ranking.bestF1)) at threshold \(ranking.bestThreshold)"),
        ]
        lines += atThreshold?.lines ?? []
        if let pixels {
            let limit = String(format: "%g", pixels.falsePositiveLimit)
            lines.append(JobFact("pixel AUROC", Self.figure(pixels.ranking.auroc)))
            lines.append(JobFact("pixel average precision", Self.figure(pixels.ranking.averagePrecision)))
            lines.append(
                JobFact(
                    "pixel best F1",
                    "\(Self.figure(pixels.ranking.bestF1)) at distance \(pixels.ranking.bestThreshold)"))
            lines.append(
                JobFact("AUPRO", "\(Self.figure(pixels.regionOverlap)) to FPR \(limit), \(pixels.regions) regions"))
        }
        lines += categoryLines + defectLines
        for (count, what) in [
            (skipped, "labelled images skipped by the job"), (pending, "labelled images still to do"),
            (unlabelled, "images without a label"),
            (ofOtherSplits, "images of a split that is not evaluated (--split chooses)"),
            (withoutMask, "anomalous images without a mask"),
        ] where count > 0 {
            lines.append(JobFact("left out", "\(count) \(what)"))
        }
        return lines + remarks.map { JobFact("note", $0) }
    }

    /// As many parts as a person reads.
    private static let mostParts = 60

    /// Nothing where there is only one category: it is all there is.
    private var categoryLines: [JobFact] {
        guard categories.count > 1 else { return [] }
        var lines = categories.prefix(Self.mostParts).map { part in
            let figures = [
                part.ranking.map { "image AUROC \(Self.figure($0.auroc))" },
                part.pixels.map { "pixel AUROC \(Self.figure($0.ranking.auroc))" },
                part.pixels.map { "AUPRO \(Self.figure($0.regionOverlap))" },
            ].compactMap { $0 }
            return JobFact(
                "category \(part.name)",
                (["\(part.images) images, \(part.anomalous) of them anomalous"] + figures).joined(separator: ", "))
        }
        if categories.count > Self.mostParts {
            lines.append(JobFact("other categories", "\(categories.count - Self.mostParts) more; --json has them"))
        }
        if let means = categoryMeans {
            let figures = [
                "image AUROC \(Self.figure(means.imageAUROC))",
                means.pixelAUROC.map { "pixel AUROC \(Self.figure($0))" },
                means.regionOverlap.map { "AUPRO \(Self.figure($0))" },
            ].compactMap { $0 }
            lines.append(JobFact("mean of \(means.categories) categories", figures.joined(separator: ", ")))
        }
        return lines
    }

    /// Nothing where there is only one kind of defect, whose figures are those of all images.
    private var defectLines: [JobFact] {
        guard defects.count > 1 else { return [] }
        let isMixed = categories.count > 1
        let lines = defects.prefix(Self.mostParts).map { part in
            JobFact(
                "defect "
                    + (isMixed ? [part.category, part.name].compactMap { $0 }.joined(separator: "/") : part.name),
                "\(part.images) images" + (part.ranking.map { ", image AUROC \(Self.figure($0.auroc))" } ?? ""))
        }
        let more = defects.count - lines.count
        return lines + (more > 0 ? [JobFact("other defects", "\(more) more; --json has them")] : [])
    }

    fileprivate static func figure(_ value: Double) -> String { String(format: "%.5f", value) }
}

extension ThresholdEvaluation {
    /// The threshold, what it gets right and wrong, and the parts where there are several.
    var lines: [JobFact] {
        let shares = [
            ("precision", precision), ("recall", recall), ("false-alarm rate", falseAlarmRate), ("F1", f1),
        ].compactMap { name, value in value.map { "\(name) \(Evaluation.figure($0))" } }
        var lines = [
            JobFact(
                "at threshold \(threshold)",
                Self.counts(confusion) + "; " + shares.joined(separator: ", ") + (cost.map { "; cost \($0)" } ?? ""))
        ]
        if categories.count > 1 {
            lines += categories.map { JobFact("of category \($0.name)", Self.counts($0.confusion)) }
        }
        lines += lotLines
        return lines
            + defects.map { part in
                let all = part.confusion.truePositives + part.confusion.falseNegatives
                return JobFact("of defect \(part.name)", "\(part.confusion.truePositives) of \(all) found")
            }
    }

    /// As many lots as a person reads: those with the most mistakes.
    private static let mostLots = 20

    private var lotLines: [JobFact] {
        guard lots.count > 1 else { return [] }
        func mistakes(_ part: Part) -> Int { part.confusion.falsePositives + part.confusion.falseNegatives }
        let worst = Set(
            lots.sorted { (mistakes($1), $0.name) < (mistakes($0), $1.name) }.prefix(Self.mostLots).map(\.name))
        let lines = lots.filter { worst.contains($0.name) }.map { part in
            JobFact("of lot \(part.name)", Self.counts(part.confusion))
        }
        let more = lots.count - lines.count
        return lines
            + (more > 0 ? [JobFact("of other lots", "\(more) with no more mistakes than these; --json has them")] : [])
    }

    private static func counts(_ confusion: Confusion) -> String {
        "\(confusion.truePositives) found, \(confusion.falseNegatives) missed, \(confusion.falsePositives) false alarms, "
            + "\(confusion.trueNegatives) passed"
    }
}
