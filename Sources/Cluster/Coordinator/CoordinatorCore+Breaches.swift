import Storage

/// What a worker says against the protocol. It is the worker's own fault: its session ends, and no shard or image is blamed for that.
extension CoordinatorCore {
    /// Ends the session of a worker that said what no worker that follows the protocol says.
    ///
    /// Its shards are dealt again, as if it had never had them. A worker, known by its name, that does so again and again is not
    /// taken in any more.
    mutating func breach(_ address: WorkerAddress, _ reason: String) {
        guard let worker = workers[address] else { return }
        accuse(worker.name, worker.session, reason)
        endSession(address)
    }

    /// The same, of a worker whose session may be over by now.
    mutating func breach(session: SessionID, name: String, _ reason: String) {
        accuse(name, session, reason)
        if let address = workers.address(ofSession: session) { endSession(address) }
    }

    /// Counts a breach once a session: a worker that is wrong reports many shards before the disk shows the first one.
    private mutating func accuse(_ name: String, _ session: SessionID, _ reason: String) {
        reporters = reporters.filter { $0.value.session != session }
        for number in committing.keys where committing[number]?.session == session {
            committing[number]?.isAccused = true
        }
        let times = breaches.count(name)
        // It may quote what the worker wrote into a file.
        let reason = ReportedText.reason(reason)
        note(.breach(name: name, session: session, reason: reason, isLast: times >= limits.breachesOfWorker))
        breachesInARow += 1
        if breachesInARow >= limits.breachesInARow, stopping == nil { stopping = .workersBreakTheProtocol(reason) }
    }

    /// Why a worker of that name is not taken in; nil where it is.
    func objection(to name: String) -> String? {
        if let reason = distrusted[name] { return "what it computes is wrong: \(reason)" }
        if breaches[name] >= limits.breachesOfWorker {
            return "it broke the protocol \(breaches[name]) times: see the coordinator's log"
        }
        if abandonedCounts[name, default: 0] >= limits.abandonedByWorker {
            return "it gave up too many shards: see its messages"
        }
        return nil
    }

    /// Ends a session that nobody died in: what the worker held and had not committed is dealt again, and nothing is blamed for it.
    @discardableResult
    mutating func endSession(_ address: WorkerAddress) -> Int {
        takeBackLeases(of: address) + removeWorker(address)
    }
}

/// How often somebody did something, by name: of a bounded number of names.
struct NameCounts: Sendable {
    /// More are not remembered; the worst stay.
    static let mostNames = 1_000
    private var counts: [String: Int] = [:]

    subscript(name: String) -> Int { counts[name] ?? 0 }

    /// Counts once more.
    /// - Returns: how often it is now.
    mutating func count(_ name: String) -> Int {
        if counts[name] == nil, counts.count >= Self.mostNames, let least = counts.min(by: { $0.value < $1.value }) {
            counts[least.key] = nil
        }
        counts[name, default: 0] += 1
        return self[name]
    }
}
