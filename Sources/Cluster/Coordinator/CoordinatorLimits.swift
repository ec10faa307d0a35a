/// The coordinator's bounds and intervals. Everything that could grow has a limit here.
public struct CoordinatorLimits: Equatable, Sendable {
    /// Workers say that they are alive this often.
    public var heartbeat: Int64 = 1_000
    /// Where there are many they say it less often, so that all say it at most about so often in a second; but at least three times before
    /// they are taken for dead.
    public var heartbeatsPerSecond: Int64 = 1_000
    /// From so many workers on not every tick looks at all of them.
    public var crowd = 1_024
    /// A worker not heard of for so long is dead.
    public var deadAfter: Int64 = 10_000
    /// A worker that is heard of, and for so long does nothing of what it is to do, is stuck: it is as good as dead.
    public var stuckAfter: Int64 = 1_800_000
    /// What was not answered for so long is sent again.
    public var retry: Int64 = 3_000
    /// A deal that has not arrived for so long, as far as is known, is sent again, though the worker was heard of since.
    public var underWay: Int64 = 12_000
    /// Workers taken at once; further ones are told to go.
    public var workers = 16_384
    /// Shards dealt to one worker and not acknowledged: one to work on, one to go on with...
    public var shardsInFlight = 2
    /// ...and to a fast one as many as it does in so long...
    public var workInHand: Int64 = 1_000
    /// ...but not more than these.
    public var mostShardsInFlight = 512
    /// So long an answer to a worker may take.
    public var answerTime: Int64 = 250
    /// The most shards dealt to one worker that says how many it can hold, as a relay does.
    public var mostLeases = Wire.mostLeases
    /// When nothing is left to deal, a shard is dealt a second time once it takes so many times as long as usual...
    public var spareAfterTimes: Int64 = 2
    /// ...and so much longer.
    public var spareAfter: Int64 = 1_000
    /// Shards that take too long are looked for at most once in so long.
    public var overdueLookEvery: Int64 = 100
    /// A worker's sums are made durable after so many images at the latest...
    public var checkpointImages = Int.max
    /// ...and, where saving does not take longer itself, after so long at the latest; sooner where `CheckpointPolicy` has it so.
    public var checkpointEvery: Int64 = 600_000
    /// Until sums were saved: so many bytes of them are saved in a second.
    public var savedPerSecond: Int64 = 100_000_000
    /// Until workers died: so long a worker lives.
    public var workerLifetime: Int64 = 86_400_000
    /// Between checkpoints that are due to time alone there is at least so long.
    public var checkpointSpacing: Int64 = 1_000
    /// Workers whose sums are fetched at once: each has a file and a window.
    public var uploads = 16
    /// Files of sums that workers wrote too late and that are removed at once, in a stage: what strangers say is not work without end.
    public var lateUploads = 1_024
    /// Chunks of one upload asked for and not yet stored, of `chunkBytes` each or less; fewer where one is larger.
    public var window = 8
    /// Workers that fetch blobs at once.
    public var fetchers = 16
    /// The most maps and overlays that may wait for the disk. Nothing is dealt while there are more.
    public var artifactsWaiting = 256
    /// The most shards that may wait for the disk, beside two for each worker. Nothing is dealt while there are more.
    public var shardsWaiting = 64
    /// A chunk of sums is at most about this large (at least one patch).
    public var chunkBytes = 1 << 19
    /// A piece of a blob is at most this large.
    public var pieceBytes = Wire.longestPiece
    /// A shard that so many workers died on is split, to find the image that kills them.
    public var deathsBeforeSplit = 3

    /// What nobody in session can look at in an audit is given up after so long.
    public var auditPatience: Int64 = 30_000

    /// A worker that gave so many shards up is not taken in again.
    public var abandonedByWorker = 3
    /// So many shards given up in all end the job.
    public var abandonedInAll = 30

    /// A worker that broke the protocol so often is not taken in again.
    public var breachesOfWorker = 3
    /// So many breaches in all, without a commit in between, end the job.
    public var breachesInARow = 30
    /// A worker of whose artifacts some do not arrive, for so many shards in a row, does not send them.
    public var artifactsLostInARow = 10

    public init() {}
}
