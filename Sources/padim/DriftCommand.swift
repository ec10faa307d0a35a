import ArgumentParser
import Diagnosis
import Foundation
import Gaussian
import Imaging
import Inspection
import Settings
import Storage
import Terminal

struct DriftCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drift",
        abstract: "Compares a batch of normal images with a model, from their sums alone.",
        discussion: """
            Drift is the distance of the batch's mean from the model beside that of chance: about 1 where nothing has changed. New images \
            nearly always differ a little, so the limit is what the fit's own lots have, each left out of the model, in a batch of this size. \
            For batches of the very lots that were fitted, --limit 1.25 is chance alone.

            The batch is the file of sums that a fit leaves; it needs no calibration of its own. All of its images should be normal: defects \
            look like drift.

            Examples:
              padim-coord fit --images today/ --backbone efficientnet_lite0 --calibrate none --job jobs/batch
              padim drift --model jobs/fit/model.safetensors --statistics jobs/batch/statistics.safetensors
              padim drift --model model.safetensors --statistics batch.safetensors --map drift.tiff --json

            Exit status: 0 no drift; 3 drift; 1 it failed; 2 the command is wrong.
            """)

    @Option(help: "The model, with a calibration.", completion: .file())
    var model: String

    @Option(help: "The batch: the sums of its images, as a fit or padim statistics makes them.", completion: .file())
    var statistics: String

    @Option(
        help:
            "Write how much each position of the patch grid has drifted, as an image: a name that ends in .npy or .tiff.",
        completion: .file())
    var map: String?

    @Option(help: "Call more than this drift (default: the largest drift of the fit's own lots, and at least 1.25).")
    var limit: Double?

    @Flag(help: "Print the numbers as JSON.")
    var json = false

    func validate() throws {
        if let limit, !(limit > 0 && limit.isFinite) { throw ValidationError("--limit takes a number above 0") }
        if map != nil, mapFormat == nil { throw ValidationError("--map takes a name that ends in .npy, .tiff or .tif") }
    }

    private var mapFormat: MapFormat? {
        guard let map, let dot = map.lastIndex(of: ".") else { return nil }
        switch map[map.index(after: dot)...].lowercased() {
        case "npy": return .npy
        case "tiff", "tif": return .tiff
        default: return nil
        }
    }

    func run() throws {
        if let map { try requirePlace(for: map, .tensors, reading: [model, statistics]) }
        let (fitted, batch) = try readingCommand {
            (try GaussianModel(path: model), try StatisticsFile(path: statistics))
        }
        if let obstacle = Drift.obstacle(of: fitted) { throw WrongCommand(obstacle) }
        if let obstacle = Drift.obstacle(to: batch.header, fitted) { throw WrongCommand("\(statistics): \(obstacle)") }
        let drift = try Drift(of: batch, from: fitted)
        let shared = try sharedImages(batch, fitted)
        if let map, let mapFormat {
            let image = FloatImage(
                width: fitted.space.gridWidth, height: fitted.space.gridHeight, values: drift.ratios.map { Float($0) })
            try DurableFile.write(mapFormat.encode(image), to: map)
        }
        let verdict = DriftVerdict(drift, limit: limit, shared: shared)
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
            Output.printLine(String(decoding: try encoder.encode(verdict), as: UTF8.self))
        } else {
            write(drift, verdict)
            if let deviant = fitted.calibration.flatMap({ DeviantLots($0.lots) }), limit == nil {
                let named = deviant.lots.map(String.init).joined(separator: ", ")
                let isOne = deviant.lots.count == 1
                Output.printLine(
                    "note: \(isOne ? "lot" : "lots") \(named) of the fit \(isOne ? "is" : "are") far from all others, and the limit is "
                        + "\(isOne ? "its own" : "theirs"); padim model show says more, and --limit gives another")
            }
        }
        if verdict.isDrift { throw Finding() }
    }

    /// How many images of the batch are known to be images of the model.
    private func sharedImages(_ batch: StatisticsFile, _ model: GaussianModel) throws -> Int {
        guard let images = try batch.images(), let calibration = model.calibration else { return 0 }
        return calibration.images.count { images.contains($0.digest) }
    }

    private func write(_ drift: Drift, _ verdict: DriftVerdict) {
        func text(_ value: Double) -> String { String(format: "%.2f", value) }
        Columns.write([
            ["images of the batch", "\(drift.images)"], ["images of the model", "\(drift.modelImages)"],
            ["drift", text(drift.value)], ["limit", text(verdict.limit)],
        ])
        if !drift.lots.isEmpty {
            Output.printLine("the fit's own lots, each against the model without it:")
            Columns.write(
                [["lot", "images", "drift", "in a batch of this size"]]
                    + drift.lots.map { ["\($0.lot)", "\($0.images)", text($0.drift), text($0.inBatch)] })
        }
        verdict.lines.forEach(Output.printLine)
    }
}
