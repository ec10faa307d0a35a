import Cluster
import Storage

/// A relay between the coordinator and some workers of a crowd. It runs the real `RelayCore`; its network link and its disk never run out of room.
final class CrowdRelay {
    unowned let crowd: Crowd
    private(set) var address: WorkerAddress
    private let number: Int
    private var life = 0
    /// By which its workers send their sums.
    var link: SharedPipe
    private var core: RelayCore
    /// Images in sums that come, and in those that are kept.
    private var open: [UploadID: Int64] = [:]
    private var kept: Int64 = 0

    init(_ crowd: Crowd, number: Int) {
        (self.crowd, self.number) = (crowd, number)
        address = Self.address(number, life: 0)
        link = SharedPipe(ofAll: crowd.spec.link, ofOne: crowd.spec.link)
        core = Self.core(crowd, number, life: 0)
    }

    private static func core(_ crowd: Crowd, _ number: Int, life: Int) -> RelayCore {
        var limits = crowd.limits
        limits.uploads = 4
        let chance = UInt64(life << 16 + number)
        return RelayCore(
            name: "r\(number)", limits: limits, incarnation: chance, seed: chance &+ crowd.spec.seed,
            giveUpSeconds: 1 << 40)
    }

    /// Workers have four bytes.
    private static func address(_ number: Int, life: Int) -> WorkerAddress {
        WorkerAddress(bytes: [UInt8(number >> 8 & 255), UInt8(number & 255), UInt8(life & 255)])
    }

    /// Another relay takes its place, to which the workers find by themselves.
    func beKilled() {
        life += 1
        address = Self.address(number, life: life)
        (open, kept) = ([:], 0)
        core = Self.core(crowd, number, life: life)
    }

    func start() { tick() }

    func receive(_ message: CoordinatorMessage) { feed(.parent(.received(message, payload: []))) }

    func receive(_ message: WorkerMessage, _ payload: [UInt8], from worker: CrowdWorker, at address: WorkerAddress) {
        if case .scored(_, _, let outcomes, _) = message { crowd.busy += Double(outcomes.count) / worker.rate }
        feed(.workers(.received(message, payload: payload, from: address)))
    }

    private func tick() {
        feed(.tick)
        crowd.later(200) { [unowned self] in tick() }
    }

    private func feed(_ event: RelayEvent) {
        for directive in core.handle(event, at: Instant(milliseconds: crowd.now)) { carryOut(directive) }
    }

    private func carryOut(_ directive: RelayDirective) {
        switch directive {
        case .tellParent(let message, let payload), .passPicture(let message, let payload):
            crowd.sendToCoordinator(message, payload, from: address)
        case .tellWorker(let message, let worker): crowd.say(message, to: worker)
        case .seek(let blob): feed(.parent(.blobReady(blob)))
        case .begin(let work): if case .accumulate = work { feed(.scratchUsable(files: 12)) }
        case .reset, .zeroSums: (open, kept) = ([:], 0)
        case .openPartial(let upload, let images, _, _): open[upload] = images
        case .storeChunk(let upload, let index, _, _):
            crowd.later(0) { [unowned self] in feed(.workers(.chunkStored(upload: upload, index: index))) }
        case .keepPartial(let upload):
            kept += open.removeValue(forKey: upload) ?? 0
            crowd.later(Int64(crowd.spec.lookCost)) { [unowned self] in
                feed(.workers(.partialCommitted(upload: upload)))
            }
        case .dropPartial(let upload): open[upload] = nil
        case .offer(let session, let upload, _):
            crowd.sendToCoordinator(
                .offer(session: session, upload: upload, images: kept, clamped: 0, chunks: 1), [], from: address)
        case .sendChunk(let session, let upload, let index, _):
            let end = crowd.link.take(crowd.spec.sumsBytes, at: Double(crowd.now))
            crowd.later(Int64(end.rounded(.up)) - crowd.now) { [unowned self] in
                crowd.sendToCoordinator(
                    .chunk(session: session, upload: upload, index: index), Crowd.record, from: address)
            }
        case .storePiece, .seal, .sendPiece, .passPiece, .examineScratch, .note, .beginsAnew, .misunderstood, .leave:
            break
        }
    }
}
