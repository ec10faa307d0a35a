import Foundation
import Journal
import Storage
import TestBrowser
import TestProcesses
import Testing

/// The report of a real job, on photographs of solar cells, in a real browser.
@Suite(.serialized) struct ReportTests {
    private let workspace: Workspace

    init() throws { workspace = try Workspace() }

    /// Some cells that work, and a labelled list of others.
    private func lists() throws -> (normal: String, images: String) {
        let cells = CacheDirectory.standard.path + "/datasets/elpv"
        func lines(_ name: String) throws -> [Substring] {
            try String(contentsOfFile: "\(cells)/\(name)", encoding: .utf8).split(separator: "\n")
        }
        let normal = try lines("mono-train.txt").prefix(40).map { $0.hasPrefix("/") ? String($0) : "\(cells)/\($0)" }
        let labelled = try lines("mono-test.csv").dropFirst()
        let chosen = stride(from: 0, to: labelled.count, by: labelled.count / 24).map {
            labelled[labelled.startIndex + $0]
        }
        let rows = chosen.map { $0.hasPrefix("/") ? String($0) : "\(cells)/\($0)" }
        return (
            try workspace.makeList("normal.txt", normal),
            try workspace.makeList("today.csv", ["image_path,label_index"] + rows)
        )
    }

    @Test func aReaderUsesTheReportOfAJob() throws {
        let lists = try lists()
        let job = workspace.file("job")
        let done = try run(
            "padim-coord",
            [
                "run", "--normal", lists.normal, "--images", lists.images, "--backbone", "efficientnet_lite0",
                "--weights", Workspace.weights, "--features", "20", "--input-size", "96", "--false-alarm-rate", "20%",
                "--calibration", "image", "--overlays", "flagged", "--job", job,
            ])
        try #require(done.status == 0, "\(done.errors)")

        struct Step: Decodable {
            var what: String
            var value: Float
            var command: String
            var flagged: Int
        }
        let report = job + "/report.html"
        let slider: Browser.Visit<[Step]> = try Browser.visit(report, "slider", of: Browser.reportScenarios)
        #expect(slider.faults == [] && slider.requests == [])
        let journal = try Journal.read(JobDirectory(job))
        #expect(try slider.result.first?.flagged == journal.flagged(.inspect))
        // The command that the page shows flags as many images as the page counts.
        let dragged = try #require(slider.result.first { $0.what == "dragged" })
        let words = dragged.command.split(separator: " ").map(String.init)
        #expect(Array(words.prefix(3)) == ["padim", "flag", job])
        let flagged = try run("padim", Array(words.dropFirst()))
        #expect(flagged.output.hasPrefix("\(dragged.flagged) of "), "\(flagged.output)")
        let after: Browser.Visit<[Step]> = try Browser.visit(report, "slider", of: Browser.reportScenarios)
        #expect(after.result.first?.flagged == dragged.flagged && after.result.first?.value == dragged.value)

        struct Opened: Decodable {
            var inside: String
            var panes: [String]
            var overlayIsImage, wipes, isClosed: Bool
        }
        let opened: Browser.Visit<Opened> = try Browser.visit(report, "viewer", of: Browser.reportScenarios)
        #expect(opened.faults == [] && opened.requests == [] && opened.result.panes == ["image", "map", "overlay"])
        #expect(opened.result.inside.contains(": distance ") && opened.result.overlayIsImage)
        #expect(opened.result.wipes && opened.result.isClosed)

        // The same job gives the same bytes.
        let digest = try Digest(ofFile: report)
        let again = try run("padim", ["report", job, "--truth", lists.images])
        #expect(again.status == 0, "\(again.errors)")
        let first = try Digest(ofFile: report)
        #expect(try run("padim", ["report", job, "--truth", lists.images]).status == 0)
        #expect(try Digest(ofFile: report) == first && first != digest)
    }
}
