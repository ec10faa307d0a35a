import Settings

/// How an image's score comes from its map.
public enum ImageScore: Equatable, Sendable, Codable {
    /// The map's largest value.
    case max
    /// The mean of the largest values, that many per cent of all, at least one.
    case top(percent: Double)

    /// That share; nil where only the largest value counts.
    public var topPercent: Double? {
        switch self {
        case .max: nil
        case .top(let percent): percent
        }
    }

    /// Reads `max` or `top:PCT`.
    /// - Throws: `PaDiMError` for anything else.
    public init(_ text: String) throws {
        if text == "max" {
            self = .max
        } else if text.hasPrefix("top:"), let percent = Double(text.dropFirst(4)), percent > 0, percent <= 100 {
            self = .top(percent: percent)
        } else {
            throw PaDiMError("image score '\(text)'", "it is max, or top:PCT with 0 < PCT <= 100")
        }
    }
}

/// How a map and its score are made of the distances of patches.
public struct ScoreSettings: Equatable, Sendable, Codable {
    public var imageScore: ImageScore
    public var blurBorder: BlurBorder
    public var mapSize: MapSize

    public init(
        imageScore: ImageScore = .max, blurBorder: BlurBorder = .repeatingEdge, mapSize: MapSize = .input
    ) {
        (self.imageScore, self.blurBorder, self.mapSize) = (imageScore, blurBorder, mapSize)
    }

    /// The blur, in pixels of the network's input.
    package static let sigma = 4.0
    package static let radius = 16
}
