import Foundation
import HTML
import ImageLists
import Inspection
import Journal
import Settings
import Storage
import TestBrowser
import Testing
import Thresholds

/// The report in a real browser.
@Suite struct ReportBrowserTests {
    private struct Counts: Decodable, Equatable {
        var flagged: Int
        var found: Int?
        var missed: Int?
        var falseAlarms: Int?
        var passed: Int?
    }

    /// A finished job with its images.
    private func job(_ count: Int = 12, hasTruth: Bool = true) throws -> FinishedJob {
        let job = try FinishedJob(images: count)
        try job.writeImages()
        try Report.write(job.journal, truth: hasTruth ? Truth(ImageList.read([job.truthFile])) : nil)
        return job
    }

    private func visit<Result: Decodable>(
        _ job: FinishedJob, _ scenario: String, _ arguments: [String] = []
    ) throws -> Result {
        let visit: Browser.Visit<Result> = try Browser.visit(
            job.journal.directory.report, scenario, of: Browser.reportScenarios, arguments)
        #expect(visit.faults == [] && visit.requests == [])
        return visit.result
    }

    /// What the page counts at a threshold is what `padim evaluate` counts, and what the command that it shows would flag.
    @Test(arguments: [true, false]) func thePageCountsAsTheProgramDoes(_ hasTruth: Bool) throws {
        struct Answer: Decodable {
            struct Ranking: Decodable {
                var auroc: Double
                var averagePrecision: Double
                var bestF1: Double
                var bestThreshold: Float
            }
            struct Count: Decodable {
                var command: String
            }
            var counts: [Count]
            var ranking: Ranking?
        }
        struct Numbers: Decodable { var counts: [Counts] }
        // Scores that no short decimal is, some of them several times.
        let job = try FinishedJob(images: 40, maps: nil) { Float($0 % 13) * 1.1 + Float($0 % 3) * 0.7 }
        try Report.write(job.journal, truth: hasTruth ? Truth(ImageList.read([job.truthFile])) : nil)
        var scores: [LabelledScore] = []
        try job.journal.forEachImage(.inspect) { row in
            let isAnomalous = FinishedJob.isAnomalous(Int(row.id.rawValue) - 1)
            if let score = row.score { scores.append(LabelledScore(score, isAnomalous: isAnomalous)) }
        }
        let thresholds =
            Set(scores.map(\.score)).flatMap { [$0.nextDown, $0, $0.nextUp] }.filter { $0 >= 0 }.sorted() + [0, 1e6]
        let texts = String(decoding: try JSONEncoder().encode(thresholds.map { "\($0)" }), as: UTF8.self)
        let counts: Numbers = try visit(job, "thresholds", [texts])
        let answer: Answer = try visit(job, "thresholds", [texts])
        try #require(counts.counts.count == thresholds.count)
        for (index, threshold) in thresholds.enumerated() {
            let expected = Confusion(scores, threshold: Threshold(threshold))
            let shown = counts.counts[index]
            #expect(shown.flagged == expected.truePositives + expected.falsePositives, "\(threshold)")
            if hasTruth {
                #expect(
                    shown
                        == Counts(
                            flagged: shown.flagged, found: expected.truePositives, missed: expected.falseNegatives,
                            falseAlarms: expected.falsePositives, passed: expected.trueNegatives), "\(threshold)")
            } else {
                #expect(shown.found == nil)
            }
            let given = answer.counts[index].command.split(separator: " ").last.flatMap { Float($0) }
            #expect(given == threshold)
        }
        let expected = hasTruth ? RankingMetrics(scores) : nil
        #expect(answer.ranking?.auroc == expected?.auroc && answer.ranking?.bestThreshold == expected?.bestThreshold)
        #expect(answer.ranking?.bestF1 == expected?.bestF1)
        #expect(abs((answer.ranking?.averagePrecision ?? 0) - (expected?.averagePrecision ?? 0)) < 1e-12)
    }

    @Test func theThresholdIsDraggedAndMovedByKeys() throws {
        struct Step: Decodable {
            var what: String
            var value: Float
            var number: Float
            var command: String
            var flagged: Int
            var found: Int
            var falseAlarms: Int
        }
        let job = try job()
        let steps: [Step] = try visit(job, "slider")
        let byName = Dictionary(uniqueKeysWithValues: steps.map { ($0.what, $0) })
        let begin = try #require(byName["begin"])
        let dragged = try #require(byName["dragged"])
        #expect(begin.value == 20 && begin.flagged == 2 && begin.falseAlarms == 0)
        #expect(dragged.value < 10 && dragged.flagged > 2 && dragged.falseAlarms > 0)
        #expect(byName["released"]?.value == dragged.value)
        #expect(try #require(byName["ArrowRight"]).value > dragged.value)
        #expect(byName["ArrowLeft"]?.value == dragged.value)
        #expect(byName["End"]?.flagged == 0 && byName["Home"]?.flagged == 11)
        #expect(byName["job"]?.value == 20 && byName["job"]?.flagged == 2)
        for step in steps {
            #expect(step.value == step.number && step.command.hasSuffix("--threshold \(step.number.formatted)"))
            #expect(step.found + step.falseAlarms == step.flagged)
        }
    }

    @Test func theListIsFilteredAndSorted() throws {
        struct Answer: Decodable {
            var all, flagged, missed, cleared, between, named, byName, rising: [[String]]
            var headings: [String]
            var count: String
        }
        let job = try job()
        let answer: Answer = try visit(job, "listing")
        #expect(answer.headings == ["score", "status", "label", "source", "image"])
        #expect(answer.all.count == 12 && answer.all.last?[1] == "unreadable")
        #expect(answer.flagged.map { $0[4] } == ["images/9.png", "images/6.png"])
        #expect(answer.missed.map { $0[4] } == ["images/3.png", "images/0.png"])
        #expect(answer.cleared == answer.all && answer.count.hasPrefix("2 of the 12"))
        #expect(answer.between.map { $0[0] } == ["8", "7", "5"])
        #expect(answer.named.map { $0[4] } == ["images/1.png"])
        #expect(answer.byName.map { $0[4] } == (0..<12).map { "images/\($0).png" })
        #expect(
            answer.rising.prefix(11).map { Float($0[0]) ?? -1 }
                == answer.all.prefix(11).map { Float($0[0]) ?? -1 }.reversed())
    }

    @Test func anImageOpens() throws {
        struct Answer: Decodable {
            var name, inside, outside, byKeys, next: String
            var panes, charts: [String]
            var sharesChange: [Bool]
            var overlayIsImage, wipes, outlines, isClosed: Bool
        }
        let job = try job()
        let answer: Answer = try visit(job, "viewer")
        #expect(answer.name == "images/9.png" && answer.panes == ["image", "map", "overlay"])
        #expect(answer.inside == "row 1, column 1 of 16 × 16: distance 24.5 (±0.05), reaches the threshold")
        #expect(answer.outside.contains("row 14, column 14") && answer.outside.contains("distance 4.5"))
        #expect(answer.charts == ["ROC", "Precision and recall", "PRO"])
        #expect(
            answer.sharesChange == [false, false, true] && answer.overlayIsImage && answer.wipes && answer.outlines)
        #expect(answer.byKeys.hasPrefix("row 14, column 15") && answer.next == "images/6.png" && answer.isClosed)
    }

    /// Whatever lists and errors say, it is text.
    @Test func hostileNamesStayText() throws {
        struct Answer: Decodable {
            var text, title: String
            var elements, links: [String]
            var alarm: String?
        }
        let names = [
            "<script>window.alarm='a'</script>", "</script><script>window.alarm='b'</script>",
            "\"><img src=x onerror=\"window.alarm='c'\">",
            "'\u{301} onclick='window.alarm=1'", "a\nb\u{2028}c", "\u{202E}gnp.\u{2066}exe", "<!--<script>",
            "javascript:alert(1)//", "{{title}}",
            "https://example.invalid/x.png", "&lt;b&gt;", "\u{200B}\u{FEFF}\u{7}",
        ]
        let folder = try FinishedJob(images: 3)
        let journal = try Journal.open(
            JobDirectory(folder.folder + "/it's <b>"),
            job: JobRecord(kind: .inspect, settings: ["maps": names[0], "x": names[1]], lists: [:]))
        let records = names.map {
            ImageRecord(path: $0, location: .file("/" + $0), output: "x/" + $0.replacing("/", with: "_"))
        }
        try journal.register(
            records, role: .inspect, shards: [NewShard(images: names.count)],
            sources: [.init(name: names[0], images: 6), .init(name: names[2], images: names.count - 6)])
        let shard = try #require(journal.shards(.inspect).first)
        let results = try journal.images(ofShard: shard.id).enumerated().map { index, image in
            index % 4 == 3
                ? ImageResult(unreadable: ImageFailure(id: image.id, reason: names[index]))
                : ImageResult(image: image.id, score: Float(index), maxRow: 1, maxColumn: 1)
        }
        try journal.commitResults(shard: shard.id, role: .inspect, results: results)
        try journal.set(.summary, to: names.map { JobFact($0, $0) })
        try journal.set(.phase, to: .done)
        try Report.write(journal)
        let visit: Browser.Visit<Answer> = try Browser.visit(
            journal.directory.report, "texts", of: Browser.reportScenarios)
        #expect(visit.faults == [] && visit.requests == [] && visit.result.alarm == nil && visit.result.elements == [])
        for name in names.map(HTMLText.visible) { #expect(visit.result.text.contains(name), "\(name)") }
        #expect(visit.result.text.contains("a⟨U+000A⟩b⟨U+2028⟩c"))
        #expect(visit.result.links.allSatisfy { $0.hasPrefix("file:///") && !$0.contains("script") })
        try journal.close()
    }

    @Test func aPhoneShowsIt() throws {
        struct Answer: Decodable {
            var tooWide, moved: Bool
            var dark: String
        }
        let answer: Answer = try visit(job(), "phone")
        #expect(!answer.tooWide && answer.moved && answer.dark == "rgb(20, 24, 31)")
    }
}

extension Float {
    /// As a page writes it.
    fileprivate var formatted: String { self == rounded() ? "\(Int(self))" : "\(self)" }
}
