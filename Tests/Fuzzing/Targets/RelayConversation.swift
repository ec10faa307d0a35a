import Cluster
import Gaussian
import Storage

/// A relay between a parent and two workers, each with an opened session, and a shell that carries out whatever is asked at once.
struct RelayConversation {
    /// What its first worker's session is, by the seed below.
    static let session = RelayConversation().firstSession
    /// What is no message, as an input spells it.
    static let events = ["tick", "full", "room", "stop", "connected", "late"]

    private var core = RelayCore(name: "r", limits: CoordinatorLimits(), incarnation: 5, seed: 7)
    private var time: Int64 = 0
    private var firstSession: SessionID = 0
    private var isOver = false
    /// Uploads that the disk has open, and images in the sums that it keeps.
    private var open: Set<UploadID> = []
    private static let workers = [WorkerAddress(bytes: [1]), WorkerAddress(bytes: [2])]

    init() {
        feed(.tick)
        hear(.welcome(session: 1, incarnation: 5, heartbeatMilliseconds: 0), [])
        if let work = try? Conversation.work(.accumulating) {
            hear(.prepare(session: 1, stage: Cluster.Stage(number: 1, work: work, servesImages: true)), [])
        }
        for worker in Self.workers {
            hear(
                .hello(version: Wire.version, incarnation: 5, name: "w", threads: 1, instructionSet: "avx2"), [],
                from: worker)
        }
    }

    mutating func hear(_ message: WorkerMessage, _ payload: [UInt8], from worker: WorkerAddress = workers[0]) {
        time += 700
        feed(.workers(.received(message, payload: payload, from: worker)))
        feed(.tick)
    }

    mutating func hear(_ message: CoordinatorMessage, _ payload: [UInt8]) {
        time += 700
        feed(.parent(.received(message, payload: payload)))
        feed(.tick)
    }

    /// Feeds the event of that name to the relay.
    /// - Returns: whether `events` has the name; otherwise nothing happens.
    mutating func happens(_ name: some StringProtocol) -> Bool {
        switch name {
        case "tick": feed(.tick)
        case "full":
            open = []
            feed(.scratchFailed(reason: "no space"))
        case "room": feed(.scratchUsable(files: 3))
        case "stop": feed(.stop)
        case "connected": feed(.parent(.connected))
        case "late":
            time += 12_000
            feed(.tick)
        default: return false
        }
        return true
    }

    private mutating func feed(_ event: RelayEvent) {
        let said = core.handle(event, at: Instant(milliseconds: time))
        demand(!isOver || said.isEmpty, "a relay that has left goes on")
        if let broken = core.checkInvariants() { demand(false, broken) }
        for directive in said { carryOut(directive) }
    }

    private mutating func carryOut(_ directive: RelayDirective) {
        switch directive {
        case .tellParent(let message, let payload): _ = try? Wire.encode(message, payload: payload)
        case .passPicture(let message, let bytes):
            _ = try? Wire.encode(message, payload: bytes)
            feed(.workers(.artifactStored))
        case .tellWorker(let message, let worker):
            if case .welcome(let session, _, _, _) = message, worker == Self.workers[0] { firstSession = session }
            demand((try? Wire.encode(message)) != nil, "a message to a worker cannot be written")
        case .passPiece(let message, let bytes, _): _ = try? Wire.encode(message, payload: bytes)
        case .seek(let blob): feed(.parent(.blobAbsent(blob)))
        case .seal(let blob): feed(.parent(.blobReady(blob)))
        case .sendPiece(let blob, let offset, let count, _):
            demand(offset >= 0 && count > 0 && offset + Int64(count) <= blob.byteCount, "a piece beyond its blob")
        case .reset, .zeroSums: open = []
        case .begin, .examineScratch: break
        case .openPartial(let upload, let images, _, _):
            demand(images > 0, "sums of no images are kept")
            open.insert(upload)
        case .storeChunk(let upload, let index, let patches, let bytes):
            demand(open.contains(upload), "a chunk of an upload that is not open")
            demand(patches.upperBound <= 3 && bytes.count == patches.count * 16, "a chunk beyond the sums")
            feed(.workers(.chunkStored(upload: upload, index: index)))
        case .keepPartial(let upload):
            demand(open.remove(upload) != nil, "an upload is kept that is not open")
            feed(.workers(.partialCommitted(upload: upload)))
        case .dropPartial(let upload): open.remove(upload)
        case .offer(_, _, let chunkPatches): demand((1...3).contains(chunkPatches), "chunks of \(chunkPatches) patches")
        case .sendChunk(_, _, let index, let chunkPatches):
            demand(index >= 0 && chunkPatches > 0 && index * chunkPatches < 3, "a chunk that there is not")
        case .storePiece, .note, .beginsAnew, .misunderstood: break
        case .leave: isOver = true
        }
    }
}

