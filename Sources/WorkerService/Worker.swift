import Cluster
import Foundation
import Link
import Logging
import Storage
import Transport

/// The worker's shell: carries messages between the network, the core and the executor. All of it runs on the event loop's
/// thread; the rules are in `WorkerCore`, the arithmetic in `WorkerExecutor`, on a thread of its own, so that heartbeats never wait.
public actor Worker {
    nonisolated let loop: EventLoop
    public nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    private var core: WorkerCore
    private let executor: WorkerExecutor
    private let logger: Logger
    private var client: Client?
    private let clock = ContinuousClock.now
    private var ending: CheckedContinuation<WorkerExit, Never>?
    private var ended: WorkerExit?

    public init(core: WorkerCore, executor: WorkerExecutor, logger: Logger) throws {
        loop = try EventLoop(name: "worker")
        self.core = core
        self.executor = executor
        self.logger = logger
    }

    /// Connects, and works until the coordinator lets it go, nobody answers, or `stop()` is called.
    public func run(_ connect: @Sendable (EventLoop, @escaping Client.Handler) throws -> Client) async throws
        -> WorkerExit
    {
        // The executor and the loop hold the worker until it ends; it ends when this returns.
        client = try connect(loop) { event in self.assumeIsolated { $0.heard(event) } }
        executor.report = { event, generation in
            self.loop.perform {
                self.assumeIsolated { if $0.executor.generation == generation { $0.feed(event) } }
            }
        }
        executor.deliver = { message, payload in
            try self.loop.sync { self.assumeIsolated { $0.send(message, payload) } }
        }
        let timer = loop.every(.milliseconds(200)) { self.assumeIsolated { $0.feed(.tick) } }
        defer { timer.cancel() }
        feed(.tick)
        let exit = await withCheckedContinuation { continuation in
            if let ended { continuation.resume(returning: ended) } else { ending = continuation }
        }
        client?.close(linger: .milliseconds(500))
        client = nil
        return exit
    }

    /// Finishes the shard in hand, hands over the sums and leaves.
    public func stop() { feed(.stop) }

    private func heard(_ event: ClientEvent) {
        if let event = FromCoordinator.hear(event, logger) { feed(event) }
    }

    private func feed(_ event: WorkerEvent) {
        let elapsed = clock.duration(to: .now).components
        let moment = Instant(milliseconds: elapsed.seconds * 1_000 + elapsed.attoseconds / 1_000_000_000_000_000)
        for directive in core.handle(event, at: moment) { carryOut(directive) }
    }

    private func carryOut(_ directive: WorkerDirective) {
        switch directive {
        case .send(let message, let payload): send(message, payload)
        case .reset: executor.reset()
        case .seek(let blob): executor.seek(blob)
        case .storePiece(let blob, let offset, let bytes): executor.storePiece(blob, offset: offset, bytes: bytes)
        case .seal(let blob): executor.seal(blob)
        case .prepare(let stage): executor.prepare(stage)
        case .begin(let session, let lease, let images): executor.begin(session: session, lease: lease, images)
        case .beginRange(let session, let lease, let patches):
            executor.beginRange(session: session, lease: lease, patches)
        case .storeImagePiece(let image, let size, let offset, let bytes, let isLast):
            executor.storeImagePiece(image, size: size, offset: offset, bytes: bytes, isLast: isLast)
        case .imageUnavailable(let image, let reason): executor.imageUnavailable(image, reason: reason)
        case .store(let upload): executor.store(upload: upload)
        case .offer(let session, let upload, let chunkPatches):
            executor.offer(session: session, upload: upload, chunkPatches: chunkPatches)
        case .sendChunk(let session, let upload, let index, let chunkPatches):
            executor.sendChunk(session: session, upload: upload, index: index, chunkPatches: chunkPatches)
        case .zeroSums: executor.zeroSums()
        case .misunderstood(let reason):
            logger.error("the coordinator does not understand this worker: \(reason)")
        case .leave(let exit):
            executor.leave()
            ended = exit
            ending?.resume(returning: exit)
            ending = nil
        }
    }

    /// Queues a message. What is lost is said again: by the core, or because the coordinator asks for it.
    @discardableResult
    private func send(_ message: WorkerMessage, _ payload: [UInt8]) -> SendOutcome {
        guard let client else { return .gone }
        do {
            return client.send(try Frames(message, payload: payload))
        } catch {
            logger.error("a message could not be encoded: \(error)")
            return .tooLarge
        }
    }
}
