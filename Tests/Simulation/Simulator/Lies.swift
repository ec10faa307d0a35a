import Cluster

/// Workers that break the protocol: by bad memory, by a mistake of whoever wrote them, or on purpose.
struct LieFaults {
    /// A worker says something impossible one time in so many; 0: never.
    let oneIn: Int

    /// - Parameter dice: of its own, so that what the other faults are does not depend on these.
    init(_ dice: Dice) { oneIn = dice.percent(10) ? dice.draw(3...30) : 0 }
}

/// What such a worker says.
package enum Lie: CaseIterable {
    /// An image of another shard among the failures.
    case foreignImage
    /// A score that is no distance, or at no place of the map.
    case impossibleScore
    /// A flag that the threshold does not give.
    case wrongFlag
    /// Artifacts written that were not.
    case noPictures
    /// Sums written that were not, or others than were written.
    case noSums
    /// Too few outcomes, or sums of more images than there are.
    case wrongCount
    /// A chunk without its end.
    case shortChunk
    /// An artifact of an image that it was not dealt.
    case foreignPicture
}

extension World {
    /// Whether a worker lies now, in this way.
    func lies(_ lie: Lie) -> Bool {
        guard isFaulty, lieDice.oneIn(scenario.lies.oneIn) else { return false }
        tally.count("worker lies: \(lie)")
        return true
    }
}
