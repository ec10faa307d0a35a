import Foundation
import Gaussian
import HTML
import Imaging
import Journal
import Settings
import Storage
import Thresholds

/// What a report tells beside the images.
extension ReportMaker {
    /// The most failures and suspects that are listed.
    private static let most = (failures: 200, suspects: 24)

    /// A job whose metrics are not defined has a report all the same.
    mutating func evaluate(_ truth: Truth, _ progress: (Int, Int) -> Void) throws {
        let evaluator = Evaluator(journal, truth)
        var evaluation: Evaluation?
        do {
            let (found, curve) = try evaluator.evaluateWithCurve(
                allowUnlabelled: true, threads: threads, progress: progress)
            evaluation = found
            if let pixels = found.pixels, let curve {
                contents.overlap = .init(
                    points: curve.map { [$0.falsePositives, $0.overlap] }, limit: pixels.falsePositiveLimit,
                    area: pixels.regionOverlap)
            }
        } catch let error as InspectionError {
            evaluation = try? evaluator.evaluate(allowUnlabelled: true, pixels: false)
            contents.notes.append(
                "No metrics\(evaluation == nil ? "" : " over pixels"): \(HTMLText.visible(error.description))")
        }
        contents.metrics = pairs((evaluation?.lines ?? []).map { ($0.name, $0.value) })
    }

    /// What was run, and how many images there are.
    mutating func addJob(flagged: Int?) throws {
        var (pending, total) = (0, 0)
        for role in ImageRole.allCases {
            let counts = try journal.counts(role)
            guard counts.total > 0 else { continue }
            (pending, total) = (pending + counts.pending, total + counts.total)
            contents.failed += counts.failed
            contents.cards.append(.init(name: "images \(role.participle)", value: counts.ok))
            contents.failures += try journal.failures(role, limit: Self.most.failures - contents.failures.count)
                .map(describe)
        }
        if let flagged {
            contents.cards.append(.init(name: "flagged by the job", value: flagged, kind: flagged > 0 ? "alarm" : ""))
        }
        if pending > 0 { contents.cards.append(.init(name: "to do", value: pending)) }
        contents.cards.append(
            .init(name: "could not be used", value: contents.failed, kind: contents.failed > 0 ? "warning" : ""))
        let phase = try journal.value(.phase)
        contents.phase =
            switch phase {
            case .done: "done"
            case .failed: "failed"
            default: "\(phase?.rawValue ?? "begun"), \(total - pending) of \(total) images"
            }
        let directory = ShellWord.quoted(journal.directory.path)
        if phase == .done, try journal.counts(.inspect).ok > 0 {
            contents.flagCommand = "padim flag \(directory) --threshold "
        }
        if contents.failed > 0 {
            contents.exportCommand = "padim export \(directory) --unusable --csv unusable.csv"
        }
        contents.promises = (choice?.lines ?? []).map(HTMLText.visible)
        var facts = try journal.value(.summary) ?? []
        if let releases = try journal.value(.releases) {
            facts.append(JobFact("release of padim", releases.joined(separator: ", then ")))
        }
        for (role, digest) in journal.job.lists.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            facts.append(JobFact("list of images \(role.participle) (SHA-256)", digest.hex))
        }
        if let model = try journal.value(.calibration)?.model {
            facts.append(JobFact("calibrated model (SHA-256)", model.hex))
        }
        contents.facts = pairs(facts.map { ($0.name, $0.value) })
        contents.settings = pairs(settings.sorted { $0.key < $1.key }.map { ($0.key, Self.clipped($0.value)) })
    }

    /// Those of the job, with what the present threshold was chosen by: `padim flag` may have chosen another.
    private var settings: [String: String] {
        var settings = journal.job.settings
        guard let threshold = contents.threshold else { return settings }
        for name in FalseAlarmLimit.names { settings[name] = nil }
        settings[InspectionSettings.thresholdName] = choice == nil ? "\(threshold)" : nil
        return settings.merging(choice?.limit ?? [:]) { $1 }
    }

    /// Drift and suspects, where there are any.
    mutating func addFindings() throws {
        if let finding = try journal.value(.drift) {
            var part = ReportContents.DriftPart(lines: finding.lines.map(HTMLText.visible))
            if case .verdict(let verdict) = finding {
                part.limit = verdict.limit
                let path = journal.directory.inside(JobLayout.driftMap)
                part.map = try? MapPicture(MapFormat.decode(file: path).map)
            }
            contents.drift = part
        }
        guard try journal.counts(.calibration).ok > 0, try journal.value(.model) != nil else { return }
        let suspects = try Suspects(of: journal, limit: Self.most.suspects)
        let page = JobLayout.suspects
        contents.suspects = .init(
            rows: suspects.rows.map { row in
                .init(
                    path: HTMLText.visible(row.path), file: HTMLText.visible(row.location.text), score: row.score,
                    pValue: row.pValue, lot: row.lot.map { "\($0)" })
            }, remark: suspects.remark,
            page: FileManager.default.fileExists(atPath: journal.directory.inside(page)) ? RelativeLink.to(page) : nil,
            command: "padim suspects \(ShellWord.quoted(journal.directory.path)) --report")
    }

    private func pairs(_ rows: [(String, String)]) -> [[String]] {
        rows.map { [HTMLText.visible($0.0), HTMLText.visible($0.1)] }
    }

    /// A long setting, such as a list of channels, cut to what a table bears.
    private static func clipped(_ text: String) -> String {
        text.count > 160 ? text.prefix(150) + " … (\(text.count) characters)" : text
    }
}

extension JobRecord.Kind {
    /// What a report of such a job is called.
    var title: String {
        switch self {
        case .fit: "Fit"
        case .inspect: "Inspection"
        case .run: "Fit and inspection"
        case .calibrate: "Calibration"
        }
    }
}
