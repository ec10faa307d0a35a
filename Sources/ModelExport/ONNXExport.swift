import Backbone
import Gaussian
import PaDiM
import Settings

/// A model with its backbone as one ONNX graph: from pixels at the network's input size to the anomaly map, the score and, with a threshold,
/// the flag.
public struct ONNXExport {
    /// How images come in.
    public enum Input: String, CaseIterable, Sendable {
        /// `image`, [images, height, width, 3], RGB of 0 to 255 in bytes.
        case bytes
        /// `image`, [images, 3, height, width], normalized floats.
        case float
    }

    private let model: GaussianModel
    private let weights: BackboneWeights
    private let input: Input
    private let threshold: Float?
    private let falseAlarmRate: String?
    private let release: String

    /// - Parameters:
    ///   - threshold: images with a score of at least this are flagged; nil: there is no output `flag`.
    ///   - falseAlarmRate: in words, that the threshold keeps; nil: it is of another origin.
    ///   - release: what wrote the file.
    public init(
        of model: GaussianModel, weights: BackboneWeights, input: Input, threshold: Float?,
        falseAlarmRate: String? = nil, release: String
    ) {
        self.falseAlarmRate = falseAlarmRate
        (self.model, self.weights, self.input) = (model, weights, input)
        (self.threshold, self.release) = (threshold, release)
    }

    /// Writes the graph, and beside it, in a file `PATH.data`, its tensors where they are more than a file of ONNX holds.
    /// - Returns: the files that were written.
    /// - Throws: `BackboneError`, `GaussianError`, `StorageError`.
    public func write(to path: String) throws -> [String] { try write(to: path, mostInlineBytes: nil) }

    /// - Parameter mostInlineBytes: of tensors, in the file itself; nil: as many as it holds.
    package func write(to path: String, mostInlineBytes: Int?) throws -> [String] {
        let space = model.space
        guard space.input.tiling == nil, space.input.fit == .stretch else {
            throw GaussianError(
                model.path,
                "cuts images into tiles, or pads them, and a graph takes one input of the network: only models without --tile and --fit pad can be written as one"
            )
        }
        guard model.settings.region == nil else {
            throw GaussianError(
                model.path,
                "scores a region of interest only, and the graph would score all of each image: make a model of all pixels of its sums (padim model build), and crop images before"
            )
        }
        let (height, width) = (space.input.height, space.input.width)
        let backbone = try Backbone.named(space.backbone)
        var graph = ONNXGraph()
        let pixels = addPixels(to: &graph, backbone)
        let taps = try graph.add(
            backbone, weights: weights, layers: space.layers, pixels: pixels, height: height, width: width)
        let grid = graph.addDistances(of: graph.addEmbedding(of: taps, in: space), model)
        let finest =
            space.patchGrid == .finest
            ? (space.gridHeight, space.gridWidth)
            : (taps.map(\.shape.height).max() ?? 1, taps.map(\.shape.width).max() ?? 1)
        let border = model.settings.blurBorder
        let map = graph.addMap(
            of: grid,
            MapMaker.axis(grid: space.gridHeight, finest: finest.0, input: height, border),
            MapMaker.axis(grid: space.gridWidth, finest: finest.1, input: width, border))
        let score = graph.addScore(of: map, pixels: height * width, model.settings.imageScore)
        let axis = graph.constant([1], as: "map.channel")
        _ = graph.add("Unsqueeze", [map, axis], as: "anomaly_map")
        graph.outputs = [
            .init(name: "anomaly_map", type: .float, shape: [nil, 1, height, width]),
            .init(name: score, type: .float, shape: [nil]),
        ]
        if let threshold {
            let limit = graph.constant([threshold], [], as: "threshold")
            let flag = graph.add("GreaterOrEqual", [score, limit], as: "flag")
            graph.outputs.append(.init(name: flag, type: .bool, shape: [nil]))
        }
        var file = ONNXFile(graph: graph, name: "padim", metadata: metadata, release: release)
        if let mostInlineBytes { file.mostInlineBytes = mostInlineBytes }
        return try file.write(to: path)
    }

    /// The normalized input, NCHW.
    private func addPixels(to graph: inout ONNXGraph, _ backbone: Backbone) -> String {
        let (height, width) = (model.space.input.height, model.space.input.width)
        guard input == .bytes else {
            graph.inputs = [.init(name: "image", type: .float, shape: [nil, 3, height, width])]
            return "image"
        }
        graph.inputs = [.init(name: "image", type: .uint8, shape: [nil, height, width, 3])]
        let scaling = model.space.input.normalization.map { PixelScaling($0) } ?? backbone.scaling
        let floats = graph.add("Cast", ["image"], as: "image.floats", [("to", .int(1))])
        let planes = graph.add("Transpose", [floats], as: "image.planes", [("perm", .ints([0, 3, 1, 2]))])
        let mean = graph.constant(scaling.mean, [3, 1, 1], as: "image.mean")
        let deviation = graph.constant(scaling.deviation, [3, 1, 1], as: "image.deviation")
        let centred = graph.add("Sub", [planes, mean], as: "image.centred")
        return graph.add("Div", [centred, deviation], as: "image.normalized")
    }

    private var metadata: [(key: String, value: String)] {
        let space = model.space
        return [
            ("padim.model", model.digest().hex), ("padim.backbone", space.backbone),
            ("padim.weights", space.weights.hex), ("padim.layers", space.layers.joined(separator: ",")),
            ("padim.images", "\(model.count)"), ("padim.image-score", "\(model.settings.imageScore)"),
            ("padim.input", "\(space.input.height)x\(space.input.width)"),
        ]
            + [
                ("padim.resize", space.input.resize.map(String.init)),
                ("padim.crop", space.input.crop.map(String.init)),
                ("padim.resize-precision", space.input.resizePrecision.rawValue),
                ("padim.orientation", space.input.orientation.rawValue),
                ("padim.white-level", "\(space.input.whiteLevel)"),
                ("padim.blur-border", model.settings.blurBorder.rawValue),
                ("padim.threshold", threshold.map { "\($0)" }),
                ("padim.false-alarm-rate", falseAlarmRate),
                ("padim.calibration-images", model.calibration.map { "\($0.images.count)" }),
                (
                    "padim.calibration-scores",
                    model.calibration?.scores(model.settings.imageScore)?.sorted().map { "\($0)" }.joined(
                        separator: ",")
                ),
            ].compactMap { pair in pair.1.map { (pair.0, $0) } }
    }
}
