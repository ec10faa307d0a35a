import Backbone
import Foundation
import Gaussian
import Settings

/// A model with its backbone as a checkpoint of anomalib 2.7, which its `Padim` loads.
public struct AnomalibExport {
    /// What anomalib's post-processor compares scores with.
    public struct Limits: Sendable {
        /// Images with a score of at least this are anomalous.
        public let threshold: Float
        /// The lowest and the highest score of normal images, by which anomalib scales scores to 0...1; nil where they are not known: then scores stay as
        /// they are.
        public let normal: ClosedRange<Float>?

        public init(threshold: Float, normal: ClosedRange<Float>?) {
            (self.threshold, self.normal) = (threshold, normal)
        }
    }

    private let model: GaussianModel
    private let weights: BackboneWeights
    private let limits: Limits?

    /// The layers up to which the weights must be read.
    public static func layersNeeded(of space: FeatureSpace) throws -> [String] {
        AnomalibLayers.needsAllStages(space.backbone) ? try Backbone.named(space.backbone).layers : space.layers
    }

    /// - Parameters:
    ///   - weights: read up to `layersNeeded`.
    ///   - limits: nil: anomalib gives scores as they are, and no labels.
    /// - Throws: `GaussianError` where anomalib cannot score as the model does.
    public init(of model: GaussianModel, weights: BackboneWeights, limits: Limits?) throws {
        (self.model, self.weights, self.limits) = (model, weights, limits)
        func require(_ condition: Bool, _ what: String) throws {
            guard condition else {
                throw GaussianError(model.path, "anomalib cannot score as this model does: \(what)")
            }
        }
        let space = model.space
        try require(
            space.patchGrid == .finest,
            "its patches are those of the coarsest layer (--recipe lean). Fit with --recipe anomalib")
        try require(
            model.settings.imageScore == .max,
            "its image score is \(model.settings.imageScore), and anomalib's the maximum. Make a model with --image-score max (padim model build)"
        )
        try require(
            model.settings.region == nil,
            "it has a region of interest. Make a model of all pixels of its sums (padim model build)")
        try require(space.input.tiling == nil, "it cuts images into tiles. Fit without --tile")
        try require(space.input.fit == .stretch, "it pads images. Fit without --fit pad")
        try require(
            AnomalibLayers.theirs(space.backbone, space.layers) != nil,
            "anomalib takes the layers \(AnomalibLayers.tappable(space.backbone).joined(separator: ", ")) of \(space.backbone), in this order, and the model has \(space.layers.joined(separator: ", ")). Fit with --layers"
        )
    }

    /// What makes scores a little different from those of an inspection, in words.
    public var differences: [String] {
        let input = model.space.input
        var found: [String] = []
        if input.resizePrecision == .byte {
            found.append("the model's images are resized in 8 bits and anomalib's in floats (--resize-precision float)")
        }
        if model.settings.blurBorder != .mirror {
            found.append("the model's maps repeat their border and anomalib's mirror it (--blur-border mirror)")
        }
        if input.whiteLevel != InputSettings.fullWhite || input.orientation != .ignore || input.scaledJPEG {
            found.append(
                "the model reads files by a white level, an orientation or at a fraction of their size, and anomalib does not"
            )
        }
        if (model.space.grid.exponents.min() ?? 0) < 12 {
            found.append(
                "the model's features are rounded to a coarse grid and anomalib's are not (--grid-exponent 13)")
        }
        return found
    }

    /// Writes the checkpoint. The same model gives the same bytes.
    /// - Throws: `GaussianError`, `BackboneError`, `StorageError`.
    public func write(to path: String) throws {
        let space = model.space
        guard let names = AnomalibLayers.theirs(space.backbone, space.layers) else { return }
        let settings: [(key: String, value: TorchValue)] = [
            ("backbone", .string(names.backbone)), ("layers", .list(names.layers.map { .string($0) })),
            ("pre_trained", .bool(false)), ("n_features", .int(space.dimension)),
        ]
        try TorchFile.write(
            .dictionary([
                ("epoch", .int(0)), ("global_step", .int(0)), ("pytorch-lightning_version", .string("2.6.0")),
                ("state_dict", .dictionary(try state())), ("hyper_parameters", .dictionary(settings)),
                (
                    "anomalib_components_enabled",
                    .dictionary(
                        ["pre_processor", "post_processor", "evaluator", "visualizer"].map { ($0, .bool(true)) })
                ), ("anomalib_pre_processor_config", .dictionary([("transform", transforms)])),
                (
                    "anomalib_post_processor_config",
                    .dictionary([
                        ("enable_normalization", .bool(true)), ("enable_thresholding", .bool(true)),
                        ("enable_threshold_matching", .bool(true)), ("image_sensitivity", .double(0.5)),
                        ("pixel_sensitivity", .double(0.5)),
                    ])
                ),
            ]), to: path)
    }

