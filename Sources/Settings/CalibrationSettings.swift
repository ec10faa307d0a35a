/// How a fit tries its model on its own images.
public struct CalibrationSettings: Equatable, Sendable {
    /// So many images at most: all, or a sample that follows from the images' contents alone.
    public var images: Int
    public var lots: LotChoice

    public static let usualImages = 1_000
    /// Beyond, sums of distances would not be sure to fit.
    public static let mostImages = 1 << 17

    public init(images: Int = usualImages, lots: LotChoice = .tenths) { (self.images, self.lots) = (images, lots) }
}

/// Which images were taken together, so that they are left out of the model together.
public enum LotChoice: String, CaseIterable, Sendable, Codable {
    /// Ten stretches of the list of equal length.
    case tenths
    /// The folder at the top of each image's path in its list.
    case folders
    /// No image is left out with others.
    case none
}
