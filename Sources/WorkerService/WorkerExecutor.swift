import Cluster
import Compute
import Dispatch
import Foundation
import Gaussian
import ImageAccess
import Logging
import PaDiM
import Storage
import Transport

/// The worker's heavy work, one thing after the other on a queue of its own: blobs, engines, shards, sums.
public final class WorkerExecutor: @unchecked Sendable {
    /// Takes what is done, and the generation of the order that did it. Set before the first order.
    var report: @Sendable (WorkerEvent, _ generation: Int) -> Void = { _, _ in }
    /// Sends a message at once and says what became of it. Set before the first order.
    var deliver: @Sendable (WorkerMessage, [UInt8]) throws -> SendOutcome = { _, _ in .gone }

    private let queue = DispatchQueue(label: "executor")
    let logger: Logger
    private let factory: StageRunnerFactory
    // Touched on the queue only.
    private let cache: BlobCache
    private var blobs: [Digest: String] = [:]
    var runner: StageRunner? { didSet { areSumsToBeZeroed = false } }
    /// Whether the sums were handed over, and are to be zeroed before they are used again.
    var areSumsToBeZeroed = false
    /// Of the stage before a merge, until ranges have been merged: the system takes its time to take large memory back.
    private var retired: StageRunner?
    private let orders = OrderQueue()
    private let served = ServedImages()
    private let reader: ImageReader
    /// How long threads had waited for object stores when the stage began.
    private var waitedBefore = Duration.zero

    /// Counts the resets. Orders of an earlier generation are void, and so is what they report.
    var generation: Int { orders.generation }

    public init(cache: CacheDirectory, threads: Int, instructionSet: InstructionSet?, logger: Logger) throws {
        self.cache = BlobCache(cache)
        reader = ImageReader(provider: served)
        factory = try StageRunnerFactory(threads: threads, instructionSet: instructionSet, reader: reader)
        self.logger = logger
        served.ask = { [weak self] image in
            guard let self else { return }
            report(.wantImage(image), generation)
        }
    }

    /// What the worker says of itself.
    public func identity(name: String) -> WorkerIdentity {
        WorkerIdentity(name: name, threads: factory.threads, instructionSet: factory.instructionSet.rawValue)
    }

    func reset() {
        orders.void()
        served.void()
        reader.forgetExpected()
        order { _ in (self.runner, self.retired) = (nil, nil) }
    }

    func seek(_ blob: Blob) {
        order { given in
            guard let path = self.cache.find(blob) else { return self.report(.blobAbsent(blob), given) }
            self.blobs[blob.digest] = path
            self.report(.blobReady(blob), given)
        }
    }

    func storePiece(_ blob: Blob, offset: Int64, bytes: [UInt8]) {
        order { given in
            do {
                try self.cache.store(blob, offset: offset, bytes: bytes)
            } catch {
                self.report(.blobUnusable(blob, reason: "\(error)"), given)
            }
        }
    }

    func seal(_ blob: Blob) {
        order { given in
            do {
                self.blobs[blob.digest] = try self.cache.seal(blob)
                self.report(.blobReady(blob), given)
            } catch {
                self.report(.blobUnusable(blob, reason: "\(error)"), given)
            }
        }
    }

    func prepare(_ stage: Stage) {
        // Shards of the stage before are forgotten: nobody may wait for their images.
        served.void()
        served.begin(isServing: stage.isServingImages)
        order { given in
            self.retire(before: stage)
            self.waitedBefore = self.reader.waited
            do {
                let runner = try self.factory.setUp(stage, blobs: self.blobs)
                self.runner = runner
                let place = runner.sumsFile.map { "; its sums are written into \($0.directory)" } ?? ""
                self.logger.info("ready for stage \(stage.number)\(place)")
                self.report(.prepared(stage: stage.number, writesSums: runner.sumsFile != nil), given)
            } catch {
                // Whoever does not see the job's directory takes no part in its merge, and that is all.
                self.logger.log(
                    level: stage.work.isMerge ? .info : .error, "cannot do stage \(stage.number): \(error)")
                self.report(.ineligible(stage: stage.number, reason: "\(error)"), given)
            }
        }
    }

