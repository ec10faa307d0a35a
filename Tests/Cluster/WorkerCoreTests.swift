import Cluster
import Gaussian
import Storage
import Testing

/// What a worker does with messages that come when it does not expect them: docs/PROTOCOL.md, "What may come when".
@Suite struct WorkerCoreTests {
    let session: SessionID = 9
    let blob = Blob(digest: Digest(of: [2]), byteCount: 3_000_000, path: "/none")
    /// Three patches.
    let stage: Stage

    init() throws { stage = Stage(number: 3, work: try BreachTests.work(inspects: false)) }

    private func hear(_ message: CoordinatorMessage, payload: [UInt8] = [], _ core: inout WorkerCore)
        -> [WorkerDirective]
    { core.handle(.received(message, payload: payload), at: .start) }

    /// A worker that has said hello.
    private func joining(stays: Bool = false) -> WorkerCore {
        var core = WorkerCore(
            identity: WorkerIdentity(name: "w", threads: 1, instructionSet: "avx2"), incarnation: 5, stays: stays)
        _ = core.handle(.tick, at: .start)
        return core
    }

    private func serving(stays: Bool = false) -> WorkerCore {
        var core = joining(stays: stays)
        let said = hear(.welcome(session: session, incarnation: 5, heartbeatMilliseconds: 1_000), &core)
        #expect(said == [.reset])
        return core
    }

    private func ready(_ stage: Stage? = nil) -> WorkerCore {
        var core = serving()
        let stage = stage ?? self.stage
        #expect(hear(.prepare(session: session, stage: stage), &core) == [.seek(blob)])
        for blob in stage.work.blobs { _ = core.handle(.blobReady(blob), at: .start) }
        let said = core.handle(.prepared(stage: stage.number), at: .start)
        #expect(said == [.send(.prepared(session: session, stage: stage.number), payload: [])])
        return core
    }

    /// Ready, with one shard in its sums and the upload 20 under way.
    private func uploading() -> WorkerCore {
        var core = ready()
        _ = hear(.deal(session: session, lease: 11, images: []), &core)
        _ = core.handle(.reported(lease: 11, .folded(failures: [])), at: .start)
        let said = hear(.checkpoint(session: session, upload: 20, chunkPatches: 2), &core)
        #expect(said == [.offer(session: session, upload: 20, chunkPatches: 2)])
        return core
    }

    /// One of each message that has a session.
    private func all(of session: SessionID) -> [CoordinatorMessage] {
        [
            .fenced(session: session), .heartbeat(session: session), .prepare(session: session, stage: stage),
            .imagePiece(
                session: session, lease: 11, image: 1, part: .image, offset: 0, size: 1,
                digest: [1].withUnsafeBytes { ContentDigest(of: $0) }),
            .imageUnavailable(session: session, lease: 11, image: 1, part: .image, reason: "no such file"),
            .deal(session: session, lease: 12, images: []), .acknowledged(session: session, lease: 11),
            .checkpoint(session: session, upload: 21, chunkPatches: 1),
            .send(session: session, upload: 20, chunks: [0]), .committed(session: session, upload: 20),
        ]
    }

    /// What the next heartbeat says.
    private func heartbeat(_ core: inout WorkerCore) -> WorkerMessage? {
        core.handle(.tick, at: Instant(milliseconds: 1_500)).compactMap {
            if case .send(let message, _) = $0, case .heartbeat = message { message } else { nil }
        }.first
    }

    @Test func beforeAWelcomeNothingElseCounts() {
        for message in all(of: session) + [.piece(blob: blob, offset: 0)] {
            var core = joining()
            #expect(hear(message, payload: [1], &core) == [])
        }
        var core = joining()
        #expect(hear(.welcome(session: 1, incarnation: 4, heartbeatMilliseconds: 1_000), &core) == [])
        #expect(hear(.misunderstood(reason: "no"), &core) == [.misunderstood(reason: "no")])
        #expect(hear(.welcome(session: session, incarnation: 5, heartbeatMilliseconds: 1_000), &core) == [.reset])
    }

