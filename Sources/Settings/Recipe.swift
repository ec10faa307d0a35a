/// A set of settings that is known by a name. Whatever is given beside the name takes its place.
public enum Recipe: String, CaseIterable, Sendable {
    /// The method as the paper has it, with the input that the paper's code gives to the backbone's own normalization.
    case paper
    /// anomalib 2.7's PaDiM with its usual pre-processing: the same scores for the same weights and the same channels.
    case anomalib

    /// What is added to the diagonal of each covariance. anomalib adds 0.01 and then 0.00001.
    public var epsilon: Double {
        switch self {
        case .paper: 0.01
        case .anomalib: 0.01001
        }
    }

    public var blurBorder: BlurBorder {
        switch self {
        case .paper: .repeatingEdge
        case .anomalib: .mirror
        }
    }

    /// Features are rounded to steps of 2^-gridExponent. anomalib rounds nothing; with steps of 2^-13 scores are within 1e-4 of its own,
    /// with 2^-9 within 4e-4. The range is 64: a few features of EfficientNet-Lite0 pass it in some images, and a fit says how many it set to
    /// the limit.
    public var gridExponent: Int {
        switch self {
        case .paper: 9
        case .anomalib: 13
        }
    }

    public var input: InputSettings {
        switch self {
        case .paper: InputSettings()
        case .anomalib: InputSettings(height: 256, width: 256, resizePrecision: .float, normalization: .imageNet)
        }
    }
}
