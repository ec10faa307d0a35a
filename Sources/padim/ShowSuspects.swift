import ArgumentParser
import Foundation
import Inspection
import Journal
import Terminal

struct ShowSuspects: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "suspects",
        abstract: "Lists a fit's own images that look least like the others: defects among them come first.",
        discussion: """
            Each image has the score that it has by the model without it. p is the share of the images that score at least as high. \
            Look at the first ones, and take out what is not normal, and nothing else:

              padim suspects jobs/fit
              padim suspects jobs/fit --limit 100 --csv suspects.csv
              padim statistics subtract jobs/fit/statistics.safetensors --images wrong.txt --output right.safetensors

            Columns of the table: \(Suspects.header.joined(separator: ",")).
            """)

    @Argument(help: "The directory of a job that fits.")
    var job: String

    @Option(help: "How many images.")
    var limit = 20

    @Option(help: "Write them as a table to this file as well.")
    var csv: String?

    func validate() throws {
        if limit < 1 { throw ValidationError("--limit takes a number of at least 1, not \(limit)") }
    }

    func run() throws {
        if let csv { try requirePlace(for: csv, .text) }
        let suspects = try readingCommand { try Suspects(of: Journal.read(JobDirectory(job)), limit: limit) }
        for row in suspects.rows {
            let lot = row.lot.map { ", lot \($0)" } ?? ""
            Output.say(
                "\(String(format: "%10.3f", row.score))  p \(String(format: "%.4f", row.pValue))\(lot)  \(row.path)")
        }
        if let csv {
            try suspects.write(to: csv)
            Output.say("\(suspects.rows.count) rows in \(csv)")
        }
    }
}
