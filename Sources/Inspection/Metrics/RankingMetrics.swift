/// How well scores part anomalous from normal, for images or for pixels.
public struct RankingMetrics: Codable, Equatable, Sendable {
    /// The area under the receiver operating characteristic: the chance that an anomalous one scores more than a normal
    /// one, ties counting half.
    public let auroc: Double
    /// The area under the precision-recall curve as a sum of steps (scikit-learn's `average_precision_score`).
    public let averagePrecision: Double
    /// The highest F1 that any threshold reaches.
    public let bestF1: Double
    /// The highest threshold that reaches it: flag what scores at least this much.
    public let bestThreshold: Float

    /// - Parameter scores: finite, in any order.
    /// - Returns: nil unless there are both normal and anomalous ones, and all scores are finite.
    public init?(_ scores: [LabelledScore]) {
        guard scores.allSatisfy({ $0.score.isFinite }) else { return nil }
        self.init(groups: ScoreGroup.groups(of: scores))
    }

    /// - Parameter groups: highest score first, each score once.
    package init?(groups: [ScoreGroup]) {
        let normal = groups.reduce(0) { $0 + $1.normal }
        let anomalous = groups.reduce(0) { $0 + $1.anomalous }
        guard normal > 0, anomalous > 0 else { return nil }
        auroc = Self.auroc(groups, normal, anomalous)
        averagePrecision = Self.averagePrecision(groups, anomalous)
        (bestF1, bestThreshold) = Self.bestF1(groups, anomalous)
    }

    /// Counts, exactly, the pairs in which the anomalous one scores more; doubled, so that half a pair is a whole number.
    private static func auroc(_ groups: [ScoreGroup], _ normal: Int64, _ anomalous: Int64) -> Double {
        var (pairs, above) = (Int128(0), Int128(0))
        for group in groups {
            pairs += Int128(group.normal) * (2 * above + Int128(group.anomalous))
            above += Int128(group.anomalous)
        }
        return Double(pairs) / (2 * Double(normal) * Double(anomalous))
    }

    private static func averagePrecision(_ groups: [ScoreGroup], _ anomalous: Int64) -> Double {
        var (found, flagged, area) = (Int64(0), Int64(0), 0.0)
        for group in groups {
            found += group.anomalous
            flagged += group.anomalous + group.normal
            area += Double(group.anomalous) / Double(anomalous) * (Double(found) / Double(flagged))
        }
        return area
    }

    private static func bestF1(_ groups: [ScoreGroup], _ anomalous: Int64) -> (Double, Float) {
        var (found, flagged) = (Int64(0), Int64(0))
        var best = (f1: -1.0, threshold: Float(0))
        for group in groups {
            found += group.anomalous
            flagged += group.anomalous + group.normal
            let f1 = 2 * Double(found) / Double(flagged + anomalous)
            if f1 > best.f1 { best = (f1, group.score) }
        }
        return best
    }
}
