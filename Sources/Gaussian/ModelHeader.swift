import Settings
import Tensors

/// What a model file says besides its numbers: all that scoring needs, and nothing that differs between two equal fits.
struct ModelHeader: Codable, Equatable, Sendable {
    let space: FeatureSpace
    /// Images in the statistics.
    let count: Int64
    /// What was added to the covariances' diagonals.
    let epsilon: Double
    /// How maps are blurred, where an inspection does not say otherwise.
    let blurBorder: BlurBorder
    /// Nil where the model is not calibrated.
    var calibration: CalibrationHeader?

    init(space: FeatureSpace, count: Int64, epsilon: Double, blurBorder: BlurBorder = .repeatingEdge) throws {
        guard epsilon.isFinite, epsilon >= 0 else {
            throw GaussianError("epsilon \(epsilon)", "must be a finite number, not negative")
        }
        guard count >= 2 else {
            throw GaussianError("model", "a covariance needs at least two images; the statistics hold \(count)")
        }
        (self.space, self.count, self.epsilon, self.blurBorder) = (space, count, epsilon, blurBorder)
    }

    /// The first version of the format that has all of its fields.
    var formatVersion: Int { blurBorder == .repeatingEdge && calibration == nil ? space.formatVersion : 3 }

    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: HeaderKeys.self)
        try self.init(
            space: values.decodeSpace(),
            count: values.decode(Int64.self, forKey: .count),
            epsilon: values.decode(Double.self, forKey: .epsilon),
            blurBorder: values.decodeIfPresent(BlurBorder.self, forKey: .blurBorder) ?? .repeatingEdge)
        calibration = try values.decodeIfPresent(CalibrationHeader.self, forKey: .calibration)
    }

    func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: HeaderKeys.self)
        try values.encode(space)
        try values.encode(count, forKey: .count)
        try values.encode(epsilon, forKey: .epsilon)
        // The usual value is left out, so that models with it stay as they always were, byte for byte.
        if blurBorder != .repeatingEdge { try values.encode(blurBorder, forKey: .blurBorder) }
        try values.encodeIfPresent(calibration, forKey: .calibration)
    }
}

/// The file of a model, a safetensors file:
///
///     metadata   format "padim model", version "2" or "3", header (JSON of `ModelHeader`, keys sorted)
///     mean       F32 [patches, d]
///     whitening  F32 [patches, d(d+1)/2]   W, the inverse of the covariance's Cholesky factor: lower triangle, by rows
///     checks     I64 [patches]             a patch's mean and whitening, checked as `RecordChecks` does
///
/// and where the header has a calibration those of `CalibrationFormat`.
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
        ] + calibration
    }

    /// Numbers in a packed lower triangle.
    static func packed(_ dimension: Int) -> Int { dimension * (dimension + 1) / 2 }
}