extension FuzzTarget {
    /// A relay whose parent and workers say anything at any time, and whose disk fills.
    ///
    /// An input is a line for each event: what a worker or the parent says, as in `frames`, or a word for what else happens.
    static let relays = FuzzTarget(
        "relays",
        words: Conversation.names + RelayConversation.events.map { $0 + "\n" } + [
            "\"session\":\(RelayConversation.session)", "\"session\":1", "\"lease\":4294967299", "\"mostLeases\":3",
            "\"relays\":[{\"id\":5,\"name\":\"r\"}]", "\"instructionSets\":[\"neon\"]", "9223372036854775807", "-1",
            "0",
            "\t", "\n",
        ]
    ) {
        try RelayConversation.seeds()
    } read: { bytes, _ in
        var conversation = RelayConversation()
        for line in bytes.split(separator: UInt8(ascii: "\n")).prefix(60) {
            if line.count < 16, conversation.happens(String(decoding: line, as: UTF8.self)) { continue }
            let parts = line.split(separator: UInt8(ascii: "\t"), maxSplits: 1, omittingEmptySubsequences: false)
            let (header, payload) = (Array(parts[0]), parts.count > 1 ? Array(parts[1]) : [])
            let frames = Wire.frames(header: header, payload: payload)
            if let (message, payload) = try? Wire.decode(frames, as: WorkerMessage.self) {
                conversation.hear(message, payload)
            }
            if let (message, payload) = try? Wire.decode(frames, as: CoordinatorMessage.self) {
                conversation.hear(message, payload)
            }
        }
        _ = conversation.happens("late")
        _ = conversation.happens("stop")
    }
}

extension RelayConversation {
    /// Stages that go well, and some that do not.
    static func seeds() throws -> [[UInt8]] {
        let s = session
        // Of the second epoch, for the first ended with its welcome: the workers have the two numbers after 2 << 31.
        let (lease, upload) = (LeaseID(rawValue: 2 << 31 + 3), UploadID(rawValue: 2 << 31 + 4))
        let tasks = (1...2).map {
            ImageTask(id: ImageID(rawValue: Int64($0)), location: .file("/\($0).png"), output: "\($0)")
        }
        func text(_ message: some Encodable, _ payload: [UInt8] = []) throws -> [UInt8] {
            try Wire.encode(message)[0] + (payload.isEmpty ? [] : [UInt8(ascii: "\t")] + payload)
                + [UInt8(ascii: "\n")]
        }
        let failure = ImageFailure(id: 2, reason: "torn")
        let dealt =
            try text(CoordinatorMessage.piece(blob: Conversation.blob, offset: 0), [1, 2, 3])
            + text(WorkerMessage.prepared(session: s, stage: 1))
            + text(CoordinatorMessage.deal(session: 1, lease: 41, images: tasks))
        let folded = try dealt + text(WorkerMessage.folded(session: s, lease: lease, failures: [failure]))
        let gathered =
            try folded
            + text(CoordinatorMessage.checkpoint(session: 1, upload: 50, chunkPatches: 2))
            + text(WorkerMessage.offer(session: s, upload: upload, images: 1, clamped: 0, chunks: 1))
            + text(WorkerMessage.chunk(session: s, upload: upload, index: 0), [UInt8](repeating: 0, count: 48))
            + text(CoordinatorMessage.send(session: 1, upload: 50, chunks: [0, 1]))
        let images =
            try dealt
            + text(
                WorkerMessage.fetchImage(session: s, lease: lease, image: 1, part: .image, offset: 0, count: 9))
            + text(
                CoordinatorMessage.imagePiece(
                    session: 1, lease: 41, image: 1, part: .image, offset: 0, size: 3, digest: [1].digest), [1, 2, 3])
            + text(
                CoordinatorMessage.imageUnavailable(session: 1, lease: 41, image: 2, part: .image, reason: "gone"))
        let inspecting = try Cluster.Stage(number: 2, work: Conversation.work(.inspecting))
        return try [
            gathered + text(CoordinatorMessage.committed(session: 1, upload: 50))
                + text(CoordinatorMessage.prepare(session: 1, stage: inspecting))
                + text(CoordinatorMessage.done(session: 1)),
            folded + Array("full\nlate\nroom\n".utf8)
                + text(CoordinatorMessage.welcome(session: 2, incarnation: 6, heartbeatMilliseconds: 1)),
            gathered + text(CoordinatorMessage.fenced(session: 1)), images,
            dealt + Array("late\nlate\n".utf8), folded + Array("stop\ntick\n".utf8),
            dealt + text(CoordinatorMessage.fenced(session: 1))
                + text(
                    CoordinatorMessage.welcome(
                        session: 2, incarnation: 6, heartbeatMilliseconds: 1, relays: [RelayIdentity(id: 5, name: "r")])
                ),
            dealt
                + text(
                    WorkerMessage.heartbeat(
                        session: s, stage: 1, leases: [lease], newest: lease, upload: nil, mostLeases: 2,
                        instructionSets: ["neon"])),
        ]
    }
}

extension [UInt8] {
    fileprivate var digest: ContentDigest { withUnsafeBytes { ContentDigest(of: $0) } }
}
