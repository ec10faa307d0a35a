import Cluster
import Gaussian
import Settings
import Storage

/// A coordinator and a worker, each with an opened session, and shells that carry out whatever is asked at once.
struct Conversation {
    enum Stage: Int, CaseIterable {
        case accumulating = 1
        case inspecting, auditing
    }

    /// What the first worker's session is, by the seed below.
    static let session = session(of: coordinator(.accumulating).1)
    static let names = [
        "hello", "heartbeat", "fetch", "fetchImage", "prepared", "unfit", "folded", "audited", "scored", "calibrated",
        "picture",
        "identified", "merged",
        "gaveUp", "lost",
        "offer",
        "chunk", "written", "worked", "leaving", "welcome", "refused", "fenced", "prepare", "piece", "imagePiece",
        "imageUnavailable", "deal", "dealRange", "acknowledged",
        "checkpoint", "send", "committed", "misunderstood", "done",
    ].map { "{\"\($0)\":{" }

    private var coordinator: CoordinatorCore
    private var worker = WorkerCore(
        identity: WorkerIdentity(name: "w", threads: 1, instructionSet: "avx2"), incarnation: 5)
    private var time: Int64 = 0

    init(_ stage: Stage) {
        coordinator = Self.coordinator(stage).0
        carryOut(
            worker.handle(
                .received(.welcome(session: 1, incarnation: 5, heartbeatMilliseconds: 0), payload: []), at: .start))
    }

    mutating func hear(_ message: WorkerMessage, _ payload: [UInt8]) {
        time += 700
        carryOut(coordinator.handle(.received(message, payload: payload, from: Self.address), at: now))
        carryOut(coordinator.handle(.tick, at: now))
        demandSoundness()
    }

    mutating func hear(_ message: CoordinatorMessage, _ payload: [UInt8]) {
        time += 700
        carryOut(worker.handle(.received(message, payload: payload), at: now))
        carryOut(worker.handle(.tick, at: now))
        demandSoundness()
    }

    mutating func end() {
        carryOut(coordinator.handle(.processEnded(name: "w"), at: now))
        carryOut(coordinator.handle(.stop(.requested), at: now))
        carryOut(coordinator.handle(.finish, at: now))
        carryOut(worker.handle(.stop, at: now))
        demandSoundness()
        demand(coordinator.progress.imagesDone <= 8, "more images done than there are")
    }

    private func demandSoundness() {
        for broken in [coordinator.checkInvariants(), worker.checkInvariants()].compactMap({ $0 }) {
            demand(false, broken)
        }
    }

    private var now: Instant { Instant(milliseconds: time) }

    private mutating func carryOut(_ directives: [CoordinatorDirective]) {
        for directive in directives {
            switch directive {
            case .send(let message, _): _ = try? Wire.encode(message)
            case .sendPiece(let blob, let offset, let count, _):
                demand(offset >= 0 && count > 0 && offset + Int64(count) <= blob.byteCount, "a piece beyond its blob")
            case .sendImagePiece(_, let image, let shard, let offset, let count, _):
                demand(offset >= 0 && count > 0, "a piece of no bytes")
                demand(shard.contains(image.image), "an image that was not dealt")
            case .storeChunk(let upload, let index, let patches, let bytes):
                demand(patches.upperBound <= 3 && bytes.count == patches.count * 16, "a chunk beyond the sums")
                carryOut(coordinator.handle(.chunkStored(upload: upload, index: index), at: now))
            case .commitPartial(let upload, _, _, _, _, _):
                carryOut(coordinator.handle(.partialCommitted(upload: upload), at: now))
            case .commitResults(let shard, _, _, _, _):
                carryOut(coordinator.handle(.resultsCommitted(shard: shard), at: now))
            default: break
            }
        }
    }

