import Storage

/// What the coordinator knows of one worker in session.
struct WorkerRecord: Sendable {
    struct Lease: Equatable, Sendable {
        let shard: ShardRange
        /// How many leases of the session were before it.
        let place: Int
        /// When the worker was told last; nil before the disk knows that the shard is in hand, where it must know first.
        var lastSent: Instant?
        /// How often it was told again.
        var repeats = 0
        /// The connection by which the worker was told is gone.
        var mayBeLost = false
        /// The maps and overlays that arrived.
        var artifacts: Set<ArtifactOfImage> = []
        /// How many more arrived in the place of others.
        var replacedArtifacts = 0

        mutating func markResent(at now: Instant) {
            lastSent = now
            repeats += 1
            mayBeLost = false
        }
    }

    /// Rises from worker to worker.
    let number: Int64
    let session: SessionID
    /// Where it is now: a worker that had to connect again has another address and is still the same.
    var address: WorkerAddress
    let incarnation: UInt64
    let name: String
    let threads: Int
    let instructionSet: String

    var lastReceived: Instant
    /// How often it was told to say that it is alive, in milliseconds.
    var heartbeat: Int64 = 0
    /// The stage that the worker is ready for.
    var prepared: Int?
    var prepareLastSent: Instant?
    var prepareRepeats = 0
    /// It said that it cannot do this stage.
    var ineligibleFor: Int?
    /// Why it could not do the last stage that it could not do.
    var unfitReason: String?
    /// It is ineligible only because another worker has to confirm its report of a shard.
    var isUnconfirmed = false
    var leases: [LeaseID: Lease] = [:]
    /// How many leases it says that it can hold at once; nil: as many as any worker.
    var mostLeases: Int?
    /// Behind a relay are other workers.
    var isRelay: Bool { mostLeases != nil }
    /// Of a relay: those of the workers behind it, as it says.
    var instructionSetsBehind: [String] = []
    /// Leases whose shards another worker did first, and since when: this one may still be at them, and nothing of them counts.
    var superseded: [LeaseID: (lease: Lease, since: Instant)] = [:]
    /// Leases that it was given in the session.
    var dealt = 0
    /// How fast it is in this stage.
    var pace = WorkerPace()
    /// By how much later than others it is to end with the stage, so that not all sums are to be saved at once: milliseconds, below 0 where it
    /// is sooner.
    var turn = 0.0
    /// When it began with the shard that it works on.
    var began = Instant.start
    /// When it was last given something to do after it had nothing, or did something of it.
    var progressed = Instant.start
    /// Shards in its sums that are not durable yet.
    var folded: [ShardID] = []
    var foldedImages = 0
    var gatheringSince: Instant?
    var upload: Upload?
    /// The last upload that was committed, in case the message to the worker was lost.
    var lastCommitted: UploadID?
    var leaving = false
    /// The stage for which it was said that it can use none of a shard's images.
    var blindFor: Int?
    /// How many shards in a row came without all their artifacts.
    var artifactsLost = 0
    /// Images of the shards that it has reported in this session. For people; nothing depends on it.
    var imagesReported = 0

    /// Whether a heartbeat shows that it is as it should be: ready for the stage, with all of the leases that it was given and no others, and
    /// no sums under way.
    func isAsTold(_ stage: Int?, _ leases: [LeaseID], _ upload: UploadID?) -> Bool {
        prepared == stage && upload == nil && self.upload == nil && superseded.isEmpty
            && leases.count == self.leases.count && leases.allSatisfy { self.leases[$0] != nil }
            && zip(leases, leases.dropFirst()).allSatisfy { $0 < $1 }
    }

    /// Whether it has as much in hand as it may have, and nothing else is to be done for it.
    func hasItsFill(of stage: Int, _ limits: CoordinatorLimits, isMerging: Bool) -> Bool {
        prepared == stage && ineligibleFor != stage && !leases.isEmpty
            && upload == nil && folded.isEmpty && !leaving && holdsAllThatItMay(limits, isMerging: isMerging)
    }

    /// The most shards that it may have in hand.
    func mostAtOnce(_ limits: CoordinatorLimits, isMerging: Bool) -> Int {
        isMerging ? limits.shardsInFlight : mostLeases ?? limits.mostShardsInFlight
    }

    private func holdsAllThatItMay(_ limits: CoordinatorLimits, isMerging: Bool) -> Bool {
        let held = leases.count + superseded.count
        guard held >= limits.shardsInFlight else { return false }
        guard held < mostAtOnce(limits, isMerging: isMerging) else { return true }
        // Whatever others have to do.
        let hand = DealingRule.Hand(
            shards: held, images: leases.values.reduce(0) { $0 + $1.shard.count }, elapsed: 0)
        return !DealingRule.takesMore(hand, rate: pace.rate, mostLeases: mostLeases, limits, horizon: .infinity)
    }

    /// Whether it is the worker's turn: to make ready, to report a shard, also one that another worker has done meanwhile, to send sums.
    func owes(_ stage: Int?) -> Bool {
        let isPreparing = prepareLastSent != nil && prepared != stage && ineligibleFor != stage && stage != nil
        let isSending = upload.map { !$0.open || !$0.asked.isEmpty } ?? false
        return isPreparing || isSending || !leases.isEmpty || !superseded.isEmpty
    }

    /// The worker holds nothing that is not safe.
    var isEmptyHanded: Bool { leases.isEmpty && folded.isEmpty && upload == nil }
}

/// Sums that are all here and become durable, whatever their worker does.
struct PartialUnderWay: Sendable {
    let shards: [ShardID]
    let session: SessionID
    let name: String
    /// Since when, where no others were on their way.
    let aloneSince: Instant?
    /// Its session broke the protocol meanwhile, which counts once.
    var isAccused = false
}

/// Sums on their way from a worker to the disk.
struct Upload: Sendable {
    let number: UploadID
    let shards: [ShardID]
    let chunkPatches: Int
    let patches: Int
    let dimension: Int
    /// When it was asked for.
    let began: Instant
    var lastSent: Instant
    /// How often in a row something was asked for again.
    var repeats = 0
    /// Whether the worker has said that its file is whole.
    var isFilled = false
    /// Offered and open on the disk.
    var open = false
    var missing: [Int] = []
    /// Asked for, and when.
    var asked: [Int: Instant] = [:]
    /// Given to the disk and not yet reported as written.
    var storing: Set<Int> = []
    var committing = false

    var chunks: Int { (patches + chunkPatches - 1) / chunkPatches }

    func patches(of chunk: Int) -> Range<Int> {
        chunk * chunkPatches..<min(patches, (chunk + 1) * chunkPatches)
    }
}
