/// How a model is made of sums, and what it says to inspections that are not told otherwise.
public struct ModelSettings: Equatable, Sendable {
    /// Added to the diagonal of each covariance, in squared units of the features.
    public var epsilon: Double
    public var shrinkage: Shrinkage
    /// How inspections blur maps.
    public var blurBorder: BlurBorder
    /// How inspections score images.
    public var imageScore: ImageScore
    /// Which pixels of images count in calibrations and inspections; nil: all.
    public var region: RegionOfInterest?

    public init(
        epsilon: Double, shrinkage: Shrinkage = .none, blurBorder: BlurBorder = .repeatingEdge,
        imageScore: ImageScore = .max, region: RegionOfInterest? = nil
    ) {
        (self.epsilon, self.shrinkage, self.blurBorder, self.imageScore) = (epsilon, shrinkage, blurBorder, imageScore)
        self.region = region
    }

    /// The settings as a fit's record has them, but for the region.
    ///
    /// A setting that an earlier release did not have is left out where it has its usual value: jobs of that release then go on.
    public var named: [String: String] {
        var named = namedWithoutRules
        if blurBorder != .repeatingEdge { named["model-blur-border"] = blurBorder.rawValue }
        if imageScore != .max { named["model-image-score"] = imageScore.description }
        return named
    }

    /// The same without what inspections follow.
    public var namedWithoutRules: [String: String] {
        var named = ["epsilon": "\(epsilon)"]
        if shrinkage != .none { named["shrinkage"] = shrinkage.description }
        return named
    }

    /// In words, what is impossible about the values; nil where nothing is.
    public var fault: String? {
        guard epsilon.isFinite, epsilon >= 0 else { return "epsilon must be a finite number, not negative" }
        return shrinkage.fault ?? imageScore.fault
    }
}