    /// What the last stage needed goes first: two stages' memory together may be too much. A merge needs little.
    private func retire(before stage: Stage) {
        let bytes = runner?.sums.map { Statistics.chunkByteCount(patches: $0.patches, dimension: $0.dimension) } ?? 0
        retired = stage.work.isMerge && bytes <= Self.mostRetiredBytes ? runner : nil
        runner = nil
    }

    private static let mostRetiredBytes = 256 << 20

    func begin(session: SessionID, lease: LeaseID, _ images: [ImageTask]) {
        reader.expect(images.map(\.location))
        served.add(lease, images)
        add(.shard(OrderQueue.Shard(session: session, lease: lease, images: images)))
    }

    func beginRange(session: SessionID, lease: LeaseID, _ patches: Range<Int>) {
        add(.shard(OrderQueue.Shard(session: session, lease: lease, images: [], patches: patches)))
    }

    /// Works on the shards at the head of the queue as one stream: the threads go from one to the next without a pause.
    private func workOnShards(_ given: Int) {
        let openLeases = OpenLeases()
        do {
            guard let runner else { throw StageError("no stage is prepared") }
            _ = sumsZeroedIfDue()
            let (clock, reader, waitedBefore) = (runner.clock, reader, waitedBefore)
            let shards = WorkSource {
                self.orders.takeShard(given).map { shard in
                    openLeases.add(shard.lease)
                    return DealtShard(lease: shard.lease, images: shard.images, patches: shard.patches) {
                        image, kind, bytes in
                        try self.sendArtifact(
                            .picture(session: shard.session, lease: shard.lease, image: image, kind: kind), bytes)
                    } report: { outcome in
                        openLeases.remove(shard.lease)
                        self.served.remove(shard.lease)
                        if let time = clock?.time {
                            self.report(.worked(WorkTime(time, forServers: reader.waited - waitedBefore)), given)
                        }
                        self.report(.reported(lease: shard.lease, outcome), given)
                    }
                }
            }
            orders.onAddition { shards.announce() }
            defer { orders.onAddition(nil) }
            try runner.work(shards)
            retired = nil
        } catch {
            logger.error("gave a shard up: \(error)")
            // The shards in hand may be half in the sums.
            runner = nil
            // Nobody comes for their images, which would take the place of others.
            reader.forgetExpected()
            if let lease = openLeases.oldest ?? orders.takeShard(given)?.lease {
                report(.reported(lease: lease, .abandoned(reason: "\(error)")), given)
            }
        }
    }

    func storeImagePiece(_ image: ServedImage, size: Int64, offset: Int64, bytes: [UInt8], isLast: Bool) {
        guard let size = Int(exactly: size), let offset = Int(exactly: offset) else { return }
        served.store(image, size: size, offset: offset, bytes: bytes, isLast: isLast)
    }

    func imageUnavailable(_ image: ServedImage, reason: String) { served.fail(image, reason: reason) }

    /// Nobody waits for images any more: the worker leaves.
    func leave() { served.void() }

    /// Waits while the way is full: the artifacts of a shard must not outrun the network.
    private func sendArtifact(_ message: WorkerMessage, _ bytes: [UInt8]) throws {
        let deadline = Date() + 60
        while true {
            switch try deliver(message, bytes) {
            // What is lost on the way is missed by the coordinator, which deals the shard again.
            case .sent, .gone: return
            case .tooLarge:
                throw StageError(
                    "a map or overlay of \(bytes.count) bytes is too large to be sent: give this worker the job's directory"
                )
            case .full:
                guard Date() < deadline else { throw StageError("the coordinator takes no maps or overlays") }
                usleep(5_000)
            }
        }
    }

    func order(_ work: @escaping @Sendable (_ given: Int) -> Void) { add(.other(work)) }

    private func add(_ order: OrderQueue.Order) {
        orders.add(order)
        // There may be no order left for it: one call takes several shards.
        queue.async { self.workOnNext() }
    }

    private func workOnNext() {
        guard let (order, given) = orders.next() else { return }
        switch order {
        case .shard: workOnShards(given)
        case .other(let work): work(given)
        }
    }
}