    private mutating func carryOut(_ directives: [WorkerDirective]) {
        for directive in directives {
            switch directive {
            case .send(let message, let payload): _ = try? Wire.encode(message, payload: payload)
            case .seek(let blob): carryOut(worker.handle(.blobAbsent(blob), at: now))
            case .seal(let blob): carryOut(worker.handle(.blobReady(blob), at: now))
            case .prepare(let stage):
                carryOut(worker.handle(.prepared(stage: stage.number, writesSums: true), at: now))
            case .store(let upload):
                let sums = WrittenSums(images: 4, clamped: 0, samples: 4, byteCount: 48, digest: Digest(of: [4]))
                carryOut(
                    worker.handle(
                        upload.rawValue % 2 == 1 ? .stored(upload: upload, sums) : .notStored(upload: upload), at: now))
            case .begin(_, let lease, let images) where lease.rawValue % 2 == 1:
                for image in images {
                    carryOut(worker.handle(.wantImage(ServedImage(lease: lease, image: image.id)), at: now))
                }
            case .storeImagePiece(_, let size, let offset, let bytes, _):
                demand(offset >= 0 && offset + Int64(bytes.count) <= size, "bytes beyond an image")
            case .begin(_, let lease, _):
                carryOut(worker.handle(.reported(lease: lease, .folded(failures: [])), at: now))
            default: break
            }
        }
    }

    private static let address = WorkerAddress(bytes: [1])

    /// A coordinator of two shards of four images, and what it says to the first worker.
    private static func coordinator(_ stage: Stage) -> (CoordinatorCore, [CoordinatorDirective]) {
        var core = CoordinatorCore(limits: CoordinatorLimits(), epoch: 1, sessionSeed: 7)
        let shards = [ShardRange(id: 1, first: 1, count: 4), ShardRange(id: 2, first: 5, count: 4)]
        let toDo = ShardsToDo(shards: shards, lastShard: 2, failures: 0, mostFailures: 3)
        if stage == .auditing, let work = try? work(stage) {
            let cases = shards.map { shard in
                AuditCase(
                    shard: shard, maker: ResultMaker(worker: "v", instructionSet: "avx2"),
                    said: AuditStatement(.zero, contents: [:]))
            }
            let toDo = AuditToDo(cases: cases, lastShard: 2, isInteger: false)
            _ = core.handle(.openAudit(.init(number: stage.rawValue, work: work, servesImages: true), toDo), at: .start)
        } else if let work = try? work(stage) {
            _ = core.handle(.openStage(.init(number: stage.rawValue, work: work, servesImages: true), toDo), at: .start)
        }
        let hello = WorkerMessage.hello(
            version: Wire.version, incarnation: 5, name: "w", threads: 1, instructionSet: "avx2")
        let said = core.handle(.received(hello, payload: [], from: address), at: .start)
        return (core, said)
    }

    private static func session(of directives: [CoordinatorDirective]) -> SessionID {
        for case .send(.welcome(let session, _, _, _), _) in directives { return session }
        return 0
    }

    static let blob = Blob(digest: Digest(of: [2]), byteCount: 3, path: "/none")

    static func work(_ stage: Stage) throws -> Work {
        let space = try FeatureSpace(
            backbone: "none", weights: Digest(of: [1]), layers: ["a"], channels: [0],
            input: InputSettings(height: 1, width: 3), gridHeight: 1, gridWidth: 3,
            grid: FixedPointGrid(layerChannels: [1], kept: [0]))
        let order = InspectionOrder(
            settings: InspectionSettings(scoring: ScoreSettings(blurBorder: .mirror), overlays: .all),
            mapScaleExponent: 8, firstColor: 10, lastColor: 40, directory: "/none", probe: "probe", probeValue: "1")
        return switch stage {
        case .accumulating:
            .accumulate(
                space: space, weights: blob,
                folder: SharedFolder(directory: "/none", probe: "probe", probeValue: "1"))
        case .auditing: .audit(space: space, weights: blob, audit: AuditOrder(seed: 7))
        case .inspecting: .inspect(model: blob, weights: blob, order: order)
        }
    }
}
