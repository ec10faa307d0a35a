import Settings
import Thresholds

extension OperatingPoint {
    /// The threshold that is meant, for these scores.
    /// - Parameter groups: highest score first, each score once; there is at least one anomalous score among them.
    /// - Returns: the score of a group, so that its own images are flagged; the next number above all scores where it costs least to flag
    ///   nothing.
    package func threshold(among groups: [ScoreGroup]) -> Threshold {
        switch self {
        case .threshold(let value): Threshold(value)
        case .recall(let share): Self.reaching(share, groups)
        case .costs(let miss, let alarm): Self.cheapest(miss, alarm, groups)
        }
    }

    private static func reaching(_ share: Double, _ groups: [ScoreGroup]) -> Threshold {
        let anomalous = groups.reduce(0) { $0 + $1.anomalous }
        var found: Int64 = 0
        for group in groups {
            found += group.anomalous
            // Both sides are rounded once, so that 9 of 10 are a share of 0.9.
            if Double(found) / Double(anomalous) >= share { return Threshold(group.score) }
        }
        return Threshold(groups.last?.score ?? 0)
    }

    private static func cheapest(_ miss: Double, _ alarm: Double, _ groups: [ScoreGroup]) -> Threshold {
        var (missed, alarms) = (groups.reduce(0) { $0 + $1.anomalous }, Int64(0))
        var best = (cost: miss * Double(missed), threshold: (groups.first?.score ?? 0).nextUp)
        for group in groups {
            missed -= group.anomalous
            alarms += group.normal
            let cost = miss * Double(missed) + alarm * Double(alarms)
            if cost < best.cost { best = (cost, group.score) }
        }
        return Threshold(best.threshold)
    }
}
