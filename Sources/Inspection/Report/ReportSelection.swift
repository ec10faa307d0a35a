import Journal
import Storage

/// Which images a report lists, and which of them it shows: all of a small job; of a large one those that somebody looks for first, and a sample
/// of the others.
package struct ReportSelection: Equatable, Sendable {
    /// An image with a score.
    package struct Scored: Equatable, Sendable {
        package var id: ImageID
        package var score: Float
        /// Nil where it is not known.
        package var anomalous: Bool?

        package init(id: ImageID, score: Float, anomalous: Bool? = nil) {
            (self.id, self.score, self.anomalous) = (id, score, anomalous)
        }
    }

    /// How many images are listed, and shown, at most.
    package static let mostListed = 2_000
    package static let mostShown = 60
    private static let listed = (highest: 500, mistakes: 250, unusable: 200)
    private static let shown = (highest: 24, mistakes: 12, besideThreshold: 12)

    /// All images, those with the highest scores first, equal ones in the list's order; then those without a score.
    package let order: [ImageID]
    package let rows: [ImageID]
    /// Those with pictures.
    package let pictured: [ImageID]

    /// - Parameters:
    ///   - scored: in any order.
    ///   - unscored: in the list's order.
    package init(_ scored: [Scored], unscored: [ImageID], threshold: Float) {
        let falling = scored.sorted { ($1.score, $0.id) < ($0.score, $1.id) }
        order = falling.map(\.id) + unscored
        let misses = falling.reversed().filter { $0.anomalous == true }.map(\.id)
        let alarms = falling.filter { $0.anomalous == false }.map(\.id)
        if order.count <= Self.mostListed {
            rows = order
        } else {
            var chosen = Choice()
            chosen.take(order.prefix(Self.listed.highest))
            chosen.take(misses.prefix(Self.listed.mistakes))
            chosen.take(alarms.prefix(Self.listed.mistakes))
            chosen.take(unscored.prefix(Self.listed.unusable))
            // Equal steps from the highest to the lowest score.
            let room = Self.mostListed - chosen.ids.count
            let step = max(1, falling.count / max(1, room))
            chosen.take(stride(from: step / 2, to: falling.count, by: step).prefix(room).map { falling[$0].id })
            rows = chosen.ids
        }
        var chosen = Choice()
        chosen.take(falling.prefix(Self.shown.highest).map(\.id))
        chosen.take(misses.prefix(Self.shown.mistakes))
        chosen.take(alarms.prefix(Self.shown.mistakes))
        let above = falling.count { $0.score >= threshold }
        let half = Self.shown.besideThreshold / 2
        chosen.take(falling[max(0, above - half)..<min(falling.count, above + half)].map(\.id))
        // A small job has pictures of all.
        let listed = Set(rows)
        chosen.take(falling.lazy.map(\.id).filter(listed.contains).prefix(Self.mostShown))
        pictured = Array(chosen.ids.prefix(Self.mostShown))
    }

    /// Images, each once, in the order in which they were taken first.
    private struct Choice {
        private(set) var ids: [ImageID] = []
        private var known: Set<ImageID> = []

        mutating func take(_ more: some Sequence<ImageID>) {
            for id in more where known.insert(id).inserted { ids.append(id) }
        }
    }
}
