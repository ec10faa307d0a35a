import Foundation
import HTML
import ImageLists
import Imaging
import Inspection
import Journal
import Settings
import Storage
import Testing
import Thresholds

@Suite struct ReportTests {
    private func page(_ job: FinishedJob) throws -> String {
        try String(contentsOfFile: job.journal.directory.report, encoding: .utf8)
    }

    private func contents(_ job: FinishedJob) throws -> ReportContents {
        try ReportContents(ofPage: job.journal.directory.report)
    }

    @Test func aFinishedJobIsTold() throws {
        let job = try FinishedJob()
        try job.writeImages()
        try job.journal.set(.summary, to: [JobFact("images a second", "71")])
        try Report.write(job.journal, truth: Truth(ImageList.read([job.truthFile])))
        let told = try contents(job)
        #expect(told.title == "Inspection" && told.phase == "done" && told.threshold == 20 && told.total == 12)
        #expect(told.facts.contains(["images a second", "71"]) && told.metrics.contains(["image AUROC", "1.00000"]))
        #expect(told.failures.map(\.reason) == ["not an image, really"] && told.failed == 1)
        #expect(told.rows.prefix(2).map(\.score) == [24.5, 21.5] && told.rows.count == 12 && told.pages.isEmpty)
        let first = try #require(told.rows.first)
        #expect(first.file == "\(job.folder)/images/9.png" && first.map == "./maps/9.png" && first.anomalous == true)
        #expect((first.row, first.column) == (2, 5))
        #expect(told.scores.names.source == ["list.csv", "more images"])
        #expect(told.flagCommand == "padim flag \(job.journal.directory.path) --threshold ")
        #expect(told.overlap?.area == 1 && told.notes.isEmpty)
        let shown = try #require(told.pictures["\(first.id)"])
        #expect(shown.image != nil && shown.map?.highest == 24.5 && shown.note == nil)
    }

    @Test func theSameJobGivesTheSameBytes() throws {
        let job = try FinishedJob(images: 40)
        try job.writeImages()
        let truth = try Truth(ImageList.read([job.truthFile]))
        let pages = try [1, 2, 3, 8, 1].map { threads in
            try Report.write(job.journal, truth: truth, threads: threads)
            return try page(job)
        }
        #expect(pages.allSatisfy { $0 == pages[0] } && pages[0].utf8.count > 10_000)
    }

    /// The page has a map's numbers, whatever the format of its file, and the image's pixels.
    @Test(arguments: MapFormat.allCases) func picturesAreOfTheFiles(_ maps: MapFormat) throws {
        let job = try FinishedJob(maps: maps)
        try job.writeImages()
        try Report.write(job.journal)
        let told = try contents(job)
        let row = try #require(told.rows.first { $0.path == "images/9.png" })
        let picture = try #require(told.pictures["\(row.id)"])
        let map = try #require(picture.map)
        let samples = try map.png.withUnsafeBytes { try ImageDecoder.decode($0, name: "map") }
        let values = stride(from: 0, to: samples.pixels.count, by: 3).map {
            Float(samples.pixels[$0]) - 1
        }.map { $0 / 254 * map.highest }
        let expected = FinishedJob.mask.defective.map { $0 ? Float(24.5) : 4.5 }
        #expect(zip(values, expected).allSatisfy { abs($0 - $1) <= 24.5 / 254 / 2 * 1.001 })
        let image = try #require(picture.image)
        let decoded = try image.withUnsafeBytes { try ImageDecoder.decode($0, name: "image") }
        #expect((decoded.width, decoded.height) == (FinishedJob.side, FinishedJob.side))
    }

    /// Maps of earlier releases that were cut off are named, and metrics of images are there all the same.
    @Test func mapsThatWereCutOffAreNamed() throws {
        let job = try FinishedJob(strength: 15, isEarlier: true)
        try Report.write(job.journal)
        #expect(try contents(job).notes.contains { $0.contains("cut off") && $0.contains("maps/9.png, maps/6.png") })
        try Report.write(job.journal, truth: Truth(ImageList.read([job.truthFile])))
        let judged = try contents(job)
        #expect(judged.notes.contains { $0.hasPrefix("No metrics over pixels: 3 maps are cut off") })
        #expect(judged.metrics.contains { $0[0] == "image AUROC" } && judged.overlap == nil)
        let whole = try FinishedJob(isEarlier: true)
        try Report.write(whole.journal)
        #expect(try !contents(whole).notes.contains { $0.contains("cut off") })
    }

