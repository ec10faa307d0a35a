import Storage

/// What happens to a relay.
public enum RelayEvent: Sendable {
    /// What a worker's shell would tell its core: what the parent says, and what became of blobs.
    case parent(WorkerEvent)
    /// What a coordinator's shell would tell its core: what workers say, and what became of their sums and pictures.
    case workers(CoordinatorEvent)
    case tick
    /// The disk has room for so many files of the stage's sums.
    case scratchUsable(files: Int)
    /// Sums cannot be kept, and why: what was kept is lost.
    case scratchFailed(reason: String)
    /// Somebody asked the relay to stop.
    case stop
}

extension RelayEvent {
    /// Whether other workers may be ready after it. What is frequent is left to the next tick: to look at all workers with each report would cost
    /// the square of their number.
    var mayChangeRoom: Bool {
        switch self {
        case .tick, .stop: true
        case .workers(.received(let message, _, _)):
            switch message {
            case .hello, .prepared, .unfit, .gaveUp, .leaving: true
            default: false
            }
        case .parent, .workers, .scratchUsable, .scratchFailed: false
        }
    }
}

/// What a relay's shell is to do.
public enum RelayDirective: Equatable, Sendable {
    case tellParent(WorkerMessage, payload: [UInt8])
    /// Send a picture to the parent when there is room for it, before what is said later; then say `artifactStored`.
    case passPicture(WorkerMessage, bytes: [UInt8])
    case tellWorker(CoordinatorMessage, to: WorkerAddress)
    /// A piece of an image.
    case passPiece(CoordinatorMessage, bytes: [UInt8], to: WorkerAddress)
    /// As of a worker's core: look for the blob in the cache, store a piece of it, check it.
    case seek(Blob)
    case storePiece(Blob, offset: Int64, bytes: [UInt8])
    case seal(Blob)
    /// Send a piece of a blob of the stage as `piece`.
    case sendPiece(Blob, offset: Int64, count: Int, to: WorkerAddress)
    /// Forget all sums, and pictures that are not sent: nothing of them counts.
    case reset
    /// The sums to come are of this work. Where it has any, say `scratchUsable` or `scratchFailed`.
    case begin(Work)
    /// Look whether there is room for sums of this work by now, and say `scratchUsable` if there is.
    case examineScratch(Work)
    /// As of a coordinator's core. Nothing of it need survive the relay.
    case openPartial(upload: UploadID, images: Int64, clamped: Int64, samples: Int64?)
    case storeChunk(upload: UploadID, index: Int, patches: Range<Int>, bytes: [UInt8])
    /// Keep the sums that came, then say `partialCommitted`; or `partialRefused` where no images have such sums.
    case keepPartial(upload: UploadID)
    case dropPartial(upload: UploadID)
    /// Add up what was kept, and offer it to the parent.
    case offer(session: SessionID, upload: UploadID, chunkPatches: Int)
    /// Send a chunk of what was offered.
    case sendChunk(session: SessionID, upload: UploadID, index: Int, chunkPatches: Int)
    /// The parent has what was offered.
    case zeroSums
    case note(CoordinatorNote)
    /// The relay begins anew, and why: worth a line of the log.
    case beginsAnew(reason: String)
    case misunderstood(reason: String)
    /// The end.
    case leave(RelayExit)
}

/// How a relay's life ends.
public enum RelayExit: Equatable, Sendable {
    case worker(WorkerExit)
    /// Workers gave shards up, or broke the protocol, again and again.
    case stopped(StopReason)
    /// The relay is its own parent, by these relays.
    case circle(by: [String])
}
