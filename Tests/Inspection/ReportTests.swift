import Foundation
import ImageLists
import Imaging
import Inspection
import Journal
import Settings
import Storage
import Testing

@Suite struct ReportTests {
    @Test func aFinishedJobIsTold() throws {
        let job = try FinishedJob()
        try job.journal.set(.summary, to: [JobFact("images a second", "71")])
        try Report.write(job.journal, truth: Truth(ImageList.read([job.truthFile])))
        let page = try String(contentsOfFile: job.journal.directory.report, encoding: .utf8)
        for text in [
            "<h1>Inspection</h1>", "1.00000", "images a second", "<td>71</td>", "threshold 20.0",
            "not an image, really",
            "src=\"data:image/png;base64,", "href=\"./maps/9.png\"", ">list.csv<", ">more images<",
            "title=\"\(job.folder)/images/9.png\"", "<b>24.50</b>", "flagged", "class=\"anomalous\"", "</html>",
        ] { #expect(page.contains(text), "\(text)") }
        #expect(!page.contains("{{") && !page.contains("no picture"))
    }

    @Test func theNumberOfThreadsChangesNoByte() throws {
        let job = try FinishedJob(images: 40)
        let truth = try Truth(ImageList.read([job.truthFile]))
        let pages = try [1, 2, 3, 8].map { threads in
            try Report.render(ReportContents(job.journal, truth: truth, threads: threads))
                // When it was written.
                .replacing(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/, with: "")
        }
        #expect(pages.allSatisfy { $0 == pages[0] } && pages[0].contains("data:image/png;base64,"))
    }

    /// Whatever their format, maps are shown in colours: a 16-bit gray picture is black to the eye.
    @Test(arguments: MapFormat.allCases) func mapsAreShownInColours(_ maps: MapFormat) throws {
        let job = try FinishedJob(maps: maps)
        let contents = try ReportContents(job.journal, truth: nil)
        let first = try #require(contents.worst.first)
        #expect(first.file == "maps/9.\(maps.fileExtension)")
        let source = try #require(first.map?.source.split(separator: ",").last)
        let picture = try #require(Data(base64Encoded: String(source)))
        let image = try picture.withUnsafeBytes { try ImageDecoder.decode($0, name: "picture") }
        // The scale is from 10 to 30: 24.5 in the corner, 4.5 elsewhere.
        let (red, green, blue) = ColorMap.inferno.color(at: 0.725)
        #expect(Array(image.pixels.prefix(3)) == [red, green, blue] && Array(image.pixels.suffix(3)) == [0, 0, 4])
    }

    /// Maps of earlier releases that were cut off are named, and metrics of images are there all the same.
    @Test func mapsThatWereCutOffAreNamed() throws {
        let job = try FinishedJob(strength: 15, isEarlier: true)
        try Report.write(job.journal)
        let page = try String(contentsOfFile: job.journal.directory.report, encoding: .utf8)
        #expect(
            page.contains("These maps are cut off") && page.contains("256") && page.contains("maps/9.png, maps/6.png"))
        try Report.write(job.journal, truth: Truth(ImageList.read([job.truthFile])))
        let judged = try String(contentsOfFile: job.journal.directory.report, encoding: .utf8)
        #expect(judged.contains("No metrics over pixels: 3 maps are cut off") && judged.contains("image AUROC"))
        let whole = try FinishedJob(isEarlier: true)
        try Report.write(whole.journal)
        #expect(try !String(contentsOfFile: whole.journal.directory.report, encoding: .utf8).contains("cut off"))
    }

    @Test func aJobWithoutTruthOrMapsIsToldToo() throws {
        let job = try FinishedJob(threshold: nil, maps: nil)
        try Report.write(job.journal)
        let page = try String(contentsOfFile: job.journal.directory.report, encoding: .utf8)
        #expect(page.contains("no picture") && !page.contains("Against the truth") && !page.contains("flagged</em>"))
        #expect(!page.contains("No metrics"))
    }

