import Backbone
import Checkpoints
import Gaussian
import PaDiM
import Settings
import Storage
import Tensors

/// A checkpoint of anomalib's PaDiM, read and checked: what it is of, its Gaussians and its backbone's weights.
public struct AnomalibCheckpoint {
    /// What the file does not say, or says wrongly.
    public struct Options: Sendable {
        /// The backbone's name in anomalib, which is timm's; nil: the one that the checkpoint names.
        public var backbone: String?
        /// The layers' names in anomalib; nil: those that the checkpoint names.
        public var layers: [String]?
        /// The side of the network's input; nil: as the checkpoint says.
        public var inputSize: Int?

        public init(backbone: String? = nil, layers: [String]? = nil, inputSize: Int? = nil) {
            (self.backbone, self.layers, self.inputSize) = (backbone, layers, inputSize)
        }
    }

    let file: Checkpoint
    let backbone: Backbone
    let layers: [String]
    public let input: InputSettings
    /// In the file's order.
    let channels: [Int]
    /// Before the names of tensors.
    private let prefix: String

    static let weightsPrefix = "feature_extractor.feature_extractor."

    /// - Throws: `CheckpointError`, `TensorError`, `StorageError` where the file is damaged, or no checkpoint of PaDiM that this program can follow.
    public init(path: String, _ options: Options) throws {
        let file = try Checkpoint.open(path)
        self.file = file
        func failure(_ reason: String) -> CheckpointError { CheckpointError(path, reason) }
        prefix = file.tensors["gaussian.mean"] == nil ? "model." : ""
        guard let mean = file.tensors[prefix + "gaussian.mean"],
            let inverse = file.tensors[prefix + "gaussian.inv_covariance"], let idx = file.tensors[prefix + "idx"]
        else {
            throw failure(
                "is no checkpoint of anomalib's PaDiM: it lacks gaussian.mean, gaussian.inv_covariance or idx. padim weights show lists what it has"
            )
        }
        guard mean.shape.count == 2, inverse.shape == [mean.shape[1], mean.shape[0], mean.shape[0]],
            idx.shape == [mean.shape[0]], mean.type == .f32, inverse.type == .f32, idx.type == .i64
        else {
            throw failure(
                "its means \(mean.shape), inverse covariances \(inverse.shape) and channels \(idx.shape) do not fit each other: Float32 [channels, patches], Float32 [patches, channels, channels] and Int64 [channels] are due. A model that was not fitted has none"
            )
        }
        let settings = file.plainValues["hyper_parameters"]
        let says = "Padim's argument of that name"
        guard let theirs = options.backbone ?? settings?["backbone"]?.text else {
            throw failure("does not say its backbone: give it with --backbone (\(says))")
        }
        guard let layers = options.layers ?? settings?["layers"]?.items?.compactMap(\.text), !layers.isEmpty else {
            throw failure("does not say its layers: give them with --layers (\(says))")
        }
        guard let known = AnomalibLayers.ours(theirs, layers) else {
            throw failure(
                "is of the backbone '\(theirs.prefix(60))' and the layers \(layers.prefix(8).map { String($0.prefix(40)) }.joined(separator: ", ")), which this program has not: it knows resnet18 and wide_resnet50_2 with layer1 to layer4, tf_efficientnet_lite0 and tf_efficientnet_b5 with blocks.0, 1, 2, 4 and 6"
            )
        }
        (backbone, self.layers) = (try Backbone.named(known.backbone), known.layers)
        // Float32 has whole numbers up to 2^24, and no network as many channels.
        channels = try file.floats(prefix + "idx").map { value in
            guard value >= 0, value < Float(FeatureSpace.maximumChannel) else {
                throw failure("keeps a channel \(value), which no network has")
            }
            return Int(value)
        }
        input = try Self.input(of: file, options)
    }

    private static func input(of file: Checkpoint, _ options: Options) throws -> InputSettings {
        let transform = file.plainValues["anomalib_pre_processor_config"]?["transform"]
        if let side = options.inputSize {
            return InputSettings(height: side, width: side, resizePrecision: .float, normalization: .imageNet)
        }
        guard let transform, transform != PlainValue.none else {
            throw CheckpointError(
                file.path,
                "does not say how images are prepared: give the side of the network's input with --input-size (anomalib's default is 256); images are then resized to it, and normalized with ImageNet's mean and deviation"
            )
        }
        return try AnomalibTransforms(path: file.path).input(transform)
    }

    /// The score above which anomalib finds an image anomalous; nil where it has none.
    public var threshold: Float? {
        for name in ["post_processor._image_threshold", "post_processor._pixel_threshold"] {
            if let value = try? file.floats(name), value.count == 1, value[0].isFinite { return value[0] }
        }
        return nil
    }

    func mean() throws -> [Float] { try file.floats(prefix + "gaussian.mean") }

    func inverseCovariances() throws -> [Float] { try file.floats(prefix + "gaussian.inv_covariance") }

    /// Writes the backbone's weights as a file of their own, by timm's names, and checks them.
    /// - Returns: the file's digest.
    /// - Throws: `BackboneError` where some are missing or misshapen; `CheckpointError`, `StorageError`.
    func writeWeights(to path: String) throws -> Digest {
        let named = NamedWeights(file: file, prefix: prefix + Self.weightsPrefix)
        _ = try BackboneWeights(named, for: backbone, upTo: layers)
        let parameters = try backbone.parameters(upTo: layers)
        let writer = try SafetensorsWriter(
            path: path,
            tensors: parameters.map { try TensorDescription(name: $0.name, type: .f32, shape: $0.shape) },
            metadata: ["format": "pt"])
        for parameter in parameters {
            try named.floats(parameter.name).withUnsafeBytes { try writer.write($0, to: parameter.name) }
        }
        let digest = try writer.digest()
        try writer.commit()
        return digest
    }
}

/// The backbone's tensors of a checkpoint, without their prefix.
private struct NamedWeights: WeightSource {
    let file: Checkpoint
    let prefix: String

    var origin: String { file.path }
    var tensorNames: [String] {
        file.names.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }
    }
    func shape(of tensor: String) -> [Int]? { file.tensors[prefix + tensor]?.shape }
    func floats(_ tensor: String) throws -> [Float] { try file.floats(prefix + tensor) }
}
