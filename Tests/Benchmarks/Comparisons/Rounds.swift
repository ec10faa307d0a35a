import Foundation

/// Runs both sides of a comparison in turn, round after round: what disturbs the machine disturbs both.
struct Rounds {
    let count: Int

    /// - Parameter progress: told of every round.
    func run(_ comparison: Comparison, in surroundings: Surroundings, progress: (String) -> Void) throws -> Row {
        let measure = try comparison.prepare(surroundings)
        let count = min(count, comparison.mostRounds ?? count)
        var ours: [Double] = []
        var theirs = [[Double]](repeating: [], count: measure.peers.count)
        for round in 1...count {
            ours.append(try measure.ours.run() * comparison.scale)
            for (place, peer) in measure.peers.enumerated() {
                theirs[place].append(try peer.run() * comparison.scale)
            }
            progress("\(comparison.name) \(round)/\(count)")
        }
        // The faster one counts.
        let fastest = theirs.indices.min { theirs[$0].median < theirs[$1].median }
        return Row(
            name: comparison.name, title: comparison.title, ours: ours.median,
            peer: fastest.map { theirs[$0].median }, peerName: fastest.map { measure.peers[$0].name },
            unit: comparison.unit,
            // Ratios are taken round by round, so that a slow minute counts on both sides.
            ratio: fastest.map { place in zip(ours, theirs[place]).map { $0 / $1 }.median }, rounds: count,
            target: comparison.target, stretch: comparison.stretch)
    }
}

extension [Double] {
    /// Of an even number, the mean of the two in the middle; zero of none.
    var median: Double {
        guard !isEmpty else { return 0 }
        let sorted = sorted()
        return (sorted[(count - 1) / 2] + sorted[count / 2]) / 2
    }
}

/// Wall-clock seconds that `body` takes.
func seconds(_ body: () throws -> Void) rethrows -> Double {
    let start = ContinuousClock.now
    try body()
    return start.duration(to: .now) / .seconds(1)
}
