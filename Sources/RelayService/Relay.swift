import Cluster
import CoordinatorService
import Foundation
import Link
import Logging
import Storage
import Transport

/// A relay's shell: carries messages between its parent, its workers, the core and the disk. All of it runs on the event loop's thread; the
/// rules are in `RelayCore`.
public actor Relay {
    nonisolated let loop: EventLoop
    public nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    private var core: RelayCore
    private let logger: Logger
    private let clock = ContinuousClock.now
    private var client: Client?
    private var server: Server?
    private var disk: RelayDisk?
    private var blobs = BlobStore()
    private var addresses = PeerRegistry<Peer>()
    private var workerLog = WorkerEventLog(forcedSet: nil, warnsOfBits: false)
    private var fromWorkers = FromWorkers()
    private var outbox = Outbox()
    private var isPumping = false
    private var ending: CheckedContinuation<Void, Never>?
    private var ended: Result<RelayExit, any Error>?

    public init(core: RelayCore, logger: Logger) throws {
        loop = try EventLoop(name: "relay")
        self.core = core
        self.logger = logger
    }

    /// Serves workers, and works for the parent until it lets the relay go, nobody answers, or `stop()` is called.
    /// - Parameters:
    ///   - scratch: a folder for sums.
    ///   - uploads: how many workers hand over theirs at once, at most.
    ///   - threads: that add them up.
    ///   - announce: takes the endpoint that workers connect to.
    /// - Throws: `TransportError` where it cannot listen; `StorageError` where nothing can be written into `scratch`.
    public func run(
        cache: CacheDirectory, scratch: String, uploads: Int, threads: Int,
        listen: @Sendable (EventLoop, @escaping Server.Handler) throws -> Server,
        connect: @Sendable (EventLoop, @escaping Client.Handler) throws -> Client,
        announce: @Sendable (Endpoint) -> Void
    ) async throws -> RelayExit {
        disk = try RelayDisk(cache: cache, scratch: scratch, uploads: uploads, threads: threads) { report in
            self.loop.perform { self.assumeIsolated { $0.heard(fromDisk: report) } }
        }
        if let freed = disk?.freed, freed > 0 {
            logger.notice(
                "\(ScratchSpace.words(Double(freed))) freed in \(scratch): removed the sums of relays that were killed")
        }
        let server = try listen(loop) { frames, peer in self.assumeIsolated { $0.received(frames, from: peer) } }
        self.server = server
        announce(server.boundEndpoint)
        client = try connect(loop) { event in self.assumeIsolated { $0.heard(event) } }
        let timer = loop.every(.milliseconds(200)) { self.assumeIsolated { $0.tick() } }
        tick()
        await withCheckedContinuation { continuation in
            if ended == nil { ending = continuation } else { continuation.resume() }
        }
        // Time for the last messages to be sent, and for workers that write once more to be answered.
        try? await Task.sleep(for: .milliseconds(300))
        timer.cancel()
        client?.close(linger: .milliseconds(500))
        server.close(linger: .seconds(1))
        (client, self.server, disk) = (nil, nil, nil)
        guard let ended else { return .worker(.dismissed) }
        return try ended.get()
    }

    /// Has the workers finish what they have in hand, hands it over and leaves.
    public func stop() {
        logger.notice("stopping: what is in hand is finished and handed over; once more stops at once")
        feed(.stop)
    }

    // MARK: What comes

    private func heard(_ event: ClientEvent) {
        if let event = FromCoordinator.hear(event, logger) { feed(.parent(event)) }
    }

    private func received(_ frames: Frames, from peer: Peer) {
        switch fromWorkers.hear(frames, from: peer, logger) {
        case .message(let message, let payload): hear(message, payload, from: peer)
        case .answer(let answer): _ = server?.send(answer, to: peer)
        case .nothing: break
        }
    }

    private func hear(_ message: WorkerMessage, _ payload: [UInt8], from peer: Peer) {
        let address = addresses.address(of: peer)
        feed(.workers(.received(message, payload: payload, from: address)))
        // It was answered. A peer without a session need not be remembered.
        if !core.hasSession(address) { addresses.forget(peer) }
    }

    private func heard(fromDisk report: RelayDisk.Report) {
        switch report {
        case .event(let event):
            // The coordinator is told as well; this is for those who look after the relay's machine.
            if case .scratchFailed(let reason) = event {
                logger.error("\(reason). Others do this stage; the relay comes back when sums can be kept")
            }
            feed(event)
        case .message(let message, let payload): tellParent(message, payload)
        case .failure(let error): end(.failure(error))
        case .blob(let blob, let path):
            do {
                _ = try blobs.add(path, digest: blob.digest)
            } catch {
                end(.failure(error))
            }
        }
    }

    private func tick() {
        feed(.tick)
        addresses.keep(where: core.hasSession)
    }

    private func feed(_ event: RelayEvent) {
        let elapsed = clock.duration(to: .now).components
        let moment = Instant(milliseconds: elapsed.seconds * 1_000 + elapsed.attoseconds / 1_000_000_000_000_000)
        for directive in core.handle(event, at: moment) { carryOut(directive) }
    }

    // MARK: What is to be done

    private func carryOut(_ directive: RelayDirective) {
        switch directive {
        case .tellParent(let message, let payload): say(message, payload)
        case .passPicture(let message, let bytes):
            outbox.add(Outbox.Item(message: message, payload: bytes, isPicture: true))
            pump()
        case .tellWorker(let message, let address): send(message, to: address)
        case .passPiece(let message, let bytes, let address): send(message, payload: bytes, to: address)
        case .seek(let blob): disk?.seek(blob)
        case .storePiece(let blob, let offset, let bytes): disk?.storePiece(blob, offset: offset, bytes: bytes)
        case .seal(let blob): disk?.seal(blob)
        case .sendPiece(let blob, let offset, let count, let address):
            // If the file cannot be read now, the worker asks again.
            guard let bytes = try? blobs.piece(blob, offset: offset, count: count) else { return }
            send(.piece(blob: blob, offset: offset), payload: bytes, to: address)
        case .reset:
            outbox.removeAll()
            disk?.reset()
        case .begin(let work):
            blobs.keep(only: work.blobs)
            disk?.begin(work)
        case .examineScratch(let work): disk?.examineScratch(work)
        case .openPartial(let upload, let images, let clamped, let samples):
            disk?.openPartial(upload, images: images, clamped: clamped, samples: samples ?? images)
        case .storeChunk(let upload, let index, let patches, let bytes):
            disk?.storeChunk(upload, index: index, patches: patches, bytes: bytes)
        case .keepPartial(let upload): disk?.keepPartial(upload)
        case .dropPartial(let upload): disk?.dropPartial(upload)
        case .offer(let session, let upload, let chunkPatches):
            disk?.offer(session, upload, chunkPatches: chunkPatches)
        case .sendChunk(let session, let upload, let index, let chunkPatches):
            disk?.sendChunk(session, upload, index: index, chunkPatches: chunkPatches)
        case .zeroSums: disk?.zeroSums()
        case .note(let note): _ = workerLog.take(note, logger)
        case .beginsAnew(let reason): logger.warning("begins anew: \(reason)")
        case .misunderstood(let reason):
            logger.error("the coordinator does not understand this relay: \(reason)")
        case .leave(let exit): end(.success(exit))
        }
    }

    /// A report goes behind the pictures that belong to it; all else at once.
    private func say(_ message: WorkerMessage, _ payload: [UInt8]) {
        if case .scored = message, !outbox.isEmpty {
            outbox.add(Outbox.Item(message: message, payload: payload, isPicture: false))
        } else {
            tellParent(message, payload)
        }
    }

    /// Has the outbox emptied soon, and again while the way is full.
    private func pump(after delay: Duration = .zero) {
        guard !isPumping else { return }
        isPumping = true
        loop.after(delay) {
            self.assumeIsolated {
                $0.isPumping = false
                $0.empty()
                if !$0.outbox.isEmpty { $0.pump(after: .milliseconds(5)) }
            }
        }
    }

    /// Sends what waits, until the way is full.
    private func empty() {
        var sent = 0
        while let item = outbox.next {
            if tellParent(item.message, item.payload) == .full { break }
            outbox.removeFirst()
            // What is lost on the way is missed by the parent, which deals the shard again.
            if item.isPicture { sent += 1 }
        }
        for _ in 0..<sent { feed(.workers(.artifactStored)) }
    }

    /// Queues a message. What is lost is said again: by the core, or because the parent asks for it.
    @discardableResult
    private func tellParent(_ message: WorkerMessage, _ payload: [UInt8]) -> SendOutcome {
        guard let client else { return .gone }
        do {
            return client.send(try Frames(message, payload: payload))
        } catch {
            logger.error("a message could not be encoded: \(error)")
            return .tooLarge
        }
    }

    private func send(_ message: CoordinatorMessage, payload: [UInt8] = [], to address: WorkerAddress) {
        guard let server, let peer = addresses[address] else { return }
        do {
            let outcome = server.send(try Frames(message, payload: payload), to: peer)
            if outcome == .gone { addresses.forget(peer) }
        } catch {
            end(.failure(error))
        }
    }

    private func end(_ result: Result<RelayExit, any Error>) {
        guard ended == nil else { return }
        ended = result
        ending?.resume()
        ending = nil
    }
}
