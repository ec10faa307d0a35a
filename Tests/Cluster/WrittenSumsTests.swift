import Cluster
import Gaussian
import Storage
import Testing

/// Sums that a worker writes into the job's directory itself: what both sides say of them, and what comes twice, late or never.
@Suite struct WrittenSumsTests {
    let here = WorkerAddress(bytes: [1])
    let sums = WrittenSums(images: 4, clamped: 3, samples: 4, byteCount: 48, digest: Digest(of: [9]))

    private func stage(hasFolder: Bool = true) throws -> Stage {
        guard case .accumulate(let space, let weights, _, _) = try BreachTests.work(inspects: false) else {
            throw NoSums()
        }
        let folder = SharedFolder(directory: "/job", probe: "probe", probeValue: "1")
        return Stage(number: 1, work: .accumulate(space: space, weights: weights, folder: hasFolder ? folder : nil))
    }

    private struct NoSums: Error {}

    // MARK: the worker

    /// A worker that is ready, with a shard in its sums.
    private func worker(writes: Bool = true, hasFolder: Bool = true) throws -> WorkerCore {
        var core = WorkerCore(
            identity: WorkerIdentity(name: "w", threads: 1, instructionSet: "avx2"), incarnation: 5)
        _ = core.handle(.tick, at: .start)
        _ = hear(.welcome(session: 9, incarnation: 5, heartbeatMilliseconds: 60_000), &core)
        let stage = try stage(hasFolder: hasFolder)
        _ = hear(.prepare(session: 9, stage: stage), &core)
        for blob in stage.work.blobs { _ = core.handle(.blobReady(blob), at: .start) }
        _ = core.handle(.prepared(stage: 1, writesSums: writes), at: .start)
        _ = hear(.deal(session: 9, lease: 11, images: []), &core)
        _ = core.handle(.reported(lease: 11, .folded(failures: [])), at: .start)
        return core
    }

    private func hear(_ message: CoordinatorMessage, _ core: inout WorkerCore) -> [WorkerDirective] {
        core.handle(.received(message, payload: []), at: .start)
    }

    private func checkpoint(_ core: inout WorkerCore, _ upload: UploadID = 20) -> [WorkerDirective] {
        hear(.checkpoint(session: 9, upload: upload, chunkPatches: 2), &core)
    }

    private func written(_ upload: UploadID = 20) -> WorkerDirective {
        .send(
            .written(session: 9, upload: upload, images: 4, clamped: 3, byteCount: 48, digest: sums.digest),
            payload: [])
    }

