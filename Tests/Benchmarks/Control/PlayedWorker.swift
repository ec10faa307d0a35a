import Cluster
import Gaussian
import Link
import Storage
import Transport

/// A worker by the real rules that computes nothing: its images all have the same score, and its sums are zero.
struct PlayedWorker {
    /// What became of it, added up over all.
    struct Counts {
        var sessions = 0
        var prepared = 0
        var dealt = 0
        var acknowledged = 0
    }

    private var core: WorkerCore
    private var outgoing: [[[UInt8]]] = []
    private var held: [(lease: LeaseID, images: [ImageTask])] = []
    private var work: Work?
    private var images: Int64 = 0

    /// - Parameter leases: how many a relay can hold; nil: it is none.
    init(name: String, incarnation: UInt64, leases: Int?) {
        core = WorkerCore(
            identity: WorkerIdentity(name: name, threads: 1, instructionSet: "avx2"), incarnation: incarnation)
        if let leases { _ = core.handle(.room(leases), at: .start) }
    }

    /// Takes what is to be sent.
    mutating func takeOutgoing() -> [[[UInt8]]] {
        defer { outgoing = [] }
        return outgoing
    }

    mutating func hear(_ parts: [[UInt8]], at now: Instant, works: Bool, _ counts: inout Counts) {
        guard parts.count == 3,
            let (message, payload) = try? Frames(header: parts[0], payload: Array(parts[1...])).message(
                as: CoordinatorMessage.self)
        else { return }
        if case .acknowledged = message { counts.acknowledged += 1 }
        feed(.received(message, payload: payload), at: now, works: works, &counts)
    }

    /// Reports the shards that it holds.
    mutating func reportHeld(at now: Instant, _ counts: inout Counts) {
        let all = held
        held = []
        for (lease, images) in all { feed(.reported(lease: lease, report(images)), at: now, works: true, &counts) }
    }

    mutating func feed(_ event: WorkerEvent, at now: Instant, works: Bool, _ counts: inout Counts) {
        var events = [event]
        while let event = events.popLast() {
            for directive in core.handle(event, at: now) {
                switch directive {
                case .send(let message, let payload): say(message, payload)
                case .reset:
                    counts.sessions += 1
                    (held, images) = ([], 0)
                case .zeroSums: images = 0
                case .seek(let blob): events.append(.blobReady(blob))
                case .prepare(let stage):
                    work = stage.work
                    counts.prepared += 1
                    events.append(
                        stage.work.isMerge
                            ? .ineligible(stage: stage.number, reason: "it computes nothing")
                            : .prepared(stage: stage.number))
                case .begin(_, let lease, let images):
                    counts.dealt += 1
                    if works {
                        events.append(.reported(lease: lease, report(images)))
                    } else {
                        held.append((lease, images))
                    }
                case .store(let upload): events.append(.notStored(upload: upload))
                case .offer(let session, let upload, let chunkPatches):
                    guard let sums = shape else { break }
                    let chunks = (sums.patches + chunkPatches - 1) / chunkPatches
                    say(.offer(session: session, upload: upload, images: images, clamped: 0, chunks: chunks), [])
                case .sendChunk(let session, let upload, let index, let chunkPatches):
                    guard let sums = shape else { break }
                    let patches = min(chunkPatches, sums.patches - index * chunkPatches)
                    let count = Statistics.chunkByteCount(patches: patches, dimension: sums.dimension)
                    say(
                        .chunk(session: session, upload: upload, index: index), [UInt8](repeating: 0, count: count))
                case .beginRange, .storePiece, .seal, .storeImagePiece, .imageUnavailable, .misunderstood, .leave: break
                }
            }
        }
    }

    private var shape: (patches: Int, dimension: Int)? {
        guard case .accumulate(let space, _, _, _) = work else { return nil }
        return (space.patches, space.dimension)
    }

    private mutating func report(_ tasks: [ImageTask]) -> ShardReport {
        guard case .inspect(_, _, let order) = work else {
            images += Int64(tasks.count)
            return .folded(failures: [])
        }
        let flagged = order.settings.threshold.map { 1 >= $0 }
        let outcomes = tasks.map { ImageOutcome(id: $0.id, score: 1, maxRow: 0, maxColumn: 0, flagged: flagged) }
        return .scored(outcomes, pictures: 0)
    }

    private mutating func say(_ message: WorkerMessage, _ payload: [UInt8]) {
        guard let frames = try? Frames(message, payload: payload) else { return }
        outgoing.append([frames.header] + frames.payload)
    }
}
