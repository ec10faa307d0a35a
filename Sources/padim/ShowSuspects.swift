import ArgumentParser
import Foundation
import Inspection
import Journal
import Storage
import Terminal

struct ShowSuspects: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "suspects",
        abstract: "Lists a fit's own images that look least like the others: defects among them come first.",
        discussion: """
            Each image has the score that it has by the model without it. p is the share of the images that score at least as high, this one among them. \
            Look at the first ones, and take out what is not normal, and nothing else:

              padim suspects jobs/fit
              padim suspects jobs/fit --limit 100 --csv suspects.csv
              padim-coord fit (as before) --job jobs/fit --exclude wrong.csv

            wrong.csv is the table without the rows of good parts, or any list of the images.

            --report writes a page, suspects.html in the job's directory, with overlays of the first ones: their maps are by the model \
            without the image. They are computed here from the images (a second or two), and need the weights that were fitted with.

              padim suspects jobs/fit --report

            Columns of the table: \(Suspects.header.joined(separator: ",")).
            """)

    @Argument(help: "The directory of a job that fits.", completion: .directory)
    var job: String

    @Option(help: "How many images.")
    var limit = 20

    @Option(help: "Write them as a table to this file as well.", completion: .file())
    var csv: String?

    @Flag(help: "Write suspects.html, with overlays of the first images.")
    var report = false

    @Option(help: "How many images of the page have an overlay; 0: none (default: 24).")
    var overlays: Int?

    @Option(
        help: "The file of weights that the model was fitted with (default: found in the cache by its digest).",
        completion: .file())
    var weights: String?

    private static let usualOverlays = 24

    func validate() throws {
        if !report, overlays != nil || weights != nil {
            throw ValidationError("--overlays and --weights go with --report")
        }
        if let overlays, !(0...SuspectsPage.mostRows).contains(overlays) {
            throw ValidationError("--overlays takes a number from 0 to \(SuspectsPage.mostRows), not \(overlays)")
        }
        if limit < 1 { throw ValidationError("--limit takes a number of at least 1, not \(limit)") }
    }

    func run() throws {
        if let csv { try requirePlace(for: csv, .text) }
        let journal = try readingCommand { try Journal.read(JobDirectory(job)) }
        let suspects = try readingCommand { try Suspects(of: journal, limit: limit) }
        for row in suspects.rows {
            let lot = row.lot.map { ", lot \($0)" } ?? ""
            Output.printLine(
                "\(String(format: "%10.3f", row.score))  p \(String(format: "%.4f", row.pValue))\(lot)  \(row.path)")
        }
        if let remark = suspects.remark { Output.printLine("note: \(remark)") }
        if let csv {
            try suspects.write(to: csv)
            Output.printLine("\(suspects.rows.count) rows in \(csv)")
        }
        if report { try writePage(journal) }
    }

    private func writePage(_ journal: Journal) throws {
        let suspects = try Suspects(of: journal, limit: SuspectsPage.mostRows)
        let shown = Array(suspects.rows.prefix(overlays ?? Self.usualOverlays))
        var (pictures, scaling): ([SuspectsPage.Picture], MapScaling?) = ([], nil)
        if !shown.isEmpty {
            let maker = try readingCommand { try SuspectPictures(of: journal, weights: weights) }
            var line = ProgressLine()
            pictures = try maker.make(shown) { line.follow("overlays", done: $0, of: shown.count) }
            scaling = maker.scaling
        }
        let path = journal.directory.inside(JobLayout.suspects)
        try SuspectsPage(suspects, pictures: pictures, scaling: scaling, directory: journal.directory)
            .write(to: path)
        Output.printLine(path)
        let missing = pictures.compactMap { picture in if case .failure(let none) = picture { none.reason } else { nil }
        }
        if let first = missing.first {
            Output.printLine("note: \(missing.count) images have no overlay; the first: \(first)")
        }
    }
}
