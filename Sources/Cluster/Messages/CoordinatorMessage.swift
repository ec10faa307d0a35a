import Storage

/// What the coordinator says to one worker.
public enum CoordinatorMessage: Codable, Equatable, Sendable {
    /// A session begins, empty. Heartbeats are due at this interval.
    /// - relays: of a relay: itself, and those between it and the coordinator.
    case welcome(
        session: SessionID, incarnation: UInt64, heartbeatMilliseconds: Int64, relays: [RelayIdentity]? = nil)
    /// The worker cannot take part, and why. It should not try again.
    case refused(reason: String)
    /// The session is over: nothing said in it counts any more. Start again, empty, with `hello`.
    case fenced(session: SessionID)
    /// Alive.
    /// - queueMilliseconds: to a relay: in how long all that nobody has in hand will have been dealt.
    case heartbeat(session: SessionID, heartbeatMilliseconds: Int64? = nil, queueMilliseconds: Int64? = nil)
    /// Make ready for a stage.
    case prepare(session: SessionID, stage: Stage)
    /// A piece of a blob. Payload: its bytes.
    case piece(blob: Blob, offset: Int64)
    /// A piece of an image of a shard in hand. Payload: its bytes.
    /// - size, digest: of the whole image.
    case imagePiece(
        session: SessionID, lease: LeaseID, image: ImageID, part: ImagePart, offset: Int64, size: Int64,
        digest: ContentDigest)
    /// An image of a shard in hand cannot be read, and why.
    case imageUnavailable(session: SessionID, lease: LeaseID, image: ImageID, part: ImagePart, reason: String)
    /// A shard to work on, under a lease.
    /// - alone: to a relay: whether a worker died on it, so that the one that has it is to have nothing else in hand.
    case deal(session: SessionID, lease: LeaseID, images: [ImageTask], alone: Bool? = nil)
    /// A range of patches to merge, under a lease.
    case dealRange(session: SessionID, lease: LeaseID, first: Int, count: Int)
    /// What was said of this lease has arrived.
    case acknowledged(session: SessionID, lease: LeaseID)
    /// Offer the sums, cut into chunks of so many patches.
    case checkpoint(session: SessionID, upload: UploadID, chunkPatches: Int)
    /// Send these chunks.
    case send(session: SessionID, upload: UploadID, chunks: [Int])
    /// The sums are safe: forget them and start from zero.
    case committed(session: SessionID, upload: UploadID)
    /// A message over this connection could not be read, and why. Said once a connection, whatever else comes over it.
    case misunderstood(reason: String)
    /// No more work: leave, or stay for the next job.
    case done(session: SessionID)
}

extension CoordinatorMessage {
    /// The session a message belongs to; some belong to none.
    public var session: SessionID? {
        switch self {
        case .refused, .piece, .misunderstood: nil
        case .welcome(let session, _, _, _), .fenced(let session), .heartbeat(let session, _, _),
            .prepare(let session, _),
            .imagePiece(let session, _, _, _, _, _, _), .imageUnavailable(let session, _, _, _, _),
            .deal(let session, _, _, _), .dealRange(let session, _, _, _), .acknowledged(let session, _),
            .checkpoint(let session, _, _),
            .send(let session, _, _), .committed(let session, _), .done(let session):
            session
        }
    }
}
