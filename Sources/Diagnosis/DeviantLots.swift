import Gaussian

/// Lots of a fit that are far from all others: they may show another product, or were taken otherwise.
public struct DeviantLots: Equatable, Sendable {
    /// Their numbers, the farthest first; at least one.
    public let lots: [Int]
    /// The middle one of all lots' drifts.
    public let median: Double

    /// Drifts above this many times the middle one. Tenths of a list of solar cells (ELPV, mono) had up to 3 times the middle one; in nine tenths
    /// of the same list one lot had 25 times.
    private static let ratio = 4.0
    /// Below, a lot differs by so little that scores do not show it.
    private static let leastDrift = 4.0

    /// - Returns: nil where there is none, or where fewer than three lots say what is usual.
    public init?(_ lots: [Calibration.Lot]) {
        let known = lots.indices.filter { lots[$0].drift > 0 }.sorted { lots[$0].drift > lots[$1].drift }
        guard known.count >= 3 else { return nil }
        let median = lots[known[known.count / 2]].drift
        let deviant = known.filter { lots[$0].drift > Self.leastDrift && lots[$0].drift > Self.ratio * median }
        guard !deviant.isEmpty else { return nil }
        (self.lots, self.median) = (deviant, median)
    }
}
