/// What the coordinator says to one worker.
public enum CoordinatorMessage: Codable, Equatable, Sendable {
    /// A session begins, empty. Heartbeats are due at this interval.
    case welcome(session: Int64, incarnation: UInt64, heartbeatMilliseconds: Int64)
    /// The worker cannot take part, and why. It should not try again.
    case refused(reason: String)
    /// The session is over: nothing said in it counts any more. Start again, empty, with `hello`.
    case fenced(session: Int64)
    /// Alive.
    case heartbeat(session: Int64)
    /// Make ready for a stage.
    case prepare(session: Int64, stage: Stage)
    /// A piece of a blob. Payload: its bytes.
    case piece(blob: Blob, offset: Int64)
    /// A shard to work on, under a lease.
    case deal(session: Int64, lease: Int64, images: [ImageTask])
    /// What was said of this lease has arrived.
    case acknowledged(session: Int64, lease: Int64)
    /// Offer the sums, cut into chunks of so many patches.
    case checkpoint(session: Int64, upload: Int64, chunkPatches: Int)
    /// Send these chunks.
    case send(session: Int64, upload: Int64, chunks: [Int])
    /// The sums are safe: forget them and start from zero.
    case committed(session: Int64, upload: Int64)
    /// A message over this connection could not be read, and why. Said once a connection, whatever else comes over it.
    case misunderstood(reason: String)
    /// No more work: leave, or stay for the next job.
    case done(session: Int64)
}

extension CoordinatorMessage {
    /// The session a message belongs to; some belong to none.
    public var session: Int64? {
        switch self {
        case .refused, .piece, .misunderstood: nil
        case .welcome(let session, _, _), .fenced(let session), .heartbeat(let session), .prepare(let session, _),
            .deal(let session, _, _), .acknowledged(let session, _), .checkpoint(let session, _, _),
            .send(let session, _, _), .committed(let session, _), .done(let session):
            session
        }
    }
}
