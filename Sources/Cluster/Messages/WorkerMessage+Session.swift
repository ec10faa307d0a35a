import Storage

extension WorkerMessage {
    /// The session a message belongs to; `hello` has none.
    public var session: SessionID? {
        switch self {
        case .hello: nil
        case .heartbeat(let session, _, _, _, _, _, _), .fetch(let session, _, _, _),
            .fetchImage(let session, _, _, _, _, _), .prepared(let session, _),
            .unfit(let session, _, _), .folded(let session, _, _, _, _), .audited(let session, _, _, _, _),
            .scored(let session, _, _, _), .calibrated(let session, _, _), .picture(let session, _, _, _),
            .identified(let session, _, _, _), .merged(let session, _), .gaveUp(let session, _, _),
            .lost(let session, _), .offer(let session, _, _, _, _, _), .chunk(let session, _, _),
            .filled(let session, _, _), .written(let session, _, _, _, _, _, _), .worked(let session, _, _),
            .leaving(let session):
            session
        }
    }
}
