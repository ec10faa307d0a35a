import ArgumentParser
import Inspection
import Journal

struct Export: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Writes a job's results as CSV: one row an image of the list, in the list's order.",
        discussion: """
            Columns: \(ResultsTable.header.joined(separator: ",")).

            Example:
              padim export jobs/today --csv today-results.csv
            """)

    @Argument(help: "The job's directory.")
    var job: String

    @Option(help: "The file to write.")
    var csv: String

    @Option(help: "Which images: normal or inspect (default: inspect, unless the job only fits).")
    var images: ImageRole?

    func run() throws {
        let rows = try ResultsTable.export(Journal.read(JobDirectory(job)), role: images, to: csv)
        print("\(rows) rows in \(csv)")
    }
}

extension ImageRole: ExpressibleByArgument {}
