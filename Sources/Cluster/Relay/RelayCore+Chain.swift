import Storage

/// The relays between this one and the coordinator. One that is above itself would wait for work for ever.
extension RelayCore {
    /// The parent has opened a session. What it is told of those above it is of the session before, if there was one: in a circle each hears of one
    /// relay more with each session, until it hears of itself.
    /// - Parameter said: nil where the parent is no relay.
    /// - Returns: whether the relay is not above itself.
    mutating func isBelow(_ said: [RelayIdentity]?) -> Bool {
        let above = (said ?? []).prefix(RelayIdentity.most).map(\.cleaned)
        if let place = above.firstIndex(where: { $0.id == identity.id }) {
            leave(.circle(by: above[..<place].map(\.name)))
            return false
        }
        chain = Array(([identity] + above).prefix(RelayIdentity.most))
        return true
    }

    /// Says upwards which instruction sets the workers behind this relay have, so that one place knows of all.
    mutating func tellOfInstructionSets() {
        let sets = workers.instructionSets
        if sets != parent.instructionSets ?? [] { tellParent(.instructionSets(sets)) }
    }

    /// How long the parent's queue lasts is how long more shards come.
    mutating func heard(ofQueue milliseconds: Int64?, in session: SessionID) {
        guard parent.life == .serving(session: session), stage != nil else { return }
        workers.queueAboveEnds = milliseconds.map { now.advanced(by: min(max(0, $0), 1 << 40)) }
    }
}
