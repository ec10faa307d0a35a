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
        abstract: "Writes a model for another program: an ONNX graph, NumPy's arrays, or a checkpoint of anomalib.",
        discussion: """
            onnx: one graph of backbone and model. It takes images at the network's input size, and gives anomaly_map, score and, with a threshold, flag. Resize and crop images \
            before, as the model's settings say (padim model show). Scores are within 1e-4 of those of an inspection. ONNX Runtime, OpenVINO and \
            TensorRT read it. A model whose tensors are larger than 1 GiB has them in a file beside it, OUTPUT.data: move both.

            npz: means, inverse covariances, channels and settings, without the backbone, as numpy.load reads them.

            anomalib: a checkpoint that anomalib 2.7 loads (Padim.load_from_checkpoint), backbone included. Scores are within 1e-3 of an inspection's for \
            models of --recipe anomalib; what makes others differ is printed. Its threshold and its normalization are from the model's calibration, for \
            a false-alarm rate of 1% unless another one or a threshold is given.

            Examples:
              padim model export jobs/fit/model.safetensors --to onnx --output model.onnx
              padim model export model.safetensors --to onnx --output model.onnx --false-alarm-rate 1% --input float
              padim model export model.safetensors --to npz --output model.npz
              padim model export model.safetensors --to anomalib --output model.ckpt --false-alarm-rate 0.5%
            """)

    enum Target: String, CaseIterable, ExpressibleByArgument { case onnx, npz, anomalib }

    @Argument(help: "The model.", completion: .file())
    var model: String

    @Option(help: "For which program.")
    var to: Target

    @Option(help: "The file to write.", completion: .file())
    var output: String

    @Option(
        help: "The backbone's weights (default: the file in the cache that has the digest that the model names).",
        completion: .file())
    var weights: String?

    @Option(
        help: """
            How images come in, of onnx: bytes (RGB of 0 to 255, [images, height, width, 3]; the default) or float (normalized, [images, 3, \
            height, width]).
            """)
    var input: ONNXExport.Input?

    @Option(help: "Flag images with a score of at least this.")
    var threshold: Float?

    @OptionGroup var falseAlarms: FalseAlarmOptions

    func validate() throws {
        guard threshold == nil || falseAlarms.limit == nil else {
            throw ValidationError(
                "--threshold and --false-alarm-rate each say which images are flagged: give one of them")
        }
        if let threshold, !threshold.isFinite { throw ValidationError("--threshold takes a finite number") }
        guard to == .onnx || input == nil else { throw ValidationError("--input is of --to onnx") }
        guard to != .npz || threshold == nil && falseAlarms.limit == nil && weights == nil else {
            throw ValidationError("--to npz writes means and covariances: leave out thresholds and weights")
        }
    }

    func run() throws {
        try requirePlace(for: output, .tensors, reading: [model] + (weights.map { [$0] } ?? []))
        switch to {
        case .onnx: try writeONNX()
        case .npz:
            try readingCommand { NPZExport(of: try GaussianModel(path: model)) }.write(to: output)
            Output.printLine("wrote \(output)")
        case .anomalib: try writeAnomalib()
        }
    }

    private func writeONNX() throws {
        let export = try readingCommand {
            let fitted = try GaussianModel(path: model)
            return ONNXExport(
                of: fitted, weights: try readWeights(of: fitted, upTo: fitted.space.layers), input: input ?? .bytes,
                threshold: try falseAlarms.limit.map { try found(of: fitted, $0) } ?? threshold,
                falseAlarmRate: falseAlarms.limit.map { "\($0.rate.value)" }, release: Release.version)
        }
        for file in try export.write(to: output) { Output.printLine("wrote \(file)") }
    }

    private func writeAnomalib() throws {
        let export = try readingCommand {
            let fitted = try GaussianModel(path: model)
            return try AnomalibExport(
                of: fitted, weights: readWeights(of: fitted, upTo: AnomalibExport.layersNeeded(of: fitted.space)),
                limits: limits(of: fitted))
        }
        try export.write(to: output)
        for difference in export.differences { Output.printLine("scores differ a little: \(difference)") }
        Output.printLine("wrote \(output)")
    }

    private func readWeights(of fitted: GaussianModel, upTo layers: [String]) throws -> BackboneWeights {
        let backbone = try Backbone.named(fitted.space.backbone)
        let file = try WeightsFinder(cache: .standard).find(
            weights, for: backbone.name, digest: fitted.space.weights,
            normalization: fitted.space.input.normalization)
        let read = try BackboneWeights(Checkpoint.open(file.path), for: backbone, upTo: layers)
        guard !read.isQuantized else {
            throw ValidationError(
                "\(model) is of --precision int8: only --to npz exports such a model; fit with --precision float32 for the others"
            )
        }
        return read
    }

    /// - Throws: `InspectionError`, `ThresholdError` where the model's calibration gives none.
    private func found(of fitted: GaussianModel, _ limit: FalseAlarmLimit) throws -> Float {
        let settings = fitted.settings
        let scoring = ScoreSettings(imageScore: settings.imageScore, blurBorder: settings.blurBorder)
        return try JobCalibration(of: fitted, digest: fitted.digest(), scoring: scoring).threshold(keeping: limit)
            .chosen.threshold
    }

    /// What anomalib compares scores with. Unasked, it is what a calibration gives, and nothing where it gives no threshold.
    private func limits(of fitted: GaussianModel) throws -> AnomalibExport.Limits? {
        let scores = fitted.calibration?.scores(fitted.settings.imageScore)
        var normal: ClosedRange<Float>?
        if let lowest = scores?.min(), let highest = scores?.max() { normal = lowest...highest }
        if let threshold { return .init(threshold: threshold, normal: normal) }
        if let limit = falseAlarms.limit { return .init(threshold: try found(of: fitted, limit), normal: normal) }
        guard normal != nil else {
            Output.printLine("the model is not calibrated: anomalib will give scores as they are, and no labels")
            return nil
        }
        do {
            let threshold = try found(of: fitted, FalseAlarmLimit(rate: FalseAlarmRate("1%")))
            Output.printLine("threshold \(threshold), for a false-alarm rate of 1%")
            return .init(threshold: threshold, normal: normal)
        } catch let error as ThresholdError {
            Output.printLine("no threshold, so that anomalib will give scores as they are: \(error)")
            return nil
        }
    }
}

extension ONNXExport.Input: ExpressibleByArgument {}
