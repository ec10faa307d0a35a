import ArgumentParser
import Foundation
import ImageLists
import Imaging
import Inspection
import Journal
import Settings
import Storage
import Terminal
import Thresholds

struct FlagImages: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "flag",
        abstract:
            "Flags a finished job's images by another threshold, from their scores and maps: nothing is scored again.",
        discussion: """
            It rewrites results.csv and the report, and makes what is asked for of the flagged images: overlays, masks of the image's \
            size (masks/), and the regions of defects as a table (regions.csv) with columns \(RegionTable.header.joined(separator: ",")), or in \
            COCO's data format (coco.json). A region is what of the map reaches the threshold and is connected. Places and areas are in the \
            original image's pixels. Masks and regions of an earlier threshold are removed. \
            Later runs of the job's own command keep the threshold.

            Examples:
              padim flag jobs/today --threshold 17.5
              padim flag jobs/today --threshold 17.5 --overlays flagged --masks --regions
              padim flag jobs/today --threshold 17.5 --regions --coco --mm-per-pixel 0.05 --min-area 0.5mm2
              padim flag jobs/today --false-alarm-rate 1%
            """)

    @Argument(help: "The job's directory.", completion: .directory)
    var job: String

    @Option(help: "Flag images whose score is at least this.")
    var threshold: Float?

    @OptionGroup var falseAlarms: FalseAlarmOptions

    @Option(
        help: "Make overlays of the flagged images, or of all, and remove others (default: leave overlays as they are)."
    )
    var overlays: OverlayChoice?

    @Flag(help: "Write a PNG of each flagged image's size that is white where its map reaches the threshold.")
    var masks = false

    @Flag(help: "Write regions.csv.")
    var regions = false

    @Flag(help: "Write coco.json: the regions in COCO's data format, with run-length coded pixels.")
    var coco = false

    @Option(
        help: ArgumentHelp(
            "The side of a pixel of the original images on the part: regions then have an area in mm2.", valueName: "mm"
        ))
    var mmPerPixel: Double?

    @Option(
        help: ArgumentHelp(
            "Leave smaller regions out of masks, regions.csv and coco.json: in the original image's pixels, or in mm2, as 0.5mm2.",
            valueName: "N|Nmm2"))
    var minArea: RegionRules.MinimumArea?

    @Option(help: "A list with labels, for the report's metrics; may repeat.", completion: .file())
    var truth: [String] = []

    @Option(help: "Count the images of this split of the truth (train, test, ...), or all (default: all but train).")
    var split: SplitSelection?

    func validate() throws {
        guard (threshold == nil) != (falseAlarms.limit == nil) else {
            throw ValidationError("give a --threshold, or a --false-alarm-rate")
        }
        if let threshold, !threshold.isFinite { throw ValidationError("--threshold takes a finite number") }
        if overlays == OverlayChoice.none {
            throw ValidationError("--overlays takes flagged or all; without it overlays stay as they are")
        }
        if case .squareMillimetres = minArea, mmPerPixel == nil {
            throw ValidationError("--min-area in mm2 needs --mm-per-pixel")
        }
        if let fault = rules.fault { throw ValidationError(fault) }
        guard mmPerPixel == nil || regions || coco || minArea != nil else {
            throw ValidationError("--mm-per-pixel is for --regions and --coco: give one of them")
        }
        guard minArea == nil || regions || coco || masks else {
            throw ValidationError("--min-area is for --regions, --coco and --masks: give one of them")
        }
    }

    private var rules: RegionRules {
        RegionRules(millimetresPerPixel: mmPerPixel, minimumArea: minArea)
    }

    func run() throws {
        let (journal, known) = try readingCommand {
            (
                try Journal.reopen(JobDirectory(job)),
                truth.isEmpty ? nil : try Truth(ImageList.read(truth), split: split ?? .toInspect)
            )
        }
        let (threshold, choice) = try readingCommand { try chosen(journal) }
        var line = ProgressLine()
        let outcome = try Flagging.run(
            journal, threshold: threshold, foundBy: choice,
            products: .init(overlays: overlays, masks: masks, regions: regions, coco: coco, rules: rules), truth: known
        ) { line.follow("flag", done: $0, of: $1) }
        try journal.close()
        Output.printLine("\(outcome.flagged) of \(outcome.images) images flagged at \(threshold.value)")
        for words in choice?.lines ?? [] { Output.printLine(words) }
        let made = [
            (overlays != nil, "\(outcome.overlays) overlays in \(journal.directory.overlays)"),
            (masks, "\(outcome.masks) masks in \(journal.directory.inside(JobLayout.masks))"),
            (regions, "\(outcome.regions) regions in \(journal.directory.inside(JobLayout.regions))"),
            (coco, "\(outcome.regions) regions in \(journal.directory.inside(JobLayout.coco))"),
        ]
        for (isAsked, words) in made where isAsked { Output.printLine(words) }
        if overlays == nil, holdsFiles(journal.directory.overlays) {
            Output.printLine(
                "note: overlays are as they were made, for an earlier threshold; `--overlays flagged` makes them anew")
        }
        for remark in outcome.remarks { Output.printLine("note: \(remark)") }
        Output.printLine("results in \(journal.directory.results), report in \(journal.directory.report)")
    }

    private func holdsFiles(_ folder: String) -> Bool {
        FileManager.default.enumerator(atPath: folder)?.nextObject() != nil
    }

    private func chosen(_ journal: Journal) throws -> (Threshold, ThresholdChoice?) {
        guard let limit = falseAlarms.limit else { return (Threshold(threshold ?? .infinity), nil) }
        let choice = try journal.threshold(keeping: limit)
        return (choice.chosen.flagging, choice)
    }
}

extension OverlayChoice: ExpressibleByArgument {}

extension RegionRules.MinimumArea: ExpressibleByArgument {
    public init?(argument: String) {
        let unit = "mm2"
        if argument.hasSuffix(unit) {
            guard let area = Double(argument.dropLast(unit.count)) else { return nil }
            self = .squareMillimetres(area)
        } else {
            guard let pixels = Int(argument) else { return nil }
            self = .pixels(pixels)
        }
    }
}
