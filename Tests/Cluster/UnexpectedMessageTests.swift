import Cluster
import Gaussian
import Storage
import Testing

/// What a coordinator does with messages that come when it does not expect them: docs/PROTOCOL.md, "What may come when".
@Suite struct UnexpectedMessageTests {
    let here = WorkerAddress(bytes: [1])
    let there = WorkerAddress(bytes: [2])
    let blob = Blob(digest: Digest(of: [2]), byteCount: 3_000_000, path: "/none")

    private func coordinator(inspects: Bool = false, shards: Int = 2) throws
        -> CoordinatorCore
    {
        var core = CoordinatorCore(limits: CoordinatorLimits(), epoch: 1, sessionSeed: 7)
        let ranges = [ShardRange].ofFour(shards)
        let toDo = ShardsToDo(
            shards: ranges, lastShard: ranges.last?.id ?? 0, failures: 0, mostFailures: .max,
            mapBounds: MapBounds(height: 1, width: 3))
        _ = core.handle(.openStage(Stage(number: 2, work: try BreachTests.work(inspects: inspects)), toDo), at: .start)
        return core
    }

    private func say(
        _ message: WorkerMessage, payload: [UInt8] = [], from address: WorkerAddress? = nil,
        _ core: inout CoordinatorCore
    ) -> [CoordinatorDirective] {
        core.handle(.received(message, payload: payload, from: address ?? here), at: .start)
    }

    private func hello(_ incarnation: UInt64 = 5) -> WorkerMessage {
        .hello(version: Wire.version, incarnation: incarnation, name: "w", threads: 1, instructionSet: "avx2")
    }

