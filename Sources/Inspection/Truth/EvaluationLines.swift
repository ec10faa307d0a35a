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
        if let threshold, let confusion {
            lines.append(
                JobFact(
                    "at threshold \(threshold)",
                    "\(confusion.truePositives) found, \(confusion.falseNegatives) missed, \(confusion.falsePositives) false alarms, "
                        + "\(confusion.trueNegatives) passed" + (confusion.f1.map { "; F1 \(Self.figure($0))" } ?? "")))
        }
        if let pixels {
            let limit = String(format: "%g", pixels.falsePositiveLimit)
            lines.append(JobFact("pixel AUROC", Self.figure(pixels.ranking.auroc)))
            lines.append(
                JobFact("AUPRO", "\(Self.figure(pixels.regionOverlap)) to FPR \(limit), \(pixels.regions) regions"))
        }
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

    private static func figure(_ value: Double) -> String { String(format: "%.5f", value) }
}
