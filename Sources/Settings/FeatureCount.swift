/// How many of the layers' channels are kept.
public enum FeatureCount: Equatable, Sendable {
    case all
    /// So many, chosen by a seed.
    case count(Int)
}

extension FeatureCount: ExpressibleByIntegerLiteral {
    public init(integerLiteral count: Int) { self = .count(count) }
}

extension FeatureCount: LosslessStringConvertible {
    /// Reads `all` or a whole number; nil for anything else. Whether there are so many channels is for the layers to say.
    public init?(_ text: String) {
        if text == "all" {
            self = .all
        } else if let count = Int(text) {
            self = .count(count)
        } else {
            return nil
        }
    }

    public var description: String {
        switch self {
        case .all: "all"
        case .count(let count): "\(count)"
        }
    }
}
