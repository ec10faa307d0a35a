import Settings
import Tensors

/// What a model file says besides its numbers: all that scoring needs, and nothing that differs between two equal fits.
struct ModelHeader: Codable, Equatable, Sendable {
    let space: FeatureSpace
    /// Images in the statistics.
    let count: Int64
    /// Samples in the statistics: what each patch's mean and covariance are of.
    let samples: Int64
    /// Of a file that is read, the region is in it only once its tensor was read.
    var settings: ModelSettings
    /// Nil where all pixels of images count.
    let region: RegionHeader?
    /// Nil where the model is not calibrated.
    var calibration: CalibrationHeader?

    /// - Throws: `GaussianError` where a setting is impossible, or there are fewer than two images.
    /// - Parameter samples: nil: as many as images.
    init(space: FeatureSpace, count: Int64, samples: Int64? = nil, settings: ModelSettings) throws {
        try self.init(
            space: space, count: count, samples: samples, region: settings.region.map(RegionHeader.init),
            settings: settings)
    }

    private init(
        space: FeatureSpace, count: Int64, samples: Int64?, region: RegionHeader?, settings: ModelSettings
    ) throws {
        if let fault = settings.fault { throw GaussianError("model", fault) }
        guard count >= 2 else {
            throw GaussianError("model", "a covariance needs at least two images; the statistics hold \(count)")
        }
        let samples = samples ?? count
        guard count <= samples, samples <= Statistics.maximumSamples else {
            throw GaussianError("model", "\(samples) samples of \(count) images are out of bounds")
        }
        (self.space, self.count, self.samples, self.settings) = (space, count, samples, settings)
        self.region = region
    }

    /// The first version of the format that has all of its fields.
    var formatVersion: Int {
        let usual = ModelSettings(epsilon: settings.epsilon)
        return settings == usual && region == nil && calibration == nil && samples == count ? space.formatVersion : 3
    }

    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: HeaderKeys.self)
        try self.init(
            space: values.decodeSpace(),
            count: values.decode(Int64.self, forKey: .count),
            samples: values.decodeIfPresent(Int64.self, forKey: .samples),
            region: values.decodeIfPresent(RegionHeader.self, forKey: .region),
            settings: ModelSettings(
                epsilon: values.decode(Double.self, forKey: .epsilon),
                shrinkage: values.decodeWord(.shrinkage) ?? .none,
                blurBorder: values.decodeIfPresent(BlurBorder.self, forKey: .blurBorder) ?? .repeatingEdge,
                imageScore: values.decodeWord(.imageScore) ?? .max))
        calibration = try values.decodeIfPresent(CalibrationHeader.self, forKey: .calibration)
    }

    func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: HeaderKeys.self)
        try values.encode(space)
        try values.encode(count, forKey: .count)
        if samples != count { try values.encode(samples, forKey: .samples) }
        try values.encode(settings.epsilon, forKey: .epsilon)
        // A usual value is left out, so that models with it stay as they always were, byte for byte.
        if settings.shrinkage != .none { try values.encode(settings.shrinkage.description, forKey: .shrinkage) }
        if settings.blurBorder != .repeatingEdge { try values.encode(settings.blurBorder, forKey: .blurBorder) }
        if settings.imageScore != .max { try values.encode(settings.imageScore.description, forKey: .imageScore) }
        try values.encodeIfPresent(region, forKey: .region)
        try values.encodeIfPresent(calibration, forKey: .calibration)
    }
}

extension KeyedDecodingContainer where Key == HeaderKeys {
    /// A value that files have in the words of the command line; nil where there is none.
    fileprivate func decodeWord<Value: LosslessStringConvertible>(_ key: HeaderKeys) throws -> Value? {
        guard let text = try decodeIfPresent(String.self, forKey: key) else { return nil }
        guard let value = Value(text) else {
            throw GaussianError("model", "its \(key.rawValue) '\(text.prefix(40))' is not known")
        }
        return value
    }
}

/// The file of a model, a safetensors file:
///
///     metadata   format "padim model", version "2" or "3", header (JSON of `ModelHeader`, keys sorted)
///     mean       F32 [patches, d]
///     whitening  F32 [patches, d(d+1)/2]   W, the inverse of the covariance's Cholesky factor: lower triangle, by rows
///     checks     I64 [patches]             a patch's mean and whitening, checked as `RecordChecks` does
///
/// and where the header has a region of interest that of `RegionFormat`, and where it has a calibration those of `CalibrationFormat`.
enum ModelFormat {
    static let kind = "padim model"
    static let newest = 3
    static let mean = "mean"
    static let whitening = "whitening"
    static let checks = "checks"

    static func tensors(_ header: ModelHeader) throws -> [TensorDescription] {
        let (patches, dimension) = (header.space.patches, header.space.dimension)
        let calibration = try header.calibration.map { try CalibrationFormat.tensors($0, patches: patches) } ?? []
        return [
            try TensorDescription(name: mean, type: .f32, shape: [patches, dimension]),
            try TensorDescription(name: whitening, type: .f32, shape: [patches, packed(dimension)]),
            try TensorDescription(name: checks, type: .i64, shape: [patches]),
        ] + (try header.region.map { [try RegionFormat.tensor($0)] } ?? []) + calibration
    }

    /// Numbers in a packed lower triangle.
    static func packed(_ dimension: Int) -> Int { dimension * (dimension + 1) / 2 }
}
