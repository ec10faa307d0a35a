import Storage

/// Who a worker is.
public struct WorkerIdentity: Equatable, Sendable {
    public let name: String
    public let threads: Int
    public let instructionSet: String

    public init(name: String, threads: Int, instructionSet: String) {
        (self.name, self.threads, self.instructionSet) = (name, threads, instructionSet)
    }
}

/// What came of a dealt shard.
public enum ShardReport: Equatable, Sendable {
    /// - contents: of the images that did not fail, in the shard's order.
    /// - fingerprint: of their features, where the stage asks for it.
    case folded(failures: [ImageFailure], contents: [ContentDigest] = [], fingerprint: Fingerprint? = nil)
    /// - contents: of the images that did not fail, in the shard's order.
    case audited(failures: [ImageFailure], contents: [ContentDigest], fingerprint: Fingerprint)
    /// So many artifacts were sent, not written.
    case scored([ImageOutcome], pictures: Int)
    case calibrated([ImageOutcome], CalibrationPayload)
    /// - contents: of the images that did not fail, in the shard's order.
    case identified(failures: [ImageFailure], contents: [ContentDigest])
    /// Of a range of patches: the bytes that the coordinator writes.
    case merged([UInt8])
    case abandoned(reason: String)
    /// A worker behind this one, which is a relay, ended with it in hand.
    case lost
}

/// What happens to a worker.
public enum WorkerEvent: Sendable {
    case received(CoordinatorMessage, payload: [UInt8])
    case tick
    /// A connection stands: what was sent before may be lost.
    case connected
    /// The blob lies in the cache, whole and checked.
    case blobReady(Blob)
    /// The cache does not have it: it is to be fetched.
    case blobAbsent(Blob)
    /// The blob that was fetched is not what its digest says, or could not be stored.
    case blobUnusable(Blob, reason: String)
    /// - writesSums: whether it sees the folder that the stage's sums may be written to.
    case prepared(stage: Int, writesSums: Bool = false)
    case ineligible(stage: Int, reason: String)
    case reported(lease: LeaseID, ShardReport)
    /// The sums of an upload are whole in a file of that name in the folder of partials, on their way to the disk.
    case filled(upload: UploadID, file: String)
    /// The sums of an upload are in the job's directory, durably.
    case stored(upload: UploadID, WrittenSums)
    /// They could not be written there.
    case notStored(upload: UploadID)
    /// An image of a shard in hand is not on this machine.
    case wantImage(ServedImage)
    /// How the compute threads' time went since the stage was prepared.
    case worked(WorkTime)
    /// How many leases can be held at once, of a relay.
    case room(Int)
    /// Those of the workers behind a relay, ascending.
    case instructionSets([String])
    /// What is in hand is lost, and nobody to blame: the session is given up and another one begun, empty.
    case beginAnew
    /// Somebody asked the worker to stop.
    case stop
}

/// What the worker's shell is to do.
public enum WorkerDirective: Equatable, Sendable {
    case send(WorkerMessage, payload: [UInt8])
    /// Start empty: zero the sums, forget shards not begun. Comes before any work of the new session.
    case reset
    /// Look for the blob in the cache.
    case seek(Blob)
    case storePiece(Blob, offset: Int64, bytes: [UInt8])
    /// All pieces are stored: check the digest.
    case seal(Blob)
    case prepare(Stage)
    /// Work on a shard, after those given before.
    case begin(session: SessionID, lease: LeaseID, images: [ImageTask])
    /// Merge a range of patches, after those given before.
    case beginRange(session: SessionID, lease: LeaseID, patches: Range<Int>)
    /// Bytes of an image that was wanted.
    /// - size: of the whole image.
    /// - isLast: whether all others were given before.
    case storeImagePiece(ServedImage, size: Int64, offset: Int64, bytes: [UInt8], isLast: Bool)
    /// An image that was wanted does not come.
    case imageUnavailable(ServedImage, reason: String)
    /// Write the sums into the job's directory, say `filled` before they are synced, and then `stored`; or `notStored`.
    case store(upload: UploadID)
    /// Say `offer` with what the sums hold.
    case offer(session: SessionID, upload: UploadID, chunkPatches: Int)
    case sendChunk(session: SessionID, upload: UploadID, index: Int, chunkPatches: Int)
    case zeroSums
    /// The coordinator cannot read what this worker says, and why: worth a line of the log.
    case misunderstood(reason: String)
    /// The end: leave with this status and message.
    case leave(WorkerExit)
}

/// How a worker's life ends.
public enum WorkerExit: Equatable, Sendable {
    /// The job is done, or the worker asked to go and was let go.
    case dismissed
    /// The coordinator does not want it, and why.
    case refused(String)
    /// Nobody answered for so many seconds.
    case abandoned(afterSeconds: Int64)
}
