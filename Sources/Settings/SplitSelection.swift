/// Which images of a list are meant, by what it says of them in its column `split`. Images without a split are always meant.
public enum SplitSelection: Sendable, Equatable {
    case all
    /// The images of one split.
    case only(String)
    /// The images of every split but one.
    case allBut(String)

    /// What a model is fitted on unless something else is asked for.
    public static let toFit = SplitSelection.only("train")
    /// What is inspected and evaluated unless something else is asked for.
    public static let toInspect = SplitSelection.allBut("train")

    /// - Parameter name: `all`, or the name of a split.
    public init(_ name: String) {
        let name = Self.canonical(name)
        self = name == "all" ? .all : .only(name)
    }

    /// Whether an image of this split is meant.
    public func takes(_ split: String?) -> Bool {
        guard let split else { return true }
        return switch self {
        case .all: true
        case .only(let name): Self.canonical(split) == name
        case .allBut(let name): Self.canonical(split) != name
        }
    }

    /// One spelling for each split: lower case, and one word for what has several.
    private static func canonical(_ name: String) -> String {
        switch name.lowercased() {
        case "training": "train"
        case "testing": "test"
        case "val", "valid": "validation"
        case let name: name
        }
    }
}