    @Test func theyAreWrittenOnceAndToldAsOftenAsAsked() throws {
        var core = try worker()
        #expect(checkpoint(&core) == [.store(upload: 20)])
        // Asked again while they are written, and told of other uploads.
        for upload: UploadID in [20, 21, 19] { #expect(checkpoint(&core, upload) == []) }
        #expect(core.handle(.stored(upload: 21, sums), at: .start) == [])
        #expect(hear(.send(session: 9, upload: 20, chunks: [0]), &core) == [])
        #expect(hear(.committed(session: 9, upload: 20), &core) == [], "nobody can have committed them yet")
        #expect(core.handle(.stored(upload: 20, sums), at: .start) == [written()])
        #expect(core.handle(.stored(upload: 20, sums), at: .start) == [])
        #expect(core.handle(.notStored(upload: 20), at: .start) == [])
        for _ in 0..<3 { #expect(checkpoint(&core) == [written()]) }
        #expect(hear(.send(session: 9, upload: 20, chunks: [0]), &core) == [])
        #expect(hear(.committed(session: 9, upload: 20), &core) == [.zeroSums])
        #expect(hear(.committed(session: 9, upload: 20), &core) == [])
        #expect(checkpoint(&core) == [], "an upload that is over")
        #expect(checkpoint(&core, 21) == [.store(upload: 21)])
    }

    @Test func whatCannotBeWrittenIsSent() throws {
        var core = try worker()
        _ = checkpoint(&core)
        let offer = WorkerDirective.offer(session: 9, upload: 20, chunkPatches: 2)
        #expect(core.handle(.notStored(upload: 20), at: .start) == [offer])
        #expect(core.handle(.stored(upload: 20, sums), at: .start) == [])
        #expect(checkpoint(&core) == [offer])
        #expect(
            hear(.send(session: 9, upload: 20, chunks: [1]), &core) == [
                .sendChunk(session: 9, upload: 20, index: 1, chunkPatches: 2)
            ])
        #expect(hear(.committed(session: 9, upload: 20), &core) == [.zeroSums])
        // The disk may have space again.
        #expect(checkpoint(&core, 21) == [.store(upload: 21)])
    }

    @Test(arguments: [(false, true), (true, false), (false, false)])
    func whoDoesNotSeeTheFolderSends(writes: Bool, hasFolder: Bool) throws {
        var core = try worker(writes: writes, hasFolder: hasFolder)
        #expect(checkpoint(&core) == [.offer(session: 9, upload: 20, chunkPatches: 2)])
    }

    @Test func afterTheFenceAFileIsNobodys() throws {
        var core = try worker()
        _ = checkpoint(&core)
        _ = hear(.fenced(session: 9), &core)
        #expect(core.handle(.stored(upload: 20, sums), at: .start) == [])
        #expect(core.handle(.notStored(upload: 20), at: .start) == [])
        _ = hear(.welcome(session: 10, incarnation: 6, heartbeatMilliseconds: 60_000), &core)
        #expect(core.handle(.stored(upload: 20, sums), at: .start) == [])
    }

    @Test func aFileThatIsWholeIsToldWhileItIsWritten() throws {
        var core = try worker()
        let filled = WorkerDirective.send(.filled(session: 9, upload: 20, file: "20.x"), payload: [])
        #expect(core.handle(.filled(upload: 20, file: "20.x"), at: .start) == [], "nobody asked for it")
        _ = checkpoint(&core)
        #expect(core.handle(.filled(upload: 21, file: "21.x"), at: .start) == [])
        #expect(core.handle(.filled(upload: 20, file: "20.x"), at: .start) == [filled])
        _ = core.handle(.stored(upload: 20, sums), at: .start)
        #expect(core.handle(.filled(upload: 20, file: "20.x"), at: .start) == [])
    }

    // MARK: the coordinator

    @Test func aFileThatIsWholeIsLookedAtOnce() throws {
        var (core, session, upload) = try coordinator()
        let look = CoordinatorDirective.lookAhead(upload: upload, file: "f")
        func say(_ core: inout CoordinatorCore, _ session: SessionID, _ upload: UploadID) -> Bool {
            self.say(.filled(session: session, upload: upload, file: "f"), &core).contains(look)
        }
        #expect(!say(&core, session, 1))
        #expect(!say(&core, 1, upload))
        #expect(say(&core, session, upload))
        #expect(!say(&core, session, upload))
        var (late, other, number) = try coordinator()
        _ = self.say(written(other, number), &late)
        #expect(!say(&late, other, number), "it was written already")
        var (sending, sender, sent) = try coordinator(hasFolder: false)
        #expect(!say(&sending, sender, sent), "nobody writes where there is no folder")
    }

    /// A coordinator that has asked a worker for its sums: those of the first of two shards, whose last image failed.
    private func coordinator(hasFolder: Bool = true) throws -> (CoordinatorCore, SessionID, UploadID) {
        var limits = CoordinatorLimits()
        (limits.checkpointImages, limits.shardsInFlight) = (1, 1)
        var core = CoordinatorCore(limits: limits, epoch: 1, sessionSeed: 7)
        let toDo = ShardsToDo(shards: .ofFive(2), lastShard: 2, failures: 0, mostFailures: .max)
        _ = core.handle(.openStage(try stage(hasFolder: hasFolder), toDo), at: .start)
        let hello = WorkerMessage.hello(
            version: Wire.version, incarnation: 5, name: "w", threads: 1, instructionSet: "avx2")
        let session = try #require(
            say(hello, &core).compactMap { directive -> SessionID? in
                if case .send(.welcome(let session, _, _, _), _) = directive { session } else { nil }
            }.first)
        let lease = try #require(
            say(.prepared(session: session, stage: 1), &core).compactMap { directive -> LeaseID? in
                if case .deal(_, let lease, _, _) = directive { lease } else { nil }
            }.first)
        let folded = WorkerMessage.folded(
            session: session, lease: lease, failures: [ImageFailure(id: 5, reason: "torn")])
        let upload = try #require(
            say(folded, &core).compactMap { directive -> UploadID? in
                if case .send(.checkpoint(_, let upload, _), _) = directive { upload } else { nil }
            }.first)
        return (core, session, upload)
    }

    private func say(_ message: WorkerMessage, _ core: inout CoordinatorCore) -> [CoordinatorDirective] {
        core.handle(.received(message, payload: [], from: here), at: .start)
    }

    private func written(_ session: SessionID, _ upload: UploadID, images: Int64 = 4, byteCount: Int64 = 48)
        -> WorkerMessage
    {
        .written(
            session: session, upload: upload, images: images, clamped: 3, byteCount: byteCount, digest: sums.digest)
    }

    private func isBreach(_ said: [CoordinatorDirective]) -> Bool {
        said.contains { if case .note(.breach) = $0 { true } else { false } }
    }

    @Test func theyAreLookedForAndCommittedOnce() throws {
        var (core, session, upload) = try coordinator()
        #expect(say(written(session, upload.next), &core) == [])
        let commit = CoordinatorDirective.commitPartial(
            upload: upload, shards: [1], failures: [ImageFailure(id: 5, reason: "torn")], contents: [:], written: sums)
        #expect(say(written(session, upload), &core) == [commit])
        #expect(say(written(session, upload), &core) == [])
        #expect(say(.offer(session: session, upload: upload, images: 4, clamped: 3, chunks: 1), &core) == [])
        let done = core.handle(.partialCommitted(upload: upload), at: .start)
        #expect(done.contains(.send(.committed(session: session, upload: upload), to: here)))
        #expect(say(written(session, upload), &core) == [])
        // A worker that did not hear of it has the upload in its heartbeat.
        let beat = WorkerMessage.heartbeat(session: session, stage: 1, leases: [], newest: nil, upload: upload)
        #expect(say(beat, &core).contains(.send(.committed(session: session, upload: upload), to: here)))
    }

    @Test func whoOffersChunksHasWrittenNothing() throws {
        var (core, session, upload) = try coordinator()
        _ = say(.offer(session: session, upload: upload, images: 4, clamped: 3, chunks: 1), &core)
        #expect(say(written(session, upload), &core) == [])
    }

    @Test func theyCountThoughTheirWorkerDies() throws {
        var (core, session, upload) = try coordinator()
        _ = say(written(session, upload), &core)
        let died = core.handle(.processEnded(name: "w"), at: .start)
        #expect(!died.contains(.dropPartial(upload: upload)))
        #expect(say(written(session, upload), &core) == [.send(.fenced(session: session), to: here)])
        #expect(core.handle(.partialCommitted(upload: upload), at: .start) == [])
        #expect(core.progress.imagesDone == 5)
    }

    /// It may have written them and died before it said so.
    @Test func whatADeadWorkerMayHaveWrittenIsRemoved() throws {
        var (core, session, upload) = try coordinator()
        #expect(core.handle(.processEnded(name: "w"), at: .start).contains(.dropPartial(upload: upload)))
        #expect(core.progress.imagesDone == 0)
        // It stood still, and has written them since.
        let fenced = CoordinatorDirective.send(.fenced(session: session), to: here)
        #expect(say(written(session, upload), &core) == [.dropPartial(upload: upload), fenced])
        #expect(say(written(session, upload), &core) == [fenced], "it is removed already")
        (core, session, upload) = try coordinator(hasFolder: false)
        #expect(!core.handle(.processEnded(name: "w"), at: .start).contains(.dropPartial(upload: upload)))
    }

    /// Strangers cannot make work without end, nor speak of uploads that do not exist yet.
    @Test func whatStrangersSayThatTheyWroteIsBounded() throws {
        var (core, _, upload) = try coordinator()
        func isDropped(_ number: UploadID) -> Bool {
            say(written(1, number), &core).contains(.dropPartial(upload: number))
        }
        for number in [upload, upload.next, upload.next.next, 0, -1] { #expect(!isDropped(number)) }
        let most = UploadID.RawValue(core.limits.lateUploads)
        #expect((1...most).allSatisfy { isDropped(UploadID(rawValue: $0)) })
        #expect(!isDropped(UploadID(rawValue: most + 1)))
    }

    @Test func whatIsNotThereIsABreachAndDealtAgain() throws {
        var (core, session, upload) = try coordinator()
        _ = say(written(session, upload), &core)
        let said = core.handle(.partialRefused(upload: upload, reason: "it is not there"), at: .start)
        #expect(isBreach(said) && said.contains(.send(.fenced(session: session), to: here)))
        #expect(core.progress.imagesDone == 0)
    }

    /// The words may quote the worker's file.
    @Test func theReasonIsCleaned() throws {
        var (core, session, upload) = try coordinator()
        _ = say(written(session, upload), &core)
        let reason = "layers \u{1B}[2J" + String(repeating: "x", count: 5_000)
        let said = core.handle(.partialRefused(upload: upload, reason: reason), at: .start)
        let words = said.compactMap { if case .note(.breach(_, _, let reason, _)) = $0 { reason } else { nil } }
        #expect(words == [ReportedText.reason(reason)])
        #expect(words.first?.hasPrefix("layers ?[2J") == true)
    }

    @Test(arguments: [
        (images: 5 as Int64, byteCount: 48 as Int64, hasFolder: true), (3, 48, true), (0, 48, true), (4, 0, true),
        (4, -1, true), (4, 48, false), (Int64.max, 48, true),
    ])
    func otherCountsAreABreach(images: Int64, byteCount: Int64, hasFolder: Bool) throws {
        var (core, session, upload) = try coordinator(hasFolder: hasFolder)
        let said = say(written(session, upload, images: images, byteCount: byteCount), &core)
        #expect(isBreach(said))
        #expect(!said.contains { if case .commitPartial = $0 { true } else { false } })
    }
}

extension [ShardRange] {
    /// Shards of five images.
    fileprivate static func ofFive(_ count: Int) -> [ShardRange] {
        (0..<count).map { place in
            ShardRange(id: ShardID(1).advanced(by: place), first: ImageID(1).advanced(by: 5 * place), count: 5)
        }
    }
}
