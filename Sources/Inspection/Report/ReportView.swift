import Foundation
import Journal

/// A report's contents as the template's names and texts.
struct ReportView {
    let contents: ReportContents

    init(_ contents: ReportContents) { self.contents = contents }

    var context: [String: Any] {
        [
            "title": title, "directory": contents.directory, "phase": phase,
            "written": Date().formatted(.iso8601),
            "cards": cards, "facts": rows(contents.facts.map { ($0.name, $0.value) }), "settings": rows(settings),
            "metrics": rows(metrics), "note": Self.orNothing(note), "cutOff": Self.orNothing(cutOff),
            "histogram": contents.histogram.map {
                HistogramDrawing(histogram: $0, threshold: contents.threshold).context
            } ?? false,
            "promises": contents.promises.map { ["sentence": $0] },
            "labelled": contents.evaluation != nil,
            "worst": contents.worst.enumerated().map { worst(number: $0 + 1, $1) },
            "failures": contents.failures.map(failure), "moreFailures": Self.orNothing(moreFailures),
            "hasDrift": !contents.drift.isEmpty, "drift": contents.drift.map { ["sentence": $0] },
            "driftMap": Self.orNothing(contents.driftMap?.source),
            "hasSuspects": contents.hasSuspects,
            "suspectsPage": Self.orNothing(contents.suspectsPage.map(RelativeLink.to)),
            "legend": contents.legend?.context ?? false,
            "hasWorst": !contents.worst.isEmpty, "hasFailures": !contents.failures.isEmpty,
        ]
    }

    private var title: String {
        switch contents.job.kind {
        case .fit: "Fit"
        case .inspect: "Inspection"
        case .run: "Fit and inspection"
        case .calibrate: "Calibration"
        }
    }

    private var phase: String {
        let (pending, total) = (contents.pending, contents.total)
        switch contents.phase {
        case .done: return "done"
        case .failed: return "failed"
        case let phase: return "\(phase?.rawValue ?? "begun"), \(total - pending) of \(total) images"
        }
    }

    private var cards: [[String: Any]] {
        func card(_ name: String, _ value: Int, _ kind: String = "") -> [String: Any] {
            ["name": name, "value": Self.grouped(value), "kind": kind]
        }
        let (skipped, pending) = (contents.failed, contents.pending)
        var cards: [[String: Any]] = []
        for role in ImageRole.allCases {
            guard let counts = contents.counts[role], counts.total > 0 else { continue }
            cards.append(card("images \(role.participle)", counts.ok))
        }
        if let flagged = contents.flagged { cards.append(card("flagged", flagged, flagged > 0 ? "alarm" : "")) }
        if pending > 0 { cards.append(card("to do", pending)) }
        cards.append(card("skipped", skipped, skipped > 0 ? "warning" : ""))
        return cards
    }

    private var settings: [(String, String)] {
        contents.settings.sorted { $0.key < $1.key }.map { ($0.key, Self.clipped($0.value)) }
    }

    private var metrics: [(String, String)] {
        guard let evaluation = contents.evaluation else { return [] }
        return evaluation.lines.map { ($0.name, $0.value) }
    }

    private var note: String? {
        contents.evaluationNote.map { "No metrics\(contents.evaluation == nil ? "" : " over pixels"): \($0)" }
    }

    private var cutOff: String? {
        let maps = contents.cutOffMaps
        guard !maps.isEmpty else { return nil }
        return """
            These maps are cut off at a distance of 256, as an earlier release wrote them: \(maps.joined(separator: ", ")). Scores are \
            not. For whole maps inspect the images again, into another directory.
            """
    }

    private func worst(number: Int, _ image: ReportContents.WorstImage) -> [String: Any] {
        let row = image.row
        return [
            "number": number, "path": row.record.path, "file": row.record.location.text, "source": source(of: row),
            "score": row.score.map { String(format: "%.2f", $0) } ?? "",
            "place": place(of: row),
            "picture": Self.orNothing(image.map?.source ?? image.file.map(RelativeLink.to)),
            "link": image.file.map(RelativeLink.to) ?? "",
            "flagged": row.flagged == true,
            "truth": Self.orNothing(image.isAnomalous.map { $0 ? "anomalous" : "normal" }),
        ]
    }

    /// In the image's pixels; where they are not known, in the map's.
    private func place(of row: ImageRow) -> String {
        guard let y = row.imageRow ?? row.maxRow, let x = row.imageColumn ?? row.maxColumn else { return "" }
        return "row \(y), col \(x)"
    }

    private func failure(_ row: ImageRow) -> [String: Any] {
        [
            "path": row.record.path, "file": row.record.location.text, "source": source(of: row),
            "status": row.status?.rawValue ?? "", "reason": row.reason ?? "",
        ]
    }

    /// Said only where there are several: else it would be the same everywhere.
    private func source(of row: ImageRow) -> Any { contents.sources > 1 ? Self.orNothing(row.source) : false }

    private var moreFailures: String? {
        let all = contents.failed
        return all > contents.failures.count ? Self.grouped(all - contents.failures.count) : nil
    }

    private func rows(_ rows: [(String, String)]) -> Any {
        rows.isEmpty ? false : ["rows": rows.map { ["name": $0.0, "value": $0.1] }]
    }

    /// A template's section is left out if its value is false.
    private static func orNothing(_ text: String?) -> Any { text ?? false }

    /// "400 000", with a narrow space that does not break.
    private static func grouped(_ number: Int) -> String {
        let digits = Array(String(number))
        return digits.enumerated().map { index, digit in
            index > 0 && (digits.count - index) % 3 == 0 ? "\u{202F}\(digit)" : String(digit)
        }.joined()
    }

    /// A long setting, such as a list of channels, cut to what a table bears.
    private static func clipped(_ text: String) -> String {
        text.count > 160 ? text.prefix(150) + " … (\(text.count) characters)" : text
    }
}