    @Test func whatIsSaidInAnotherSessionIsPassedOver() {
        for message in all(of: 8) + [.done(session: 8)] {
            var core = uploading()
            #expect(hear(message, payload: [1], &core) == [])
            #expect(
                heartbeat(&core)
                    == .heartbeat(session: session, stage: stage.number, leases: [11], newest: 11, upload: 20))
        }
    }

    @Test func answersToAHelloAreForWhoHasNoSession() {
        var core = uploading()
        for message: CoordinatorMessage in [
            .welcome(session: session, incarnation: 5, heartbeatMilliseconds: 1),
            .welcome(session: 1, incarnation: 6, heartbeatMilliseconds: 1), .refused(reason: "full"),
            .heartbeat(session: session),
        ] {
            #expect(hear(message, &core) == [])
        }
        #expect(hear(.misunderstood(reason: "no"), &core) == [.misunderstood(reason: "no")])
    }

    @Test func fencedItForgetsAllAndBeginsAnew() {
        var core = uploading()
        let said = hear(.fenced(session: session), &core)
        let hello = WorkerMessage.hello(
            version: Wire.version, incarnation: 6, name: "w", threads: 1, instructionSet: "avx2")
        #expect(said == [.reset, .send(hello, payload: [])])
        #expect(hear(.fenced(session: session), &core) == [])
        _ = hear(.welcome(session: 10, incarnation: 6, heartbeatMilliseconds: 1_000), &core)
        #expect(heartbeat(&core) == .heartbeat(session: 10, stage: nil, leases: [], newest: nil, upload: nil))
    }

    @Test func afterTheEndItHearsNothing() {
        for end: CoordinatorMessage in [.done(session: 0), .refused(reason: "full")] {
            var core = joining()
            guard case .leave? = hear(end, &core).last else {
                Issue.record("it stays after \(end)")
                continue
            }
            for message in all(of: session) + [.welcome(session: 9, incarnation: 5, heartbeatMilliseconds: 1)] {
                #expect(hear(message, &core) == [])
            }
        }
        var core = uploading()
        #expect(hear(.done(session: session), &core) == [.leave(.dismissed)])
        #expect(core.handle(.tick, at: Instant(milliseconds: 5_000)) == [])
        for message in all(of: session) { #expect(hear(message, &core) == []) }
    }

    @Test func whoStaysSaysHelloToTheNext() {
        var core = serving(stays: true)
        #expect(hear(.done(session: session), &core) == [.reset])
        let later = core.handle(.tick, at: Instant(milliseconds: 3_000))
        #expect(later.contains { if case .send(.hello(_, 6, _, _, _), _) = $0 { true } else { false } })
    }

    @Test func aStageIsPreparedOnce() throws {
        var core = serving()
        _ = hear(.prepare(session: session, stage: stage), &core)
        #expect(hear(.prepare(session: session, stage: stage), &core) == [])
        core = ready()
        let prepared = WorkerDirective.send(.prepared(session: session, stage: 3), payload: [])
        #expect(hear(.prepare(session: session, stage: stage), &core) == [prepared])
        let other = try BreachTests.work(inspects: true)
        for number in [2, 3] {
            #expect(hear(.prepare(session: session, stage: Stage(number: number, work: other)), &core) == [])
        }
    }

    @Test func aHigherStageEndsTheOneBefore() throws {
        var core = uploading()
        let next = Stage(number: 4, work: try BreachTests.work(inspects: true))
        #expect(hear(.prepare(session: session, stage: next), &core) == [.seek(blob)])
        #expect(
            heartbeat(&core) == .heartbeat(session: session, stage: nil, leases: [], newest: 11, upload: nil))
    }

    @Test func aPieceCountsWhereItWasAskedFor() {
        var core = serving()
        _ = hear(.prepare(session: session, stage: stage), &core)
        let whole = [UInt8](repeating: 1, count: 1 << 20)
        #expect(hear(.piece(blob: blob, offset: 0), payload: whole, &core) == [])
        #expect(core.handle(.blobAbsent(blob), at: .start).count == 3)
        let elsewhere = Blob(digest: blob.digest, byteCount: blob.byteCount, path: "/other")
        #expect(hear(.piece(blob: elsewhere, offset: 0), payload: whole, &core) == [])
        #expect(hear(.piece(blob: blob, offset: 1), payload: whole, &core) == [])
        #expect(hear(.piece(blob: blob, offset: 0), payload: whole.dropLast(), &core) == [])
        #expect(
            hear(.piece(blob: blob, offset: 0), payload: whole, &core)
                == [.storePiece(blob, offset: 0, bytes: whole)])
        #expect(hear(.piece(blob: blob, offset: 0), payload: whole, &core) == [])
    }

    @Test func aDealBeforeItIsReadyIsPassedOver() {
        var core = serving()
        #expect(hear(.deal(session: session, lease: 11, images: []), &core) == [])
        #expect(
            heartbeat(&core) == .heartbeat(session: session, stage: nil, leases: [], newest: 11, upload: nil))
    }

    @Test func aDealDuringAnUploadIsPassedOver() {
        var core = uploading()
        #expect(hear(.deal(session: session, lease: 21, images: []), &core) == [])
        #expect(
            heartbeat(&core)
                == .heartbeat(session: session, stage: stage.number, leases: [11], newest: 21, upload: 20))
    }

    @Test func aLeaseIsWorkedOnOnce() {
        var core = ready()
        let deal = CoordinatorMessage.deal(session: session, lease: 100, images: [])
        #expect(hear(deal, &core) == [.begin(session: session, lease: 100, images: [])])
        #expect(hear(deal, &core) == [])
        _ = core.handle(.reported(lease: 100, .folded(failures: [])), at: .start)
        #expect(hear(deal, &core) == [])
        #expect(hear(.acknowledged(session: session, lease: 100), &core) == [])
        #expect(hear(.acknowledged(session: session, lease: 100), &core) == [])
        #expect(hear(deal, &core) == [])
        for lease in LeaseID(101)...164 {
            #expect(hear(.deal(session: session, lease: lease, images: []), &core).count == 1)
            _ = core.handle(.reported(lease: lease, .folded(failures: [])), at: .start)
        }
        // Of the 64 reported last it has the number; the first was before them.
        #expect(hear(deal, &core) == [])
    }

    @Test func aCheckpointThatIsNotDueIsPassedOver() throws {
        func checkpoint(_ upload: UploadID, _ chunkPatches: Int, _ core: inout WorkerCore) -> [WorkerDirective] {
            hear(.checkpoint(session: session, upload: upload, chunkPatches: chunkPatches), &core)
        }
        var core = ready()
        #expect(checkpoint(20, 0, &core) == [] && checkpoint(20, 4, &core) == [] && checkpoint(20, -1, &core) == [])
        _ = hear(.deal(session: session, lease: 11, images: []), &core)
        #expect(checkpoint(20, 2, &core) == [])
        core = uploading()
        #expect(checkpoint(20, 2, &core) == [.offer(session: session, upload: 20, chunkPatches: 2)])
        #expect(checkpoint(21, 2, &core) == [] && checkpoint(19, 2, &core) == [])
        _ = hear(.committed(session: session, upload: 20), &core)
        #expect(checkpoint(20, 2, &core) == [] && checkpoint(19, 2, &core) == [])
        #expect(checkpoint(21, 3, &core) == [.offer(session: session, upload: 21, chunkPatches: 3)])
        var inspecting = ready(Stage(number: 3, work: try BreachTests.work(inspects: true)))
        #expect(checkpoint(20, 1, &inspecting) == [])
    }

    @Test func chunksAreSentAsOftenAsAskedFor() {
        var core = uploading()
        func send(_ upload: UploadID, _ chunks: [Int]) -> [Int] {
            hear(.send(session: session, upload: upload, chunks: chunks), &core).compactMap {
                if case .sendChunk(_, 20, let index, 2) = $0 { index } else { nil }
            }
        }
        #expect(send(21, [0]) == [] && send(19, [0]) == [])
        #expect(send(20, [0, 1]) == [0, 1])
        #expect(send(20, [-1, 1, 2, .max, .min]) == [1])
        #expect(send(20, Array(repeating: 0, count: 1_025)) == [])
        #expect(send(20, Array(repeating: 0, count: 1_024)).count == 1_024)
    }

    @Test func sumsAreZeroedOnce() {
        var core = uploading()
        #expect(hear(.committed(session: session, upload: 19), &core) == [])
        #expect(hear(.committed(session: session, upload: 20), &core) == [.zeroSums])
        #expect(hear(.committed(session: session, upload: 20), &core) == [])
    }

    @Test func whoWasAskedToLeaveWaitsForDone() {
        var core = uploading()
        #expect(core.handle(.stop, at: .start) == [.send(.leaving(session: session), payload: [])])
        #expect(hear(.committed(session: session, upload: 20), &core) == [.zeroSums])
        #expect(hear(.done(session: session), &core) == [.leave(.dismissed)])
    }
}
