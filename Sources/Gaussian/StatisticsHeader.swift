/// What a file of statistics says about its sums.
public struct StatisticsHeader: Codable, Equatable, Sendable {
    public let space: FeatureSpace
    public let grid: FixedPointGrid
    /// Images in the sums.
    public let count: Int64
    /// Numbers that were beyond the grid's limit and set to it.
    public let clamped: Int64

    /// - Throws: `GaussianError` where the grid is not of the space's channels, or a count is out of bounds.
    public init(space: FeatureSpace, grid: FixedPointGrid, count: Int64, clamped: Int64) throws {
        guard grid.exponents.count == space.dimension else {
            throw GaussianError(
                "statistics", "a grid of \(grid.exponents.count) exponents is not for \(space.dimension) channels")
        }
        guard (0...Statistics.maximumCount).contains(count), clamped >= 0 else {
            throw GaussianError("statistics", "\(count) images with \(clamped) clamped numbers are out of bounds")
        }
        (self.space, self.grid, self.count, self.clamped) = (space, grid, count, clamped)
    }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        try self.init(
            space: values.decode(FeatureSpace.self, forKey: .space),
            grid: values.decode(FixedPointGrid.self, forKey: .grid),
            count: values.decode(Int64.self, forKey: .count),
            clamped: values.decode(Int64.self, forKey: .clamped))
    }

    /// In words, why sums with these headers do not add; nil where they do.
    public func obstacle(toCombiningWith other: StatisticsHeader) -> String? {
        let differences = space.differences(from: other.space)
        if !differences.isEmpty {
            return "these statistics differ in \(differences.joined(separator: ", "))"
        }
        if grid != other.grid {
            let different = zip(grid.exponents, other.grid.exponents).count { $0 != $1 }
            return "these statistics have different fixed-point grids (\(different) of \(space.dimension) exponents); "
                + "fit one of them again with the other's grid (--grid)"
        }
        return nil
    }
}
