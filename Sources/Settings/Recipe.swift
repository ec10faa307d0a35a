/// A set of settings that is known by a name. Whatever is given beside the name takes its place.
public enum Recipe: String, CaseIterable, Sendable {
    /// The method as the paper has it, with the input that the paper's code gives to the backbone's own normalization.
    case paper
    /// anomalib 2.7's PaDiM with its usual pre-processing: the same scores for the same weights and the same channels.
    case anomalib
    /// All channels of the layers on the coarsest layer's grid, with covariances that are drawn towards their mean: several times smaller
    /// sums and models, and fewer operations. Chosen by measurements on photographs of solar cells; docs/NUMERICS.md has them.
    case lean

    /// anomalib adds 0.01 to the covariances' diagonals and then 0.00001.
    public var model: ModelSettings {
        switch self {
        case .paper: ModelSettings(epsilon: 0.01)
        case .anomalib: ModelSettings(epsilon: 0.01001, blurBorder: .mirror)
        case .lean: ModelSettings(epsilon: 0.01, shrinkage: .pooled(images: 30), imageScore: .top(percent: 1))
        }
    }

    public var patchGrid: PatchGrid {
        switch self {
        case .paper, .anomalib: .finest
        case .lean: .coarsest
        }
    }

    /// Features are rounded to steps of 2^-gridExponent. anomalib rounds nothing; with steps of 2^-13 scores are within 1e-4 of its own,
    /// with 2^-9 within 4e-4. The range is 64: a few features of EfficientNet-Lite0 pass it in some images, and a fit says how many it set to
    /// the limit.
    public var gridExponent: Int {
        switch self {
        case .paper, .lean: 9
        case .anomalib: 13
        }
    }

    public var input: InputSettings {
        switch self {
        case .paper, .lean: InputSettings()
        case .anomalib: InputSettings(height: 256, width: 256, resizePrecision: .float, normalization: .imageNet)
        }
    }
}
