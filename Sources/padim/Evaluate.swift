import ArgumentParser
import Foundation
import ImageLists
import Inspection
import Journal
import Settings
import Terminal

struct Evaluate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Compares a job's results with the truth: AUROC, average precision, F1; the same over pixels, and AUPRO, where there are masks.",
        discussion: """
            The truth is a CSV with the columns image_path and label_index (0 normal, else anomalous) or label (good, defect, \
            ...), and mask_path for metrics over pixels, as `padim manifest` writes it: a file, or a folder of files which count together. Images are found \
            by file, or else by path. Those of the split 'train' do not count.

            Where the column category or folders (CATEGORY/test/DEFECT) name several categories, each has its own metrics, and the means over categories are \
            printed as papers give them. Each kind of defect that the column label or folders name is compared with the normal images of its category.

            Beside the best F1, one threshold is looked at: the job's, or the one that --threshold, --recall or the costs choose. What it gets \
            right and wrong is counted over all images, by category and by kind of defect, where they are named, and by lot, where the column lot does.

            Examples:
              padim evaluate jobs/today --truth today.csv
              padim evaluate jobs/today --truth today.csv --json
              padim evaluate jobs/today --truth bottle.csv --split all
              padim evaluate jobs/today --truth today.csv --recall 90%
              padim evaluate jobs/today --truth today.csv --cost-miss 50 --cost-alarm 1
            """)

    @Argument(help: "The job's directory.", completion: .directory)
    var job: String

    @Option(help: "A list with labels. May be given more than once.", completion: .file())
    var truth: [String]

    @Option(help: "Count the images of this split of the truth (train, test, ...), or all (default: all but train).")
    var split: SplitSelection?

    @Option(
        help: ArgumentHelp("The column of the truth that names each image's lot (default: lot).", valueName: "name"))
    var lotColumn: String?

    @Flag(help: "Leave out images of the job that the list does not name.")
    var partial = false

    @Option(help: "Look at this threshold: images that score at least this much are flagged (default: the job's).")
    var threshold: Float?

    @Option(
        help: ArgumentHelp(
            "Look at the highest threshold that finds this share of the anomalous images, such as 90% or 0.9; 1.0 or 100% for all.",
            valueName: "share"), transform: { try Evaluate.share($0) })
    var recall: Double?

    @Option(help: "What a missed anomalous image costs; with --cost-alarm: look at the threshold of the least cost.")
    var costMiss: Double?

    @Option(help: "What a false alarm costs.")
    var costAlarm: Double?

    @Flag(inversion: .prefixedNo, help: "Read the maps as well, for metrics over pixels.")
    var pixels = true

    @Flag(help: "Print the numbers as JSON.")
    var json = false

    func validate() throws {
        if truth.isEmpty { throw ValidationError("--truth LIST is missing") }
        guard (costMiss == nil) == (costAlarm == nil) else {
            throw ValidationError("--cost-miss and --cost-alarm go together")
        }
        guard points.count < 2 else {
            throw ValidationError("give one of --threshold, --recall, and --cost-miss with --cost-alarm")
        }
        if let fault = points.first?.fault { throw ValidationError(fault) }
    }

    /// Reads `90%` or `0.9`.
    private static func share(_ text: String) throws -> Double {
        let isPercent = text.hasSuffix("%")
        guard let number = Double(isPercent ? String(text.dropLast()) : text) else {
            throw ValidationError("'\(text)' is no share: give one such as 90% or 0.9")
        }
        return isPercent ? number / 100 : number
    }

    private var points: [OperatingPoint] {
        let costs = costMiss.flatMap { miss in costAlarm.map { OperatingPoint.costs(miss: miss, alarm: $0) } }
        return [threshold.map { .threshold($0) }, recall.map { .recall($0) }, costs].compactMap { $0 }
    }

    func run() throws {
        let (journal, known) = try readingCommand {
            (
                try Journal.read(JobDirectory(job)),
                try Truth(ImageList.read(truth, lotColumn: lotColumn), split: split ?? .toInspect)
            )
        }
        var line = ProgressLine()
        let evaluation = try Evaluator(journal, known)
            .evaluate(allowUnlabelled: partial, at: points.first, pixels: pixels) {
                line.follow("evaluate", done: $0, of: $1)
            }
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
            Output.printLine(String(decoding: try encoder.encode(evaluation), as: UTF8.self))
        } else {
            Columns.write(evaluation.lines.map { [$0.name, $0.value] })
        }
    }
}

extension SplitSelection: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }
}
