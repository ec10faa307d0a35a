import ArgumentParser
import Diagnosis
import Foundation
import Gaussian
import Settings
import Terminal

struct ModelCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "model",
        abstract: "Makes models of exact sums, says what a model is, and exchanges models with other programs.",
        discussion: """
            Examples:
              padim model build jobs/fit/statistics.safetensors --output jobs/fit/model-60.safetensors --features 60
              padim model show jobs/fit/model.safetensors
              padim model export jobs/fit/model.safetensors --to onnx --output model.onnx
              padim model import model.ckpt --images 209 --output model.safetensors
            """,
        subcommands: [Build.self, Show.self, ExportModel.self, ImportModel.self])

    struct Build: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes a model of a file of statistics, as `padim-coord fit` does at its end, without any image.",
            discussion: """
                The channels may be some of those that the sums have, and epsilon, shrinkage and the rules for inspections any: the model has \
                the same bytes as one that was fitted so. Another patch grid, other layers, or channels that the sums lack need the images: \
                then fit again.

                Examples:
                  padim model build both.safetensors --output both-model.safetensors
                  padim model build fit/statistics.safetensors --output model.safetensors --shrinkage pooled:30
                """)

        @OptionGroup var building: ModelBuilding

        func validate() throws { try building.check() }

        func run() throws { try building.run() }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Says what a model is, what its calibration and its covariances show, and what is doubtful about it.",
            discussion: """
                The scores are those of the model's own images by the model without each of them, and without each one's lot. Drift is a lot's \
                distance from the model without it beside that of chance: about 1 where the lot does not differ. Covariances are \
                looked at at some positions, evenly spread. Directions where epsilon decides have a variance below twice epsilon, epsilon included.

                Examples:
                  padim model show jobs/fit/model.safetensors
                  padim model show jobs/fit/model.safetensors --json
                """)

        @Argument(help: "The file.", completion: .file())
        var file: String

        @Flag(help: "Print the same as JSON.")
        var json = false

        func run() throws {
            let model = try readingCommand { try GaussianModel(path: file) }
            let diagnosis = try ModelDiagnosis(of: model)
            if json {
                let encoder = JSONEncoder()
                encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
                Output.printLine(String(decoding: try encoder.encode(diagnosis), as: UTF8.self))
            } else {
                write(diagnosis)
            }
        }

        private func write(_ diagnosis: ModelDiagnosis) {
            let settings = diagnosis.settings
            Columns.write(
                [
                    ["images", "\(diagnosis.images)"]
                ] + (diagnosis.samples.map { [["samples (tiles or copies)", "\($0)"]] } ?? []) + [
                    ["epsilon", "\(settings.epsilon)"],
                    ["shrinkage", settings.shrinkage],
                    ["blur border", settings.blurBorder == .mirror ? "mirror" : "repeating-edge"],
                    ["image score", settings.imageScore],
                ]
                    + (settings.region.map {
                        [["region of interest", "\($0.pixels) of \($0.width) x \($0.height) pixels count"]]
                    } ?? []) + diagnosis.space.lines)
            Output.printLine("")
            Output.printLine("covariances at \(diagnosis.spectrum.positions.count) positions, the middle one:")
            Columns.write(diagnosis.spectrum.lines)
            Output.printLine("")
            if let calibration = diagnosis.calibration {
                Output.printLine("calibration of \(calibration.images) images:")
                Columns.write(calibration.scoreLines)
                if !calibration.lotLines.isEmpty { Output.printLine("") }
                Columns.write(calibration.lotLines)
                Output.printLine("")
                Output.printLine("thresholds of the score \(calibration.rule):")
                calibration.thresholdLines.forEach(Output.printLine)
            } else {
                Output.printLine(
                    "calibration: none; padim-coord calibrate makes one, and so does padim-coord fit unless it is given --calibrate none"
                )
            }
            for warning in diagnosis.warnings { Output.printLine("warning: \(warning)") }
        }
    }
}
