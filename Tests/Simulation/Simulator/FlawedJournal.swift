import Journal
import Storage

/// A journal with one of the deliberate bugs.
final class FlawedJournal: SimulatedJournal {
    private var flaw: Flaw?
    /// The sums of a commit whose shards are marked already.
    private var half: (partial: PartialRecord, lot: Int?)?

    convenience init(_ spec: JobSpec, flaw: Flaw?) {
        self.init(spec)
        self.flaw = flaw
    }

    override func commit(
        partial: PartialRecord?, shards ids: [ShardID], role: ImageRole, failures: [ImageFailure],
        poison: [ImageFailure], contents: [ImageID: ContentDigest], fingerprints: [ShardID: Fingerprint]
    ) throws -> PartialID? {
        switch flaw {
        case .commitTwice:
            if let partial { willName(partial) }
            return try write("a commit") {
                try $0.commit(
                    partial: partial, shards: ids, role: role, failures: failures, poison: poison, isFenced: false)
            }
        case .twoTransactions where partial != nil:
            if let second = half {
                half = nil
                return try write("a commit") { $0.insert(second.partial, role, lot: second.lot) }
            }
            try write("a commit") { state in
                for shard in try state.pending(ids, role) {
                    state.mark(shard, failures, poison, partial: state.lastPartial.next)
                }
            }
            half = partial.map { ($0, ids.first.flatMap { shards[$0]?.lot }) }
            return nil
        default:
            return try super.commit(
                partial: partial, shards: ids, role: role, failures: failures, poison: poison, contents: contents,
                fingerprints: fingerprints)
        }
    }

    override func recordAudit(
        _ role: ImageRole, confirmed: [ShardID: String], wrong: [String: String]
    ) throws -> [String] {
        let isFlawed = flaw == .keepWrongSums && role == .normal || flaw == .keepWrongScores && role != .normal
        guard isFlawed, !wrong.isEmpty else {
            return try super.recordAudit(role, confirmed: confirmed, wrong: wrong)
        }
        let all = (auditableShards(role) + scoredShards(role)).map(\.shard.id)
        return try super.recordAudit(
            role, confirmed: Dictionary(all.map { ($0, "nobody") }) { first, _ in first }, wrong: ["nobody": ""])
    }

    override func split(shard id: ShardID, into pieces: [(id: ShardID, firstImage: ImageID, images: Int)]) throws {
        try super.split(shard: id, into: pieces)
        if flaw == .halvesInheritAll { try addAttempt(toShards: pieces.map(\.id)) }
    }

    override func finishExclusion(_ rests: [(partials: [PartialID], rest: PartialRecord?)]) throws {
        let (model, made) = (value(JournalKey.model), value(JournalKey.madeModel))
        try super.finishExclusion(rests)
        guard flaw == .keepModelOfExcluded, let model, let made else { return }
        try set(.model, to: model)
        try set(.madeModel, to: made)
    }

    override func discard(partial id: PartialID) throws {
        if flaw != .keepDamagedPartials { try super.discard(partial: id) }
    }

    override func beginEpoch() throws -> Int64 {
        half = nil
        if flaw == .dealCommittedAgain {
            try write("an epoch") { state in
                for id in state.shards.keys { state.shards[id]?.isCommitted = false }
            }
        }
        return flaw == .reuseNumbers && state.epoch > 0 ? state.epoch : try super.beginEpoch()
    }

    override func wasCutOff() -> Bool { super.wasCutOff() && flaw != .forgetTheCut }

    override func blameShardsInFlight() throws -> [ShardID] {
        let blamed = try super.blameShardsInFlight()
        guard !blamed.isEmpty, let flaw else { return blamed }
        try write("the blame") { state in
            if flaw == .blameTwice { state.addAttempt(toShards: blamed) }
            if flaw == .blameAtEveryStart { state.inFlight = blamed }
            if flaw == .forgetDeaths { for id in state.shards.keys { state.shards[id]?.attempts = 0 } }
        }
        return blamed
    }

    override func reopenUnreadable(_ role: ImageRole) throws -> Int {
        guard flaw == .reopenWholeShards else { return try super.reopenUnreadable(role) }
        return try write("reopened images") { state in
            let some = state.shards.values.filter { shard in
                shard.role == role && shard.isCommitted
                    && shard.range.images.contains { state.images[$0.place].status == .unreadable }
            }
            for shard in some { state.reopen(shard.range.id) }
            return some.count
        }
    }
}
