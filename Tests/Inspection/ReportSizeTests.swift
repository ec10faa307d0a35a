import Foundation
import ImageLists
import Inspection
import Journal
import Settings
import Storage
import TestBrowser
import TestSupport
import Testing

/// Checks the size of a large job's report, and that a browser shows it quickly. With `PADIM_REPORT_IMAGES=400000` the job has that many images;
/// the test prints the time and the bytes that the report takes.
@Suite struct ReportSizeTests {
    private struct Speed: Decodable {
        /// Milliseconds from the beginning of the load.
        var drawn: Double
        var paint: Double?
        var afterReload: Double
        /// That one step of the threshold takes.
        var move: Double
        var rows: Int
        /// The tables by category, source and kind of defect, and the counts of all images.
        var parts: [String: [[String]]]
        var shown: [String: Int]
        var count: String
    }

    @Test func aLargeJobStaysQuick() throws {
        let wanted = ProcessInfo.processInfo.environment["PADIM_REPORT_IMAGES"].flatMap { Int($0) }
        let count = wanted ?? 20_000
        let folder = try TemporaryFolder()
        let job = try LargeJob(images: count, in: folder.path)
        let clock = ContinuousClock()
        let truth = try Truth(ImageList.read([job.truthFile]))
        let made = try clock.measure { try Report.write(job.journal, truth: truth) }
        let page = try Data(contentsOf: URL(fileURLWithPath: job.journal.directory.report)).count
        let pages = job.journal.directory.inside(JobLayout.reportPages)
        let files = try FileManager.default.contentsOfDirectory(atPath: pages)
        let bytes = try files.reduce(0) {
            $0 + (try FileManager.default.attributesOfItem(atPath: "\(pages)/\($1)")[.size] as? Int ?? 0)
        }
        let visit: Browser.Visit<Speed> = try Browser.visit(
            job.journal.directory.report, "speed", of: Browser.reportScenarios)
        #expect(visit.faults == [] && visit.requests == [])
        // Six bytes an image for its score, and a page's rows.
        #expect(page < 6 * count + 1_500_000)
        #expect(files.count == (count + 1_999) / 2_000 && bytes < 300 * count)
        #expect(visit.result.rows == 100 && visit.result.count.contains("of all \(count / 1_000)\u{202F}000 images"))
        // Parts add up to the whole.
        func sum(_ part: String, _ column: Int) -> Int {
            (visit.result.parts[part] ?? []).reduce(0) { $0 + (Int($1[column].filter(\.isNumber)) ?? 0) }
        }
        let shown = visit.result.shown
        for part in ["category", "source"] {
            #expect(sum(part, 1) == count && sum(part, 2) == shown["flagged"] && sum(part, 3) == shown["found"])
            #expect(sum(part, 4) == shown["missed"] && sum(part, 5) == shown["falseAlarms"])
        }
        #expect(visit.result.parts["defect"]?.map { $0[0] }.sorted() == ["crack", "scratch", "stain"])
        #expect(sum("defect", 2) == shown["found"] && sum("defect", 3) == shown["missed"])
        #expect(try shown["flagged"] == job.journal.flagged(.inspect))
        // A hundredth of this is usual.
        #expect(visit.result.move < 500)
        if wanted != nil {
            print(
                "\(count) images: made in \(made), \(page) bytes, \(files.count) pages of \(bytes) bytes; in Chromium \(visit.result)"
            )
        }
        try job.journal.close()
    }
}

/// A finished inspection of images that are not there: names, scores and labels only.
private struct LargeJob {
    let journal: Journal
    let truthFile: String

    init(images count: Int, in folder: String) throws {
        var generator = SeededGenerator(seed: 11)
        journal = try Journal.open(
            JobDirectory(folder + "/job"), job: JobRecord(kind: .inspect, settings: ["maps": "none"], lists: [:]))
        let records = (0..<count).map {
            let name = "line-3/camera-\($0 % 4)/2026-07-13/part-\(String($0 + 1_000_000)).png"
            return ImageRecord(path: name, location: .file("\(folder)/\(name)"), output: name)
        }
        let shardSize = 2_000
        try journal.register(
            records, role: .inspect,
            shards: stride(from: 0, to: count, by: shardSize).map { NewShard(images: min(shardSize, count - $0)) },
            sources: (0..<5).map { .init(name: "lists/day-\($0).csv", images: count / 5) })
        try journal.set(.threshold, to: 14)
        truthFile = folder + "/truth.csv"
        var truth = "image_path,label_index,category,label\n"
        for shard in try journal.shards(.inspect) {
            let results = try journal.images(ofShard: shard.id).map { image in
                let isAnomalous = Int.random(in: 0..<50, using: &generator) == 0
                let noise = (0..<4).reduce(Float(0)) { sum, _ in sum + Float.random(in: 0...3, using: &generator) }
                let score = 4 + noise + (isAnomalous ? Float.random(in: 0...12, using: &generator) : 0)
                let kind = ["scratch", "crack", "stain"][Int(image.id.rawValue) % 3]
                truth +=
                    "\(image.record.path),\(isAnomalous ? 1 : 0),camera \(image.id.rawValue % 4),\(isAnomalous ? kind : "good")\n"
                return ImageResult(image: image.id, score: score, maxRow: 1, maxColumn: 1, flagged: score >= 14)
            }
            try journal.commitResults(shard: shard.id, role: .inspect, results: results)
        }
        try journal.set(.phase, to: .done)
        try DurableFile.write(truth.utf8, to: truthFile)
    }
}
