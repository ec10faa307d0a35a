/// How an image's score comes from its map.
public enum ImageScore: Equatable, Sendable {
    /// The score is the largest value of the map.
    case max
    /// The score is the mean of the map's highest values: `percent` of its pixels, at least one.
    case top(percent: Double)

    /// That share; nil where only the largest value counts.
    public var topPercent: Double? {
        switch self {
        case .max: nil
        case .top(let percent): percent
        }
    }
}

extension ImageScore: LosslessStringConvertible {
    /// Reads `max` or `top:PCT` with 0 < PCT <= 100; nil for anything else.
    public init?(_ text: String) {
        if text == "max" {
            self = .max
        } else if text.hasPrefix("top:"), let percent = Double(text.dropFirst(4)), Self.percents.contains(percent) {
            self = .top(percent: percent)
        } else {
            return nil
        }
    }

    public var description: String { topPercent.map { "top:\($0)" } ?? "max" }

    /// In words, what is impossible about the value; nil where nothing is.
    var fault: String? {
        guard let topPercent, !Self.percents.contains(topPercent) else { return nil }
        return "the share of the highest pixels must be above 0 and at most 100 per cent"
    }

    /// Which shares are possible.
    static let percents = Double.leastNonzeroMagnitude...100
}
