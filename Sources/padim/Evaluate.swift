import ArgumentParser
import Foundation
import Imaging
import Inspection
import Journal
import Settings
import Terminal

struct Evaluate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Compares a job's results with the truth: AUROC, average precision, F1; AUPRO where there are masks.",
        discussion: """
            The truth is a CSV with the columns image_path and label_index (0 normal, else anomalous) or label (good, defect, \
            ...), and mask_path for metrics over pixels, as `padim manifest` writes it. Images are found by file, or else by \
            path. Those of the split 'train' do not count.

            Examples:
              padim evaluate jobs/today --truth today.csv
              padim evaluate jobs/today --truth today.csv --json
              padim evaluate jobs/today --truth bottle.csv --split all
            """)

    @Argument(help: "The job's directory.")
    var job: String

    @Option(help: "A list with labels. May be given more than once.")
    var truth: [String]

    @Option(help: "Count the images of this split of the truth (train, test, ...), or all (default: all but train).")
    var split: SplitSelection?

    @Flag(help: "Leave out images of the job that the list does not name.")
    var partial = false

    @Flag(inversion: .prefixedNo, help: "Read the maps as well, for metrics over pixels.")
    var pixels = true

    @Flag(help: "Print the numbers as JSON.")
    var json = false

    func validate() throws {
        if truth.isEmpty { throw ValidationError("--truth LIST is missing") }
    }

    func run() throws {
        let (journal, known) = try readingCommand {
            (try Journal.read(JobDirectory(job)), try Truth(ImageList.read(truth), split: split ?? .toInspect))
        }
        var line = ProgressLine()
        let evaluation = try Evaluator(journal, known)
            .evaluate(allowUnlabelled: partial, pixels: pixels) { line.follow("evaluate", done: $0, of: $1) }
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
            Output.say(String(decoding: try encoder.encode(evaluation), as: UTF8.self))
        } else {
            Columns.write(evaluation.lines.map { [$0.name, $0.value] })
        }
    }
}

extension SplitSelection: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }
}
