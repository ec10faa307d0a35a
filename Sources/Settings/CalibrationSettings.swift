/// How a fit tries its model on its own images.
public struct CalibrationSettings: Equatable, Sendable {
    /// So many images at most: all, or a sample that follows from the images' contents alone.
    public var images: Int
    public var lots: LotChoice
    /// Whether somebody asked for these lots: they are left out whatever disk it takes.
    public var areLotsAskedFor: Bool

    /// The column of the list that says the lots, if one does.
    public var lotColumn: String? { if case .column(let name) = lots { name } else { nil } }

    public static let usualImages = 1_000
    /// Beyond, sums of distances would not be sure to fit.
    public static let mostImages = 1 << 17

    public init(images: Int = usualImages, lots: LotChoice = .tenths, areLotsAskedFor: Bool = false) {
        (self.images, self.lots, self.areLotsAskedFor) = (images, lots, areLotsAskedFor)
    }
}

/// Which images were taken together, so that they are left out of the model together.
public enum LotChoice: Equatable, Sendable {
    /// Ten stretches of the list of equal length.
    case tenths
    /// The folder at the top of each image's path in its list.
    case folders
    /// No image is left out with others.
    case none
    /// What a column of the list says, by the column's name.
    case column(String)

    /// Those that have a word of their own on the command line.
    public static let named: [LotChoice] = [.tenths, .folders, .none]

    /// As a job's record has it.
    public var word: String {
        switch self {
        case .tenths: "tenths"
        case .folders: "folders"
        case .none: "none"
        case .column(let name): "column \(name)"
        }
    }
}
