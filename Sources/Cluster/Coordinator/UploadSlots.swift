import Storage

/// Whose sums are taken, and who waits for that: each open upload has a file and a window of chunks, so their number has a bound.
///
/// Who waits longest is next. A worker that is called finishes what it has in hand, and then its sums are asked for.
struct UploadSlots: Sendable {
    var most: Int
    /// Sessions, in the order in which they came to wait.
    private(set) var waiting: [SessionID] = []
    private(set) var isWaiting: Set<SessionID> = []
    private(set) var called: Set<SessionID> = []
    /// Uploads by number, and the session each is of.
    private(set) var open: [UploadID: SessionID] = [:]

    init(most: Int) { self.most = max(1, most) }

    var count: Int { called.count + open.count }
    var isIdle: Bool { count == 0 && isWaiting.isEmpty }
    private var hasRoom: Bool { count < most }

    func isCalled(_ session: SessionID) -> Bool { called.contains(session) }
    func session(of upload: UploadID) -> SessionID? { open[upload] }

    /// A session's sums are due.
    /// - Returns: whether it is called.
    mutating func apply(_ session: SessionID) -> Bool {
        if called.contains(session) { return true }
        if hasRoom, waiting.isEmpty {
            called.insert(session)
            return true
        }
        if isWaiting.insert(session).inserted { waiting.append(session) }
        return false
    }

    /// A session's sums are not due any more, or the session is over.
    mutating func withdraw(_ session: SessionID) {
        called.remove(session)
        if isWaiting.remove(session) != nil { waiting.removeAll { $0 == session } }
    }

    /// The sessions whose turn it is now.
    mutating func callNext() -> [SessionID] {
        var next: [SessionID] = []
        while hasRoom, !waiting.isEmpty {
            let session = waiting.removeFirst()
            isWaiting.remove(session)
            called.insert(session)
            next.append(session)
        }
        return next
    }

    mutating func begin(_ upload: UploadID, of session: SessionID) {
        called.remove(session)
        open[upload] = session
    }

    mutating func end(_ upload: UploadID) { open[upload] = nil }
}