    /// How anomalib makes the network's input, as its specifications say it.
    private var transforms: TorchValue {
        let input = model.space.input
        func transform(_ name: String, _ arguments: [(key: String, value: TorchValue)]) -> TorchValue {
            .dictionary([
                ("class_path", .string("torchvision.transforms.v2." + name)), ("init_args", .dictionary(arguments)),
            ])
        }
        func resize(_ size: TorchValue) -> TorchValue {
            transform(
                "Resize",
                [
                    ("size", size), ("interpolation", .string("bilinear")), ("max_size", .none),
                    ("antialias", .bool(true)),
                ])
        }
        func list(_ numbers: [Double]) -> TorchValue { .list(numbers.map { .double($0) }) }
        var steps: [TorchValue] = []
        if let crop = input.crop {
            if let shorter = input.resize { steps.append(resize(.list([.int(shorter)]))) }
            steps.append(transform("CenterCrop", [("size", .list([.int(crop), .int(crop)]))]))
        } else {
            steps.append(resize(.list([.int(input.height), .int(input.width)])))
        }
        let backbone = try? Backbone.named(model.space.backbone)
        let normalization =
            input.normalization
            ?? PixelNormalization(
                mean: backbone?.mean.map { Double($0) / 255 } ?? [],
                deviation: backbone?.deviation.map { Double($0) / 255 } ?? [])
        steps.append(
            transform(
                "Normalize",
                [
                    ("mean", list(normalization.mean)), ("std", list(normalization.deviation)),
                    ("inplace", .bool(false)),
                ]))
        return transform("Compose", [("transforms", .list(steps))])
    }

    private func state() throws -> [(key: String, value: TorchValue)] {
        let space = model.space
        let (patches, dimension) = (space.patches, space.dimension)
        func scalar(_ value: Float) -> TorchValue { floats([value], []) }
        // Scores are anomalous above anomalib's threshold, and from this project's on.
        let threshold = limits.map { $0.threshold.nextDown } ?? .nan
        let normal = limits?.normal
        var state: [(key: String, value: TorchValue)] = [
            (
                "_is_fitted",
                .tensor(TorchTensorContent(element: .bool, shape: [1]) { try [UInt8(1)].withUnsafeBytes($0) })
            ),
            ("post_processor._image_threshold", scalar(threshold)),
            ("post_processor._pixel_threshold", scalar(threshold)),
            ("post_processor.image_min", scalar(normal?.lowerBound ?? .nan)),
            ("post_processor.image_max", scalar(normal?.upperBound ?? .nan)),
            ("post_processor.pixel_min", scalar(normal == nil ? .nan : 0)),
            ("post_processor.pixel_max", scalar(normal?.upperBound ?? .nan)),
            ("model.idx", longs(space.channels, [dimension])),
        ]
        let backbone = try Backbone.named(space.backbone)
        for parameter in try backbone.parameters(upTo: Self.layersNeeded(of: space)) {
            let name = "model.feature_extractor.feature_extractor." + parameter.name
            state.append((name, floats(try weights.floats(parameter.name), parameter.shape)))
            if name.hasSuffix(".running_var") {
                state.append((name.dropLast("running_var".count) + "num_batches_tracked", longs([0], [])))
            }
        }
        state.append(("model.anomaly_map_generator.blur.kernel", floats(Self.blur, [1, 1, 33, 33])))
        let means = TorchTensorContent(element: .float, shape: [dimension, patches]) { [model] take in
            var transposed = [Float](repeating: 0, count: dimension * patches)
            for patch in 0..<patches {
                try model.withParameters(patches: patch..<patch + 1) { mean, _ in
                    for channel in 0..<dimension { transposed[channel * patches + patch] = mean[channel] }
                }
            }
            try transposed.withUnsafeBytes { try take($0) }
        }
        let inverses = TorchTensorContent(element: .float, shape: [patches, dimension, dimension]) { [model] take in
            try InverseCovariance(model: model).forEachPatch { _, matrix in try take(UnsafeRawBufferPointer(matrix)) }
        }
        return state + [("model.gaussian.mean", .tensor(means)), ("model.gaussian.inv_covariance", .tensor(inverses))]
    }

    /// anomalib's blur: sigma 4, radius 16.
    private static var blur: [Float] {
        let weights = (-16...16).map { exp(-Double($0 * $0) / 32) }
        let sum = weights.reduce(0, +)
        return weights.flatMap { row in weights.map { Float(row / sum * ($0 / sum)) } }
    }

    private func floats(_ values: [Float], _ shape: [Int]) -> TorchValue {
        .tensor(
            TorchTensorContent(element: .float, shape: shape) { take in try values.withUnsafeBytes { try take($0) } })
    }

    private func longs(_ values: [Int], _ shape: [Int]) -> TorchValue {
        .tensor(
            TorchTensorContent(element: .long, shape: shape) { take in
                try values.map { Int64($0) }.withUnsafeBytes { try take($0) }
            })
    }
}