    private func join(_ core: inout CoordinatorCore, from address: WorkerAddress? = nil) throws -> SessionID {
        try #require(
            say(hello(), from: address, &core).compactMap {
                if case .send(.welcome(let session, _, _, _), _) = $0 { session } else { nil }
            }.first)
    }

    private func leases(_ said: [CoordinatorDirective]) -> [LeaseID] {
        said.compactMap { if case .deal(_, let lease, _, _) = $0 { lease } else { nil } }
    }

    private func isDropped(_ said: [CoordinatorDirective]) -> Bool {
        if said.count == 1, case .note(.dropped) = said[0] { true } else { false }
    }

    @Test func aHelloThatComesTwiceIsAnsweredAlike() throws {
        var core = try coordinator()
        let session = try join(&core)
        let again = CoordinatorDirective.send(
            .welcome(session: session, incarnation: 5, heartbeatMilliseconds: 1_000), to: here)
        #expect(say(hello(), &core) == [again])
        // Over another connection it is another worker, as far as can be seen.
        #expect(try join(&core, from: there) != session)
        #expect(core.progress.workers == 2)
    }

    @Test func aHeartbeatIsAnsweredWhateverItSpeaksOf() throws {
        var core = try coordinator()
        let session = try join(&core)
        let answer = [CoordinatorDirective.send(.heartbeat(session: session), to: here)]
        let strange = WorkerMessage.heartbeat(session: session, stage: 7, leases: [1, -2, 1], newest: -1, upload: 3)
        #expect(say(strange, &core) == answer)
        let ready = say(
            .heartbeat(session: session, stage: 2, leases: [], newest: nil, upload: nil), &core)
        #expect(leases(ready).count == 2)
    }

    @Test func aFetchIsOfABlobOfTheStage() throws {
        var core = try coordinator()
        let session = try join(&core)
        func fetch(_ blob: Blob, _ offset: Int64, _ count: Int) -> [CoordinatorDirective] {
            say(.fetch(session: session, blob: blob, offset: offset, count: count), &core)
        }
        let others = [
            Blob(digest: Digest(of: [3]), byteCount: blob.byteCount, path: blob.path),
            Blob(digest: blob.digest, byteCount: blob.byteCount + 1, path: blob.path),
            Blob(digest: blob.digest, byteCount: blob.byteCount, path: "/etc/shadow"),
        ]
        for other in others { #expect(isDropped(fetch(other, 0, 1))) }
        for (offset, count) in [(-1, 1), (blob.byteCount, 1), (0, 0), (0, -1)] as [(Int64, Int)] {
            #expect(isDropped(fetch(blob, offset, count)))
        }
        #expect(fetch(blob, 2_999_990, .max) == [.sendPiece(blob, offset: 2_999_990, count: 10, to: here)])
        #expect(fetch(blob, 0, .max) == [.sendPiece(blob, offset: 0, count: 1 << 20, to: here)])
    }

    @Test func aWordOfAnotherStageIsPassedOver() throws {
        var core = try coordinator(shards: 5)
        let session = try join(&core)
        for stage in [1, 3] {
            #expect(say(.prepared(session: session, stage: stage), &core) == [])
            #expect(say(.unfit(session: session, stage: stage, reason: "no"), &core) == [])
            let time = WorkTime(waitingMilliseconds: 1, totalMilliseconds: 2)
            #expect(say(.worked(session: session, stage: stage, time: time), &core) == [])
        }
        #expect(leases(say(.prepared(session: session, stage: 2), &core)).count == 2)
        #expect(say(.prepared(session: session, stage: 2), &core) == [])
        for (waiting, total) in [(-1, 2), (3, 2), (1, 1 << 42)] as [(Int64, Int64)] {
            let time = WorkTime(waitingMilliseconds: waiting, totalMilliseconds: total)
            #expect(say(.worked(session: session, stage: 2, time: time), &core) == [])
        }
        let unfit = WorkerMessage.unfit(session: session, stage: 2, reason: "no")
        #expect(!say(unfit, &core).isEmpty)
        #expect(say(unfit, &core) == [])
    }

    @Test func aReportOfALeaseThatIsNotHeldIsOnlyAcknowledged() throws {
        for inspects in [false, true] {
            var core = try coordinator(inspects: inspects)
            let session = try join(&core)
            let held = leases(say(.prepared(session: session, stage: 2), &core))
            let acknowledged = [CoordinatorDirective.send(.acknowledged(session: session, lease: 77), to: here)]
            let failure = ImageFailure(id: 99, reason: "no")
            #expect(say(.folded(session: session, lease: 77, failures: [failure]), &core) == acknowledged)
            #expect(say(.scored(session: session, lease: 77, outcomes: [], pictures: 5), &core) == acknowledged)
            #expect(say(.gaveUp(session: session, lease: 77, reason: "no"), &core) == acknowledged)
            #expect(isDropped(say(.picture(session: session, lease: 77, image: 1, kind: .map), payload: [1], &core)))
            #expect(held.count == 2 && core.hasSession(here))
        }
    }

    @Test func aPictureThatComesTwiceIsStoredOnce() throws {
        var core = try coordinator(inspects: true)
        let session = try join(&core)
        let held = leases(say(.prepared(session: session, stage: 2), &core))
        let artifact = WorkerMessage.picture(session: session, lease: held[0], image: 1, kind: .map)
        #expect(
            say(artifact, payload: [1], &core) == [.storeArtifact(image: 1, kind: .map, lease: held[0], bytes: [1])])
        #expect(say(artifact, payload: [1], &core) == [])
    }

    @Test func anUploadGoesItsWayOnce() throws {
        var core = try coordinator(shards: 1)
        let session = try join(&core)
        let lease = try #require(leases(say(.prepared(session: session, stage: 2), &core)).first)
        func offer(_ upload: UploadID) -> [CoordinatorDirective] {
            say(.offer(session: session, upload: upload, images: 4, clamped: 0, chunks: 1), &core)
        }
        func chunk(_ upload: UploadID, _ index: Int) -> [CoordinatorDirective] {
            say(.chunk(session: session, upload: upload, index: index), payload: .init(repeating: 0, count: 48), &core)
        }
        #expect(offer(1) == [] && chunk(1, 0) == [])
        let asked = say(.folded(session: session, lease: lease, failures: []), &core).compactMap { directive in
            if case .send(.checkpoint(_, let upload, _), _) = directive { upload } else { nil }
        }
        let upload = try #require(asked.first)
        #expect(offer(upload.next) == [] && chunk(upload, 0) == [])
        #expect(
            offer(upload) == [
                .openPartial(upload: upload, images: 4, clamped: 0),
                .send(.send(session: session, upload: upload, chunks: [0]), to: here),
            ])
        #expect(offer(upload) == [] && chunk(upload, 1) == [] && chunk(upload, -1) == [] && chunk(upload.next, 0) == [])
        #expect(chunk(upload, 0).count == 1)
        #expect(chunk(upload, 0) == [])
        _ = core.handle(.chunkStored(upload: upload, index: 0), at: .start)
        #expect(offer(upload) == [] && chunk(upload, 0) == [])
        _ = core.handle(.partialCommitted(upload: upload), at: .start)
        // A worker that did not hear of it has the upload in its heartbeat.
        let beat = WorkerMessage.heartbeat(session: session, stage: 2, leases: [], newest: lease, upload: upload)
        #expect(
            say(beat, &core) == [
                .send(.heartbeat(session: session), to: here),
                .send(.committed(session: session, upload: upload), to: here),
            ])
    }

    @Test func whoLeavesIsDealtNothingMore() throws {
        var core = try coordinator(shards: 5)
        let session = try join(&core)
        let held = leases(say(.prepared(session: session, stage: 2), &core))
        #expect(say(.leaving(session: session), &core) == [] && say(.leaving(session: session), &core) == [])
        let said = held.flatMap { say(.folded(session: session, lease: $0, failures: []), &core) }
        #expect(leases(said) == [])
        #expect(said.contains { if case .send(.checkpoint, _) = $0 { true } else { false } })
        var idle = try coordinator()
        let other = try join(&idle)
        #expect(say(.leaving(session: other), &idle).contains(.send(.done(session: other), to: here)))
        #expect(say(.leaving(session: other), &idle) == [.send(.fenced(session: other), to: here)])
    }

    @Test func aSessionMovesToAConnectionThatIsFree() throws {
        var core = try coordinator()
        let session = try join(&core)
        func beat(_ session: SessionID) -> WorkerMessage {
            .heartbeat(session: session, stage: nil, leases: [], newest: nil, upload: nil)
        }
        #expect(say(beat(session), from: there, &core) == [.send(.heartbeat(session: session), to: there)])
        #expect(core.hasSession(there) && !core.hasSession(here))
        let second = try join(&core)
        #expect(say(beat(session), &core) == [.send(.fenced(session: session), to: here)])
        #expect(say(beat(second), &core) == [.send(.heartbeat(session: second), to: here)])
    }

    @Test func afterTheEndEverythingIsAnsweredWithDone() throws {
        var core = try coordinator()
        let session = try join(&core)
        #expect(core.handle(.finish, at: .start) == [.send(.done(session: session), to: here)])
        #expect(say(.leaving(session: session), &core) == [.send(.done(session: session), to: here)])
        #expect(say(hello(), from: there, &core) == [.send(.done(session: 0), to: there)])
    }

    @Test func whoWasAskedToStopAnswersNothing() throws {
        var core = try coordinator()
        let session = try join(&core)
        let said = core.handle(.stop(.requested), at: .start)
        #expect(said == [.send(.fenced(session: session), to: here), .stopped(.requested)])
        #expect(say(.leaving(session: session), &core) == [] && say(hello(), &core) == [])
    }
}
