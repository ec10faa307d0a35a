/// All that scored the same: the unit of every ranking metric, since a threshold cannot part it.
package struct ScoreGroup: Equatable, Sendable {
    package let score: Float
    package var normal: Int64
    package var anomalous: Int64

    package init(score: Float, normal: Int64, anomalous: Int64) {
        (self.score, self.normal, self.anomalous) = (score, normal, anomalous)
    }

    /// Groups single scores, highest first.
    /// - Parameter scores: finite, in any order.
    package static func groups(of scores: [LabelledScore]) -> [ScoreGroup] {
        var groups: [ScoreGroup] = []
        for item in scores.sorted(by: { $0.score > $1.score }) {
            if groups.last?.score != item.score {
                groups.append(ScoreGroup(score: item.score, normal: 0, anomalous: 0))
            }
            if item.isAnomalous {
                groups[groups.count - 1].anomalous += 1
            } else {
                groups[groups.count - 1].normal += 1
            }
        }
        return groups
    }
}

/// A score beside the truth about what was scored.
public struct LabelledScore: Equatable, Sendable {
    public let score: Float
    public let isAnomalous: Bool

    public init(_ score: Float, isAnomalous: Bool) { (self.score, self.isAnomalous) = (score, isAnomalous) }
}
