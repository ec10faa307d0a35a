import Cluster
import Storage

/// One worker of a crowd: the real core, and a machine that does so many images a second.
final class CrowdWorker {
    unowned let crowd: Crowd
    let number: Int
    /// Images in a millisecond.
    let rate: Double
    /// Nil: the coordinator is its own.
    let relay: CrowdRelay?
    private(set) var life = 0
    /// Rises when what it has in hand is over.
    private var resets = 0
    private var core: WorkerCore
    private var born: Int64 = 0
    /// When it has done what it was given.
    private var isFreeAt = 0.0
    /// Images in its sums, and milliseconds that they took.
    private var images = 0
    private(set) var gathered = 0.0

    var address: WorkerAddress {
        WorkerAddress(bytes: [UInt8(number >> 16), UInt8(number >> 8 & 255), UInt8(number & 255), UInt8(life & 255)])
    }

    init(_ crowd: Crowd, number: Int, rate: Double, relay: CrowdRelay?) {
        (self.crowd, self.number, self.rate, self.relay) = (crowd, number, rate, relay)
        core = WorkerCore(identity: WorkerIdentity(name: "", threads: 1, instructionSet: ""), incarnation: 0)
    }

    func start() {
        life += 1
        born = crowd.now
        isFreeAt = Double(born)
        (images, gathered) = (0, 0)
        let identity = WorkerIdentity(name: "w\(number)-\(life)", threads: 1, instructionSet: "avx2")
        core = WorkerCore(identity: identity, incarnation: UInt64(number << 16 + life), giveUpSeconds: 1 << 40)
        crowd.workers[address] = self
        tick()
    }

    func die() {
        (images, gathered) = (0, 0)
        crowd.workers[address] = nil
        life += 1
    }

    func receive(_ message: CoordinatorMessage) { feed(.received(message, payload: [])) }

    private func tick() {
        feed(.tick)
        later(1_000) { $0.tick() }
    }

    private func later(_ delay: Int64, _ deed: @escaping (CrowdWorker) -> Void) {
        crowd.later(delay) { [unowned self, life] in if self.life == life { deed(self) } }
    }

    /// Works for so long when all that was given before is done, then does something.
    private func work(_ milliseconds: Double, _ deed: @escaping (CrowdWorker) -> Void) {
        isFreeAt = max(isFreeAt, Double(crowd.now)) + milliseconds
        later(Int64(isFreeAt.rounded(.up)) - crowd.now) { [resets] worker in
            if worker.resets == resets { deed(worker) }
        }
    }

    private func feed(_ event: WorkerEvent) {
        for directive in core.handle(event, at: Instant(milliseconds: crowd.now - born)) { carryOut(directive) }
    }

    private func carryOut(_ directive: WorkerDirective) {
        switch directive {
        case .send(let message, let payload): crowd.send(message, payload, from: self)
        case .reset:
            resets += 1
            isFreeAt = Double(crowd.now)
            (images, gathered) = (0, 0)
        case .seek(let blob): later(0) { $0.feed(.blobReady(blob)) }
        case .prepare(let stage):
            let writes = crowd.spec.task == .fit
            later(crowd.spec.preparation) { $0.feed(.prepared(stage: stage.number, writesSums: writes)) }
        case .begin(_, let lease, let tasks):
            let time = Double(tasks.count) / rate
            work(time) { worker in
                worker.feed(.reported(lease: lease, worker.report(tasks, time)))
            }
        case .store(let upload):
            let end = crowd.disk.take(crowd.spec.sumsBytes, at: Double(crowd.now))
            later(Int64(end.rounded(.up)) - crowd.now) { worker in
                let sums = WrittenSums(
                    images: Int64(worker.images), clamped: 0, samples: Int64(worker.images), byteCount: 1,
                    digest: Digest(of: []))
                worker.feed(.stored(upload: upload, sums))
            }
        case .offer(let session, let upload, _):
            crowd.send(
                .offer(session: session, upload: upload, images: Int64(images), clamped: 0, chunks: 1), [], from: self)
        case .sendChunk(let session, let upload, let index, _):
            let end =
                relay?.link.take(crowd.spec.sumsBytes, at: Double(crowd.now))
                ?? crowd.link.take(crowd.spec.sumsBytes, at: Double(crowd.now))
            later(Int64(end.rounded(.up)) - crowd.now) { worker in
                worker.crowd.send(
                    .chunk(session: session, upload: upload, index: index), Crowd.record, from: worker)
            }
        case .zeroSums:
            crowd.busy += gathered
            (images, gathered) = (0, 0)
        case .beginRange, .storePiece, .seal, .storeImagePiece, .imageUnavailable, .misunderstood, .leave: break
        }
    }

    private func report(_ tasks: [ImageTask], _ time: Double) -> ShardReport {
        guard crowd.spec.task.makesSums else {
            return .scored(
                tasks.map { ImageOutcome(id: $0.id, score: 1, maxRow: 0, maxColumn: 0, flagged: nil) }, pictures: 0)
        }
        images += tasks.count
        gathered += time
        return .folded(failures: [])
    }
}
