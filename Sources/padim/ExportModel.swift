import ArgumentParser
import Backbone
import Checkpoints
import Foundation
import Gaussian
import Inspection
import ModelExport
import PaDiM
import Settings
import Storage
import Terminal
import Thresholds

/// Writes a model for other programs.
struct ExportModel: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Writes a model with its backbone for another program: one ONNX graph.",
        discussion: """
            The graph takes images at the network's input size, and gives anomaly_map, score and, with a threshold, flag. Resize and crop images \
            before, as the model's settings say (padim model show). Scores are within 1e-4 of those of an inspection. ONNX Runtime, OpenVINO and \
            TensorRT read it. A model whose tensors are larger than 1 GiB has them in a file beside it, OUTPUT.data: move both.

            Examples:
              padim model export jobs/fit/model.safetensors --to onnx --output model.onnx
              padim model export model.safetensors --to onnx --output model.onnx --false-alarm-rate 1% --input float
            """)

    enum Target: String, CaseIterable, ExpressibleByArgument { case onnx }

    @Argument(help: "The model.")
    var model: String

    @Option(help: "For which program.")
    var to: Target

    @Option(help: "The file to write.")
    var output: String

    @Option(help: "The backbone's weights (default: the file in the cache that has the digest that the model names).")
    var weights: String?

    @Option(
        help: """
            How images come in: bytes (RGB of 0 to 255, [images, height, width, 3]) or float (normalized, [images, 3, height, width]).
            """)
    var input: ONNXExport.Input = .bytes

    @Option(help: "Flag images with a score of at least this.")
    var threshold: Float?

    @OptionGroup var falseAlarms: FalseAlarmOptions

    func validate() throws {
        guard threshold == nil || falseAlarms.limit == nil else {
            throw ValidationError(
                "--threshold and --false-alarm-rate each say which images are flagged: give one of them")
        }
        if let threshold, !threshold.isFinite { throw ValidationError("--threshold takes a finite number") }
    }

    func run() throws {
        try requirePlace(for: output, .tensors, reading: [model] + (weights.map { [$0] } ?? []))
        let export = try readingCommand {
            let fitted = try GaussianModel(path: model)
            guard fitted.settings.region == nil else {
                throw WrongCommand(
                    """
                    \(model) scores a region of interest only, and the graph would score all of each image: make a model of all pixels of its sums \
                    (padim model build), and crop images before
                    """)
            }
            let space = fitted.space
            let backbone = try Backbone.named(space.backbone)
            let file = try WeightsFinder(cache: .standard).find(weights, for: backbone.name, digest: space.weights)
            let scoring = ScoreSettings(imageScore: fitted.settings.imageScore, blurBorder: fitted.settings.blurBorder)
            let found = try falseAlarms.limit.map {
                try JobCalibration(of: fitted, digest: fitted.digest(), scoring: scoring).threshold(keeping: $0)
                    .chosen.threshold
            }
            return ONNXExport(
                of: fitted,
                weights: try BackboneWeights(Checkpoint.open(file.path), for: backbone, upTo: space.layers),
                input: input, threshold: found ?? threshold, release: Release.version)
        }
        for file in try export.write(to: output) { Output.printLine("wrote \(file)") }
    }
}

extension ONNXExport.Input: ExpressibleByArgument {}
