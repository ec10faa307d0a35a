import ArgumentParser
import Inspection
import Journal
import Terminal
import Thresholds

struct Export: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Writes a job's results as CSV: one row an image of the list, in the list's order.",
        discussion: """
            Columns: \(ResultsTable.header.joined(separator: ",")).

            Examples:
              padim export jobs/today --csv today-results.csv
              padim export jobs/today --threshold 17.5 --csv flagged-at-17.5.csv
              padim export jobs/today --unusable --csv unreadable.csv
            """)

    @Argument(help: "The job's directory.", completion: .directory)
    var job: String

    @Option(help: "The file to write.", completion: .file())
    var csv: String

    @Option(help: "Which images: normal, calibration or inspect (default: inspect, unless the job only fits).")
    var images: ImageRole?

    @Flag(help: "Only the images that could not be used, with the reasons.")
    var unusable = false

    @Option(help: "Flag images whose score is at least this (default: as the job did).")
    var threshold: Float?

    func validate() throws {
        if let threshold, !threshold.isFinite { throw ValidationError("--threshold takes a finite number") }
    }

    func run() throws {
        try requirePlace(for: csv, .text)
        let journal = try readingCommand { try Journal.read(JobDirectory(job)) }
        let rows = try ResultsTable.export(
            journal, role: images, threshold: threshold.map { Threshold($0) },
            unusable: unusable, to: csv)
        Output.printLine("\(rows) rows in \(csv)")
    }
}

extension ImageRole: ExpressibleByArgument {}
