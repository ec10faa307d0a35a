/// Whether a patch's covariance is drawn towards the mean of all patches' covariances.
public enum Shrinkage: Equatable, Sendable {
    /// Each patch has the covariance of its own embeddings.
    case none
    /// The mean of all patches' covariances counts as so many images, beside the n - 1 degrees of freedom of the patch's own:
    /// C = ((n - 1) S_p + images S) / (n - 1 + images), where S is the mean of all S_p. Finite and above 0.
    case pooled(images: Double)

    /// So many images; nil where there is no shrinkage.
    public var pooledImages: Double? {
        switch self {
        case .none: nil
        case .pooled(let images): images
        }
    }

    /// In words, what is impossible about the value; nil where nothing is.
    public var fault: String? {
        guard let pooledImages, !(pooledImages > 0 && pooledImages.isFinite) else { return nil }
        return "shrinkage takes none, or pooled:V with a number V above 0, not pooled:\(pooledImages)"
    }
}

extension Shrinkage: LosslessStringConvertible {
    /// Reads `none` or `pooled:V` with a finite V > 0; nil for anything else.
    public init?(_ text: String) {
        if text == "none" {
            self = .none
        } else if text.hasPrefix("pooled:"), let images = Double(text.dropFirst(7)) {
            self = .pooled(images: images)
        } else {
            return nil
        }
        if fault != nil { return nil }
    }

    public var description: String { pooledImages.map { "pooled:\($0)" } ?? "none" }
}
