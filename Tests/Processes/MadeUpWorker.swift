import Cluster
import Foundation
import Link
import Storage
import Transport

/// A worker that follows the protocol by the real rules, and whose reports and sums a test makes up.
public final class MadeUpWorker: @unchecked Sendable {
    /// What it says of its work.
    public struct Answers: Sendable {
        /// Of a shard.
        public var report: @Sendable ([ImageTask]) -> ShardReport
        /// The record of sums of one patch, for so many channels and images.
        public var record: @Sendable (_ dimension: Int, _ images: Int64) -> [Int64]

        /// What it says that it wrote into the job's directory; nil: it sends its sums.
        public var written: (@Sendable (SharedFolder, UploadID, _ images: Int64) -> WrittenSums)?

        public init(
            report: @escaping @Sendable ([ImageTask]) -> ShardReport = { _ in .folded(failures: []) },
            record: @escaping @Sendable (_ dimension: Int, _ images: Int64) -> [Int64] = { _, _ in [] },
            written: (@Sendable (SharedFolder, UploadID, _ images: Int64) -> WrittenSums)? = nil
        ) { (self.report, self.record, self.written) = (report, record, written) }
    }

    private let loop: EventLoop
    private let answers: Answers
    private let ended = DispatchSemaphore(value: 0)
    private let start = ContinuousClock.now
    // Touched on the loop's thread only.
    private var core: WorkerCore
    private var client: Client?
    private var sums: (patches: Int, dimension: Int)?
    private var images: Int64 = 0
    private var folder: SharedFolder?
    private var exit: WorkerExit?
    private var clock: (any Sendable)?

    public init(name: String, endpoint: String, _ answers: Answers) throws {
        loop = try EventLoop(name: name)
        self.answers = answers
        core = WorkerCore(
            identity: WorkerIdentity(name: name, threads: 1, instructionSet: "avx2"), incarnation: 1,
            giveUpSeconds: Int64(TestTimeout.seconds))
        let client = try Client(connect: Endpoint(endpoint), limits: .cluster, on: loop) { [weak self] event in
            self?.heard(event)
        }
        let timer = loop.every(.milliseconds(100)) { [weak self] in self?.feed(.tick) }
        loop.perform {
            self.client = client
            self.clock = timer
            self.feed(.tick)
        }
    }

    /// Waits for its end.
    /// - Returns: how it ended; nil if it did not in time.
    public func wait(atMost seconds: Int = TestTimeout.seconds) -> WorkerExit? {
        _ = ended.wait(timeout: .now() + .seconds(seconds))
        return try? loop.sync { self.exit }
    }

    public func close() {
        let client = try? loop.sync { () -> Client? in
            defer { (self.client, self.clock) = (nil, nil) }
            return self.client
        }
        client?.close()
    }

    private func heard(_ event: ClientEvent) {
        switch event {
        case .connected: feed(.connected)
        case .disconnected, .refused: break
        case .received(let frames):
            guard let (message, payload) = try? frames.message(as: CoordinatorMessage.self) else { return }
            feed(.received(message, payload: payload))
        }
    }

    private func later(_ event: WorkerEvent) { loop.perform { self.feed(event) } }

    private func feed(_ event: WorkerEvent) {
        let milliseconds = Int64(start.duration(to: .now) / .milliseconds(1))
        for directive in core.handle(event, at: Instant(milliseconds: milliseconds)) { carryOut(directive) }
    }

    private func say(_ message: WorkerMessage, _ payload: [UInt8] = []) {
        guard let frames = try? Frames(message, payload: payload) else { return }
        _ = client?.send(frames)
    }

    private func carryOut(_ directive: WorkerDirective) {
        switch directive {
        case .send(let message, let payload): say(message, payload)
        case .seek(let blob): later(.blobReady(blob))
        case .prepare(let stage): prepare(stage)
        case .begin(_, let lease, let tasks):
            let report = answers.report(tasks)
            if case .folded(let failures, _, _) = report { images += Int64(tasks.count - failures.count) }
            later(.reported(lease: lease, report))
        case .store(let upload):
            guard let folder, let written = answers.written else { return }
            later(.stored(upload: upload, written(folder, upload, images)))
        case .offer(let session, let upload, let chunkPatches):
            guard let sums else { return }
            let chunks = (sums.patches + chunkPatches - 1) / chunkPatches
            say(.offer(session: session, upload: upload, images: images, clamped: 0, chunks: chunks))
        case .sendChunk(let session, let upload, let index, let chunkPatches):
            guard let sums else { return }
            let record = answers.record(sums.dimension, images).withUnsafeBytes { Array($0) }
            let patches = min(chunkPatches, sums.patches - index * chunkPatches)
            let bytes = (0..<patches).flatMap { _ in record }
            say(.chunk(session: session, upload: upload, index: index), bytes)
        case .reset, .zeroSums: images = 0
        case .leave(let exit):
            self.exit = exit
            ended.signal()
        case .beginRange, .storePiece, .seal, .storeImagePiece, .imageUnavailable, .misunderstood: break
        }
    }

    private func prepare(_ stage: Stage) {
        switch stage.work {
        case .merge: return later(.ineligible(stage: stage.number, reason: "it merges nothing"))
        case .accumulate(let space, _, _, _): sums = (space.gridHeight * space.gridWidth, space.channels.count)
        case .inspect, .calibrate, .identify, .audit: sums = nil
        }
        folder = stage.work.folderOfSums
        later(.prepared(stage: stage.number, writesSums: answers.written != nil))
    }
}
