import Gaussian
import Settings

/// All that a model says of itself.
public struct ModelDiagnosis: Encodable, Sendable {
    public struct Making: Encodable, Sendable {
        public let epsilon: Double
        public let shrinkage: String
        public let blurBorder: BlurBorder
        public let imageScore: String
        /// Nil where all pixels of images count.
        public let region: Region?
    }

    /// Which pixels of images count.
    public struct Region: Encodable, Sendable {
        /// Of the images.
        public let width: Int
        public let height: Int
        /// Pixels that count.
        public let pixels: Int
    }

    public let images: Int64
    /// Tiles or copies of these images; nil where each image is one sample.
    public let samples: Int64?
    public let settings: Making
    public let space: FeatureSpace
    /// Nil where the model has no calibration.
    public let calibration: CalibrationSummary?
    public let spectrum: SampledSpectrum
    /// What is doubtful about the model, and what to do about it: a sentence each.
    public let warnings: [String]

    /// - Throws: as `SampledSpectrum`; `ThresholdError` where the calibration's scores are impossible.
    public init(of model: GaussianModel) throws {
        images = model.count
        samples = model.samples == model.count ? nil : model.samples
        settings = Making(
            epsilon: model.settings.epsilon, shrinkage: model.settings.shrinkage.description,
            blurBorder: model.settings.blurBorder, imageScore: model.settings.imageScore.description,
            region: model.settings.region.map { Region(width: $0.width, height: $0.height, pixels: $0.count) })
        space = model.space
        calibration = try model.calibration.map { try CalibrationSummary($0, rule: model.settings.imageScore) }
        spectrum = try SampledSpectrum(of: model)
        warnings = Self.warnings(model, spectrum)
    }
}