    /// What there is no picture of is said, and why.
    @Test func whatIsMissingIsSaid() throws {
        let none = try FinishedJob(threshold: nil, maps: nil)
        try Report.write(none.journal)
        let told = try contents(none)
        #expect(told.threshold == nil && told.suggested == 24.5 && told.metrics.isEmpty)
        #expect(
            told.notes.first?.hasPrefix("11 of 11 pictures are not whole. The first: no map: it was removed") == true)
        let gone = try FinishedJob()
        try gone.writeImages()
        try FileManager.default.removeItem(atPath: gone.journal.directory.maps)
        try Report.write(gone.journal)
        let notes = try contents(gone).pictures.values.compactMap(\.note)
        #expect(notes.count == 11 && notes.allSatisfy { $0.hasSuffix("not to be seen from this machine") })
        #expect(try contents(gone).pictures.values.allSatisfy { $0.image != nil && $0.map == nil })
    }

    @Test func aFitHasNoScores() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let channels = (0..<100).map(String.init).joined(separator: " ")
        let journal = try Journal.open(
            JobDirectory(folder), job: JobRecord(kind: .fit, settings: ["channels": channels], lists: [:]))
        try journal.register(
            [ImageRecord(path: "x.png", location: .file("/x.png"), output: "x")], role: .normal, shardSize: 1)
        try Report.write(journal)
        let told = try ReportContents(ofPage: journal.directory.report)
        #expect(told.title == "Fit" && told.phase == "begun, 0 of 1 images" && told.scores.groups.isEmpty)
        #expect(told.settings.first?[1].hasSuffix("(289 characters)") == true && told.flagCommand == nil)
    }

    @Test(arguments: [
        ("overlays/a b.png", "./overlays/a%20b.png"), ("javascript:alert(1)", "./javascript%3Aalert%281%29"),
        ("//host/x", "./host/x"), ("a/ü?#.png", "./a/%C3%BC%3F%23.png"),
    ])
    func linksStayRelative(_ path: String, _ link: String) {
        #expect(RelativeLink.to(path) == link)
    }

    /// The command is copied into a shell: what is shown is one word of it, and the same directory.
    @Test(arguments: [
        "/jobs/today", "/a b", "it's", "$(reboot)`x`", "-x", "a\nb", "\u{202E}abc", "ü\"\\!", "", "*?~{a,b}",
    ])
    func wordsOfCommandsAreWhole(_ text: String) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = ["-c", "printf %s " + ShellWord.quoted(text)]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        #expect(String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self) == text)
        #expect(HTMLText.visible(ShellWord.quoted(text)) == ShellWord.quoted(text))
    }

    /// A drawing of few points has nearly the area of the curve.
    @Test func fewPointsDrawTheCurve() {
        let curve = (0...20_000).map { number in
            let share = Double(number) / 20_000
            return RegionOverlap.Point(falsePositives: share * share, overlap: min(1, 1.6 * share))
        }
        let drawn = RegionOverlap.drawn(curve)
        #expect(drawn.count < 900 && drawn.last?.falsePositives == 0.3)
        let areas = [curve, drawn].map { RegionOverlap.area(under: $0, upTo: 0.3) }
        #expect(abs(areas[0] - areas[1]) < 1e-4)
    }
}

extension ReportContents {
    /// What a page holds.
    init(ofPage path: String) throws {
        let page = try String(contentsOfFile: path, encoding: .utf8)
        let start = try #require(page.range(of: "id=\"data\">"))
        let end = try #require(page[start.upperBound...].range(of: "</script>"))
        let json = page[start.upperBound..<end.lowerBound]
        #expect(!json.contains("<"))
        self = try JSONDecoder().decode(ReportContents.self, from: Data(json.utf8))
    }
}
