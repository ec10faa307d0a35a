/// A piece of a workspace, by its number in the plan.
struct Area: Sendable {
    let number: Int
}

/// Deals out a workspace: areas whose times of use do not overlap share memory.
struct MemoryPlan: Sendable {
    private struct Piece {
        var floats: Int
        var steps: ClosedRange<Int>
        var offset = 0
    }

    private var pieces: [Piece] = []
    /// Where each area starts, in floats; filled by `assign`.
    private(set) var offsets: [Int] = []
    private(set) var floats = 0

    /// An area that is written by step `step` for the first time.
    mutating func reserve(floats: Int, at step: Int) -> Area {
        pieces.append(Piece(floats: floats.roundedUp(to: 16), steps: step...step))
        return Area(number: pieces.count - 1)
    }

    /// The area's contents are needed by step `step`.
    mutating func use(_ area: Area, at step: Int) {
        let steps = pieces[area.number].steps
        pieces[area.number].steps = min(steps.lowerBound, step)...max(steps.upperBound, step)
    }

    /// The area's contents never lie in memory.
    mutating func abandon(_ area: Area) {
        pieces[area.number].floats = 0
    }

    /// Room behind all areas, for kernels that read past a map's end.
    mutating func reserveBehind(floats: Int) {
        self.floats += floats.roundedUp(to: 16)
    }

    /// Gives every area its place: the largest first, each at the lowest offset that is free during its time of use.
    mutating func assign() {
        var placed: [Int] = []
        for number in pieces.indices.sorted(by: { (pieces[$0].floats, $1) > (pieces[$1].floats, $0) }) {
            let piece = pieces[number]
            var offset = 0
            for other in placed.map({ pieces[$0] }).sorted(by: { $0.offset < $1.offset })
            where other.steps.overlaps(piece.steps) {
                if other.offset - offset >= piece.floats { break }
                offset = max(offset, other.offset + other.floats)
            }
            pieces[number].offset = offset
            placed.append(number)
            floats = max(floats, offset + piece.floats)
        }
        offsets = pieces.map(\.offset)
    }
}
