/// The file formats of anomaly maps.
public enum MapFormat: String, CaseIterable, Sendable, Codable {
    /// 16-bit gray PNG, which any viewer opens: the values rounded to a scale that the file says.
    case png16
    /// 32-bit float TIFF, uncompressed: the very values.
    case tiff
    /// NumPy's array format, `<f4` of shape (height, width): the very values.
    case npy

    /// The ending of such files' names, without the dot.
    public var fileExtension: String {
        switch self {
        case .png16: "png"
        case .tiff: "tiff"
        case .npy: "npy"
        }
    }
}

/// Whether maps are written, and in which format.
public enum MapChoice: String, CaseIterable, Sendable, Codable {
    case png16, tiff, npy, none

    /// Nil where no maps are written.
    public var format: MapFormat? { MapFormat(rawValue: rawValue) }
}

/// Which maps are written and how, in one word of the command line and of a job's record: a format, `none`, `flagged`, or `flagged:FORMAT`.
public struct MapSelection: Equatable, Sendable, CustomStringConvertible {
    public let choice: MapChoice
    /// Whether only the maps of flagged images are written.
    public let ofFlagged: Bool

    private static let flagged = "flagged"

    public init(_ choice: MapChoice, ofFlagged: Bool = false) {
        (self.choice, self.ofFlagged) = (choice, ofFlagged && choice != .none)
    }

    /// - Returns: nil for other words.
    public init?(_ text: String) {
        if let choice = MapChoice(rawValue: text) {
            self.init(choice)
        } else if text == Self.flagged {
            self.init(.png16, ofFlagged: true)
        } else if text.hasPrefix(Self.flagged + ":"),
            let format = MapFormat(rawValue: String(text.dropFirst(Self.flagged.count + 1))),
            let choice = MapChoice(rawValue: format.rawValue)
        {
            self.init(choice, ofFlagged: true)
        } else {
            return nil
        }
    }

    public var description: String {
        guard ofFlagged else { return choice.rawValue }
        return choice == .png16 ? Self.flagged : "\(Self.flagged):\(choice.rawValue)"
    }
}

/// What the blur takes for the pixels beyond a map's border.
public enum BlurBorder: String, CaseIterable, Sendable, Codable {
    /// The map mirrored, the edge repeated (b a | a b c): SciPy's `reflect`, as the paper's code.
    case repeatingEdge
    /// The map mirrored about the edge (c b | a b c): SciPy's `mirror`, PyTorch's `reflect`, as anomalib.
    case mirror
}

/// The size of the maps given out.
public enum MapSize: String, CaseIterable, Sendable, Codable {
    /// The network's input.
    case input
    /// The image as it was read. Where the middle was cut out, the rest has 0: nobody looked there.
    case original
}

/// Which images get an overlay: the map's colours over the image.
public enum OverlayChoice: String, CaseIterable, Sendable, Codable {
    case all
    /// Those whose score reaches the threshold; none where there is no threshold.
    case flagged
    case none

    /// Whether an image gets one.
    /// - Parameter flagged: whether its score reaches the threshold.
    public func includes(flagged: Bool) -> Bool {
        switch self {
        case .all: true
        case .flagged: flagged
        case .none: false
        }
    }
}
