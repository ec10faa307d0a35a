import Cluster
import Storage

extension Conversation {
    /// Conversations that run well, as the target's inputs spell them: with a coordinator in each stage, and with a worker.
    static func seeds() throws -> [[UInt8]] {
        let s = session
        // Of the first epoch: the worker has the number after 1 << 31, the leases the two after it.
        let lease = LeaseID(rawValue: 1 << 31 + 2)
        let upload = UploadID(rawValue: lease.rawValue + 2)
        let failure = ImageFailure(id: 2, reason: "torn")
        let alive = WorkerMessage.heartbeat(session: s, stage: 1, leases: [lease], newest: lease, upload: upload)
        let accumulating: [(WorkerMessage, [UInt8])] = [
            (.fetch(session: s, blob: blob, offset: 0, count: 3), []), (.prepared(session: s, stage: 1), []),
            (.folded(session: s, lease: lease, failures: [failure]), []), (alive, []),
            (.folded(session: s, lease: lease.next, failures: []), []),
            (.offer(session: s, upload: upload, images: 7, clamped: 0, chunks: 1), []),
            (.chunk(session: s, upload: upload, index: 0), [UInt8](repeating: 0, count: 48)),
            (.worked(session: s, stage: 1, time: WorkTime(waitingMilliseconds: 1, totalMilliseconds: 2)), []),
            (.leaving(session: s), []),
        ]
        let writing: [(WorkerMessage, [UInt8])] = [
            (.prepared(session: s, stage: 1), []), (.folded(session: s, lease: lease, failures: [failure]), []),
            (.folded(session: s, lease: lease.next, failures: []), []),
            (.written(session: s, upload: upload, images: 7, clamped: 0, byteCount: 48, digest: Digest(of: [1])), []),
        ]
        let inspecting: [(WorkerMessage, [UInt8])] = [
            (.prepared(session: s, stage: 2), []), (.unfit(session: s, stage: 1, reason: "no"), []),
            (.picture(session: s, lease: lease, image: 1, kind: .map), [1, 2, 3]),
            (
                .scored(
                    session: s, lease: lease,
                    outcomes: (1...4).map { ImageOutcome(id: $0, score: 2.5, maxRow: 1, maxColumn: 0, flagged: true) },
                    pictures: 1), []
            ),
            (.lost(session: s, lease: lease), []), (.gaveUp(session: s, lease: lease.next, reason: "no memory"), []),
        ]
        let auditing: [(WorkerMessage, [UInt8])] = [
            (.prepared(session: s, stage: 3), []),
            (
                .audited(
                    session: s, lease: lease, failures: (1...4).map { ImageFailure(id: $0, reason: "torn") },
                    contents: [], fingerprint: .zero), []
            ),
            (.audited(session: s, lease: lease.next, failures: [failure], contents: [], fingerprint: .zero), []),
        ]
        let task = ImageTask(id: 1, location: .file("/a.png"), output: "a")
        let stage = try Cluster.Stage(number: 1, work: work(.accumulating))
        let worker: [(CoordinatorMessage, [UInt8])] = [
            (.prepare(session: 1, stage: stage), []), (.piece(blob: blob, offset: 0), [1, 2, 3]),
            (.deal(session: 1, lease: 5, images: [task]), []),
            (.deal(session: 1, lease: 6, images: [task], alone: true), []), (.acknowledged(session: 1, lease: 5), []),
            (.checkpoint(session: 1, upload: 6, chunkPatches: 2), []),
            (.send(session: 1, upload: 6, chunks: [0, 1]), []),
            (.committed(session: 1, upload: 6), []), (.heartbeat(session: 1), []), (.fenced(session: 1), []),
            (.welcome(session: 2, incarnation: 6, heartbeatMilliseconds: 1000), []), (.done(session: 2), []),
        ]
        return try [accumulating, writing, inspecting, auditing].map { try text($0) } + [text(worker)]
    }

    private static func text(_ messages: [(some Encodable, [UInt8])]) throws -> [UInt8] {
        try messages.flatMap { message, payload in
            try Wire.encode(message)[0] + (payload.isEmpty ? [] : [UInt8(ascii: "\t")] + payload)
                + [UInt8(ascii: "\n")]
        }
    }
}
