import ArgumentParser
import ImageLists
import Inspection
import Journal
import Settings
import Terminal

struct WriteReport: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Writes a job's report.html: scores, a threshold to try, curves, pictures, a list of the images.",
        discussion: """
            The page opens in any browser, from a file or a web server, and loads nothing from elsewhere. With labels it counts misses and false alarms at every \
            threshold. Of more than 2,000 images it lists those that somebody looks for first and a sample; pages in the folder report/ have all. \
            The same job gives the same bytes.

            Examples:
              padim report jobs/today
              padim report jobs/today --truth today.csv
            """)

    @Argument(help: "The job's directory.", completion: .directory)
    var job: String

    @Option(help: "A list with labels, for metrics; may repeat.", completion: .file())
    var truth: [String] = []

    @Option(help: "Count the images of this split of the truth (train, test, ...), or all (default: all but train).")
    var split: SplitSelection?

    func run() throws {
        let (journal, known) = try readingCommand {
            (
                try Journal.read(JobDirectory(job)),
                truth.isEmpty ? nil : try Truth(ImageList.read(truth), split: split ?? .toInspect)
            )
        }
        var line = ProgressLine()
        try Report.write(journal, truth: known) {
            line.follow("evaluate", done: $0, of: $1)
        }
        Output.printLine(journal.directory.report)
    }
}
