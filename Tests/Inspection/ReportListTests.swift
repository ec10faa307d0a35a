import Foundation
import Inspection
import Journal
import Storage
import TestSupport
import Testing

/// Which images a report lists and shows, and the pages of a large job.
@Suite struct ReportListTests {
    private static func scored(_ count: Int, seed: UInt64, isLabelled: Bool) -> [ReportSelection.Scored] {
        var generator = SeededGenerator(seed: seed)
        return (0..<count).map { number in
            // Of few different scores, so that many are equal.
            .init(
                id: ImageID(rawValue: Int64(number + 1)),
                score: Float(Int.random(in: 0...count / 3 + 1, using: &generator)),
                anomalous: isLabelled ? Bool.random(using: &generator) : nil)
        }
    }

    @Test(arguments: [0, 1, 7, 60, 61, 1_999, 2_000, 2_001, 9_000], [true, false])
    func theSelectionHoldsWhatIsLookedFor(_ count: Int, _ isLabelled: Bool) {
        let scored = Self.scored(count, seed: UInt64(count), isLabelled: isLabelled)
        let unscored = (count..<count + count / 10).map { ImageID(rawValue: Int64($0 + 1)) }
        let threshold = Float(count / 6)
        let selection = ReportSelection(scored, unscored: unscored, threshold: threshold)
        let falling = scored.sorted { $0.score != $1.score ? $0.score > $1.score : $0.id < $1.id }
        #expect(selection.order == falling.map(\.id) + unscored)
        #expect(Set(selection.rows).count == selection.rows.count && selection.rows.count <= ReportSelection.mostListed)
        #expect(Set(selection.rows).isSubset(of: selection.order))
        if selection.order.count <= ReportSelection.mostListed { #expect(selection.rows == selection.order) }
        #expect(selection.rows.count >= min(selection.order.count, 1_500))
        // What is shown is listed, but for images beside the threshold.
        #expect(selection.pictured.count == min(count, ReportSelection.mostShown) || isLabelled || count > 60)
        #expect(Set(selection.pictured).count == selection.pictured.count)
        #expect(Array(selection.pictured.prefix(24)) == Array(falling.map(\.id).prefix(24)))
        if isLabelled {
            let misses = falling.reversed().filter { $0.anomalous == true }.map(\.id)
            let alarms = falling.filter { $0.anomalous == false }.map(\.id)
            #expect(Set(selection.rows).isSuperset(of: misses.prefix(250) + alarms.prefix(250)))
            #expect(Set(selection.pictured).isSuperset(of: misses.prefix(12) + alarms.prefix(12)))
        }
    }

    /// Each score is in one group, and each group is in order.
    @Test func groupsHoldEveryScore() throws {
        var generator = SeededGenerator(seed: 5)
        var builder = ScoreGroups.Builder()
        var expected: [String: [Float]] = [:]
        for _ in 0..<3_000 {
            let known = ScoreGroups.Known(
                anomalous: [true, false, nil].randomElement(using: &generator) ?? nil,
                source: ["a", "b\u{202E}"].randomElement(using: &generator),
                category: Bool.random(using: &generator) ? nil : "c\(Int.random(in: 0..<600, using: &generator))")
            let score = Float.random(in: 0...9, using: &generator)
            builder.add(score, to: builder.register(known))
            expected["\(String(describing: known.anomalous)) \(known.source ?? "")", default: []].append(score)
        }
        let groups = builder.build()
        #expect(groups.names.source.sorted() == ["a", "b⟨U+202E⟩"])
        #expect(groups.names.category.count <= 501)
        let all = groups.scores.withUnsafeBytes { bytes in
            (0..<bytes.count / 4).map {
                Float(bitPattern: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self)))
            }
        }
        var found: [String: [Float]] = [:]
        var start = 0
        for group in groups.groups {
            let scores = Array(all[start..<start + group.images])
            #expect(scores == scores.sorted(by: >))
            let source = try groups.names.source[#require(group.source)].prefix(1)
            found["\(String(describing: group.anomalous)) \(source == "a" ? "a" : "b\u{202E}")", default: []] += scores
            start += group.images
        }
        #expect(start == 3_000 && found.mapValues { $0.sorted() } == expected.mapValues { $0.sorted() })
    }

    /// Lists that name ever new things do not make a page without end, and all scores still count.
    @Test func groupsHaveABound() {
        var builder = ScoreGroups.Builder()
        for number in 0..<40_000 {
            let known = ScoreGroups.Known(
                anomalous: number % 2 == 0, source: "\(number % 190)", category: "\(number / 190)", defect: "\(number)")
            builder.add(Float(number), to: builder.register(known))
        }
        let groups = builder.build()
        #expect(groups.groups.count <= 5_002 && builder.merged > 0)
        #expect(groups.groups.reduce(0) { $0 + $1.images } == 40_000 && groups.scores.count == 160_000)
        #expect(groups.groups.filter { $0.anomalous == true }.reduce(0) { $0 + $1.images } == 20_000)
        #expect(groups.names.defect.count == 501 && groups.names.defect.last == "(others)")
    }

    /// All images are on the pages, once, by score; and pages of an earlier report are removed.
    @Test func pagesHoldAllImages() throws {
        let job = try FinishedJob(images: 4_300, maps: nil)
        let folder = job.journal.directory.inside(JobLayout.reportPages)
        try Folder.create(folder)
        for name in ["0003.html", "0004.html", "mine.txt"] { try DurableFile.write("x".utf8, to: "\(folder)/\(name)") }
        try Report.write(job.journal)
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        #expect(names == ["0001.html", "0002.html", "0003.html", "mine.txt"])
        var rows: [(score: Float?, path: Substring)] = []
        for name in names.prefix(3) {
            let page = try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
            for match in page.matches(of: /<tr><td>([^<]*)<\/td>.*<bdi>(.*)<\/bdi>/) {
                rows.append((Float(match.1), match.2))
            }
        }
        let scores = rows.compactMap(\.score)
        #expect(rows.count == 4_300 && Set(rows.map(\.path)).count == 4_300)
        #expect(scores.count == 4_299 && scores == scores.sorted(by: >) && rows.last?.score == nil)
        let told = try ReportContents(ofPage: job.journal.directory.report)
        #expect(told.pages.map(\.file) == ["./report/0001.html", "./report/0002.html", "./report/0003.html"])
        #expect(told.pages.map(\.lowest) == [scores[1_999], scores[3_999], scores[4_298]])
        #expect(told.total == 4_300 && (1_500...ReportSelection.mostListed).contains(told.rows.count))
    }
}
