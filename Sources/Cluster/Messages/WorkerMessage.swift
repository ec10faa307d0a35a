import Storage

/// What a worker says. Every message but `hello` carries the session that the coordinator gave it.
public enum WorkerMessage: Codable, Equatable, Sendable {
    /// The first message. `incarnation` is a number the worker draws anew whenever it starts empty.
    case hello(version: Int, incarnation: UInt64, name: String, threads: Int, instructionSet: String)
    /// Alive, and what is in hand: the stage it is ready for, leases not yet acknowledged, the newest lease that was ever dealt in the
    /// session, the upload under way.
    /// - mostLeases: how many leases it can hold at once; nil: as many as any worker.
    /// - instructionSets: of a relay: those of the workers behind it.
    case heartbeat(
        session: SessionID, stage: Int?, leases: [LeaseID], newest: LeaseID?, upload: UploadID?, mostLeases: Int? = nil,
        instructionSets: [String]? = nil)
    /// Asks for a piece of a blob.
    case fetch(session: SessionID, blob: Blob, offset: Int64, count: Int)
    /// Asks for a piece of an image that it does not see, of a shard in hand.
    case fetchImage(session: SessionID, lease: LeaseID, image: ImageID, part: ImagePart, offset: Int64, count: Int)
    /// Has all that the stage needs.
    case prepared(session: SessionID, stage: Int)
    /// Cannot work on this stage, and why.
    case unfit(session: SessionID, stage: Int, reason: String)
    /// The shard's images are in this worker's sums.
    /// - contents: of the images that did not fail, in the shard's order.
    /// - fingerprint: of their features, where the stage has an audit.
    case folded(
        session: SessionID, lease: LeaseID, failures: [ImageFailure], contents: [ContentDigest] = [],
        fingerprint: Fingerprint? = nil)
    /// The shard's images were embedded once more, and this is the fingerprint of their features.
    /// - contents: of the images that did not fail, in the shard's order.
    case audited(
        session: SessionID, lease: LeaseID, failures: [ImageFailure], contents: [ContentDigest],
        fingerprint: Fingerprint)
    /// The shard's images have scores, and their maps are written, or sent in so many `picture` messages before.
    case scored(session: SessionID, lease: LeaseID, outcomes: [ImageOutcome], pictures: Int)
    /// The shard's images have scores by models without them. Payload: `CalibrationPayload`.
    case calibrated(session: SessionID, lease: LeaseID, outcomes: [ImageOutcome])
    /// A map or overlay, from a worker that does not see the job's directory. Payload: the encoded file.
    case picture(session: SessionID, lease: LeaseID, image: ImageID, kind: Artifact)
    /// The shard's images were read, and nothing was made of them but the digests of their contents.
    /// - contents: of the images that did not fail, in the shard's order.
    case identified(session: SessionID, lease: LeaseID, failures: [ImageFailure], contents: [ContentDigest])
    /// A range of patches is merged and written. Payload: those bytes of the range that the coordinator writes itself.
    case merged(session: SessionID, lease: LeaseID)
    /// Gave a shard up for a reason of its own (not an image's): the shard is dealt again.
    case gaveUp(session: SessionID, lease: LeaseID, reason: String)
    /// From a relay: a worker behind it ended with the shard in hand. It counts as if the relay's own end had been that of this shard alone.
    case lost(session: SessionID, lease: LeaseID)
    /// Offers its sums, in `chunks` chunks.
    /// - samples: of the images; nil: as many as images.
    case offer(
        session: SessionID, upload: UploadID, images: Int64, clamped: Int64, chunks: Int, samples: Int64? = nil)
    /// One chunk of the sums. Payload: `Statistics` chunk bytes.
    case chunk(session: SessionID, upload: UploadID, index: Int)
    /// Its sums are whole in a file beside the one that `written` will be about, which the disk may not have yet. The coordinator may look at
    /// them meanwhile; nothing depends on it.
    /// - file: the name in the folder of partials.
    case filled(session: SessionID, upload: UploadID, file: String)
    /// Its sums are in the job's directory, durably, under the name that follows from the upload's number.
    /// - samples: of the images; nil: as many as images.
    /// - byteCount, digest: of the file, as `WrittenSums` has them.
    case written(
        session: SessionID, upload: UploadID, images: Int64, clamped: Int64, samples: Int64? = nil, byteCount: Int64,
        digest: Digest)
    /// How its compute threads' time went in this stage so far. For people; nothing depends on it.
    case worked(session: SessionID, stage: Int, time: WorkTime)
    /// Wants to leave: asks to be checkpointed and dismissed.
    case leaving(session: SessionID)
}
