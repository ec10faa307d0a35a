/// Which threshold an evaluation looks at.
public enum OperatingPoint: Equatable, Sendable {
    /// This one.
    case threshold(Float)
    /// The highest at which at least this share of the anomalous images is found: above 0, up to 1.
    case recall(Double)
    /// The highest of those at which misses and false alarms together cost least. Costs are of one image each, in any unit.
    case costs(miss: Double, alarm: Double)

    /// In words, what is impossible about the values; nil where nothing is.
    public var fault: String? {
        switch self {
        case .threshold(let value): value.isFinite ? nil : "the threshold must be a finite number"
        case .recall(let share): share > 0 && share <= 1 ? nil : "the recall must be above 0 and at most 1"
        case .costs(let miss, let alarm):
            [miss, alarm].allSatisfy { $0 > 0 && $0 <= Self.highestCost }
                ? nil : "the costs of a miss and of a false alarm must be above 0 and at most \(Self.highestCost)"
        }
    }

    /// Above it the sum over all images of a list might not be a number.
    private static let highestCost = 1e12
}
