import Cluster
import Storage

/// What the verdict knows of deaths: every lease that ended with its session, or with the coordinator, counts once for its shard.
///
/// The rule that is held against the journal and the core: nobody is blamed for more. A shard is split, and an image marked as poison, only
/// after as many ends as the limits say; a half begins with one end less than that, so each further split needs an end of its own.
struct DeathRecords {
    /// What the journal is told to be in hand: a lease, or a shard that is about to be dealt once the disk knows of it.
    enum Hand: Hashable {
        case lease(LeaseID, shard: ShardID)
        case risk(Int, shard: ShardID)

        var shard: ShardID {
            switch self {
            case .lease(_, let shard), .risk(_, let shard): shard
            }
        }
    }

    /// How often sessions or coordinators ended with a shard, and under how many coordinators.
    struct Ends {
        var count = 0
        var lives: Set<Int> = []
    }

    private var open: [LeaseID: (session: SessionID, shard: ShardID)] = [:]
    private var noted: [Hand] = []
    private var counted: Set<Hand> = []
    private var ends: [ShardID: Ends] = [:]
    private var risks = 0

    func ends(of shard: ShardID) -> Ends { ends[shard] ?? Ends() }

    mutating func dealt(_ lease: LeaseID, _ session: SessionID, _ shard: ShardID) { open[lease] = (session, shard) }

    mutating func forget(_ lease: LeaseID) { open[lease] = nil }

    /// What a worker says of its leases closes them.
    mutating func heard(_ message: WorkerMessage) {
        switch message {
        case .folded(let session, let lease, _, _, _), .scored(let session, let lease, _, _),
            .calibrated(let session, let lease, _), .identified(let session, let lease, _, _):
            if open[lease]?.session == session { open[lease] = nil }
        // Nobody died; what else it holds is void.
        case .gaveUp(let session, let lease, _):
            if open[lease]?.session == session { voided(session: session) }
        default: break
        }
    }

    /// A shard's results are known: who else works on it can end as it likes.
    mutating func done(_ shard: ShardID) { open = open.filter { $0.value.shard != shard } }

    /// The shards under a session's leases.
    func shards(of session: SessionID) -> [ShardID] {
        open.values.filter { $0.session == session }.map(\.shard).sorted()
    }

    /// A session ended that nobody died in.
    mutating func voided(session: SessionID) { open = open.filter { $0.value.session != session } }

    mutating func ended(session: SessionID, life: Int) {
        for (lease, hand) in open where hand.session == session {
            open[lease] = nil
            count(.lease(lease, shard: hand.shard), life)
        }
    }

    /// What shards in hand stand for.
    mutating func hands(_ shards: [ShardID]) -> [Hand] {
        shards.map { shard in
            if let lease = open.filter({ $0.value.shard == shard }).keys.max() { return .lease(lease, shard: shard) }
            risks += 1
            return .risk(risks, shard: shard)
        }
    }

    /// The shards of leases that no report has closed.
    var inFlight: Set<ShardID> { Set(open.values.map(\.shard)) }

    /// The journal knows what is in hand.
    mutating func wrote(_ hands: [Hand]) { noted = hands }

    mutating func wrote(deaths shards: [ShardID]) { noted.removeAll { shards.contains($0.shard) } }

    /// The coordinator is killed, or is too badly off to clear its note: what was noted has one end more.
    mutating func coordinatorEnded(life: Int, inOrder: Bool) {
        open = [:]
        if !inOrder { for hand in noted { count(hand, life) } }
        noted = []
    }

    /// The halves inherit all but one of the ends that split a shard.
    mutating func split(_ shard: ShardID, into pieces: [ShardRange], limit: Int) {
        for piece in pieces { ends[piece.id] = Ends(count: limit - 1, lives: ends(of: shard).lives) }
    }

    private mutating func count(_ hand: Hand, _ life: Int) {
        guard counted.insert(hand).inserted else { return }
        ends[hand.shard, default: Ends()].count += 1
        ends[hand.shard]?.lives.insert(life)
    }
}
