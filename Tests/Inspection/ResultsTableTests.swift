import Foundation
import Inspection
import Journal
import Storage
import TestSupport
import Testing
import Thresholds

@Suite struct ResultsTableTests {
    @Test func oneRowAnImageInTheListsOrder() throws {
        let job = try FinishedJob(images: 5)
        let path = job.journal.directory.results
        #expect(try ResultsTable.export(job.journal, to: path) == 5)
        #expect(
            try String(contentsOfFile: path, encoding: .utf8) == """
                image_path,status,score,max_row,max_col,flagged,map_path,reason,source,path,threshold,p_value,image_row,image_col
                images/0.png,ok,15.5,1,2,0,maps/0.png,,list.csv,\(job.folder)/images/0.png,20.0,,2,5
                images/1.png,ok,1.0,1,2,0,maps/1.png,,list.csv,\(job.folder)/images/1.png,20.0,,2,5
                images/2.png,ok,2.0,1,2,0,maps/2.png,,list.csv,\(job.folder)/images/2.png,20.0,,2,5
                images/3.png,ok,18.5,1,2,0,maps/3.png,,list.csv,\(job.folder)/images/3.png,20.0,,2,5
                images/4.png,unreadable,,,,,,"not an image, really",more images,\(job.folder)/images/4.png,,,,

                """)
    }

    @Test func scoresReadBackAsTheyWere() throws {
        var generator = SeededGenerator(seed: 9)
        for _ in 0..<1000 {
            let score = Float(generator.below(1 << 30)) / Float(1 + generator.below(1 << 20))
            let row = ImageRow(
                id: 1, record: ImageRecord(path: "a\nb,\"c\"", location: .file("/a"), output: "a"), status: .ok,
                reason: nil,
                score: score,
                maxRow: 0, maxColumn: 0, flagged: true, mapPath: nil)
            let fields = ResultsTable.fields(of: row)
            #expect(Float(fields[2]) == score)
            #expect(fields[5] == "1" && fields[0] == "a\nb,\"c\"")
            // By another threshold than the job's.
            #expect(ResultsTable.fields(of: row, Threshold(score))[5] == "1")
            #expect(ResultsTable.fields(of: row, Threshold(score.nextUp))[5] == "0")
        }
    }

    @Test func anUnfinishedFitHasRowsToo() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let journal = try Journal.open(JobDirectory(folder), job: JobRecord(kind: .fit, settings: [:], lists: [:]))
        try journal.register(
            [ImageRecord(path: "x.png", location: .file("/x.png"), output: "x")], role: .normal, shardSize: 1)
        #expect(try ResultsTable.export(journal, to: journal.directory.results) == 1)
        let text = try String(contentsOfFile: journal.directory.results, encoding: .utf8)
        #expect(text.hasSuffix("\nx.png,,,,,,,,,/x.png,,,,\n"))
    }
}