    @Test func aFitHasNoHistogram() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let channels = (0..<100).map(String.init).joined(separator: " ")
        let journal = try Journal.open(
            JobDirectory(folder), job: JobRecord(kind: .fit, settings: ["channels": channels], lists: [:]))
        try journal.register(
            [ImageRecord(path: "x.png", location: .file("/x.png"), output: "x")], role: .normal, shardSize: 1)
        try Report.write(journal)
        let page = try String(contentsOfFile: journal.directory.report, encoding: .utf8)
        #expect(page.contains("<h1>Fit</h1>") && page.contains("begun, 0 of 1 images") && !page.contains("<svg"))
        #expect(page.contains("(289 characters)"))
    }

    /// A quote before a combining mark is one character with it, and still ends an attribute.
    @Test(arguments: ["<script>alert(1)</script>", "\"\u{301} onerror=\"x", "<\u{338}b>", "a&b'c", "{{title}}"])
    func namesCannotLeaveTheirPlace(_ name: String) throws {
        let job = try FinishedJob()
        var contents = try ReportContents(job.journal, truth: nil)
        let record = ImageRecord(path: name, location: .file("/" + name), output: name)
        let row = ImageRow(
            id: 1, record: record, status: .ok, reason: name, score: 1, maxRow: 1, maxColumn: 1, flagged: true,
            mapPath: nil)
        contents.worst = [.init(row: row, file: "overlays/" + name + ".png", isAnomalous: nil)]
        contents.failures = [row]
        contents.facts = [JobFact(name, name)]
        contents.evaluationNote = name
        let page = try Report.render(contents)
        #expect(!page.unicodeScalars.containsRun(of: "<script".unicodeScalars))
        #expect(!page.unicodeScalars.containsRun(of: "\"\u{301}".unicodeScalars))
        #expect(!page.unicodeScalars.containsRun(of: "<\u{338}".unicodeScalars))
        if name == "{{title}}" { #expect(page.contains("<td>{{title}}</td>")) }
    }

    @Test(arguments: [
        ("overlays/a b.png", "./overlays/a%20b.png"), ("javascript:alert(1)", "./javascript%3Aalert%281%29"),
        ("//host/x", "./host/x"), ("a/ü?#.png", "./a/%C3%BC%3F%23.png"),
    ])
    func linksStayRelative(_ path: String, _ link: String) {
        #expect(RelativeLink.to(path) == link)
    }

    @Test func histogramsHoldEveryScore() throws {
        let scores = RankingMetricsTests.tied
        let histogram = try #require(ScoreHistogram(scores, bars: 13))
        #expect(histogram.bars.reduce(0) { $0 + $1.normal } == scores.count { !$0.isAnomalous })
        #expect(histogram.bars.reduce(0) { $0 + $1.anomalous } == scores.count { $0.isAnomalous })
        #expect(histogram.ticks() == [0, 2, 4, 6, 8, 10])
        #expect(ScoreHistogram([]) == nil)
        let single = try #require(ScoreHistogram([LabelledScore(3, isAnomalous: false)]))
        #expect(single.ticks() == [3] && single.bars.reduce(0) { $0 + $1.normal } == 1)
        let tiny = try #require(ScoreHistogram([1e-30, 3e-30].map { LabelledScore($0, isAnomalous: true) }))
        #expect((2...14).contains(tiny.ticks().count))
        let huge = try #require(
            ScoreHistogram(
                [-Float.greatestFiniteMagnitude, .greatestFiniteMagnitude].map { .init($0, isAnomalous: true) }))
        #expect(huge.bars.first?.anomalous == 1 && huge.bars.last?.anomalous == 1)
    }
}

extension String.UnicodeScalarView {
    fileprivate func containsRun(of other: String.UnicodeScalarView) -> Bool {
        Array(self).firstRange(of: Array(other)) != nil
    }
}
