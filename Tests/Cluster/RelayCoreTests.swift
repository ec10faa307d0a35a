import Cluster
import Gaussian
import Storage
import Testing

/// Single rules of a relay, event by event.
@Suite struct RelayCoreTests {
    let here = WorkerAddress(bytes: [1])
    let there = WorkerAddress(bytes: [2])
    let above = RelayScene.above

    private func scene(inspects: Bool = false, servesImages: Bool = false) throws -> RelayScene {
        try RelayScene(inspects: inspects, servesImages: servesImages)
    }

    private func toParent(_ said: [RelayDirective]) -> [WorkerMessage] { RelayScene.toParent(said) }

    /// The coordinator could not tell its workers apart.
    @Test(arguments: [true, false]) func itTakesNoPartInAnInspectionWithAnAudit(_ isAudited: Bool) {
        var scene = RelayScene(Stage(number: 3, work: ScoreAuditTests.work(tellsContents: isAudited)))
        let all = scene.begin(incarnation: 5)
        let said = toParent(all)
        let isUnfit = said.contains {
            if case .unfit(_, 3, let reason) = $0 { reason.contains("audit") } else { false }
        }
        #expect(isUnfit == isAudited)
    }

    @Test func itIsReadyWhenAWorkerIsAndSaysFirstHowMuchItHolds() throws {
        var scene = try scene()
        let said = toParent(try scene.join(here))
        #expect(
            said == [
                .heartbeat(
                    session: above, stage: nil, leases: [], newest: nil, upload: nil, mostLeases: 2,
                    instructionSets: ["avx2"]),
                .prepared(session: above, stage: 3),
            ])
        let more = toParent(try scene.join(there))
        #expect(
            more == [
                .heartbeat(
                    session: above, stage: 3, leases: [], newest: nil, upload: nil, mostLeases: 4,
                    instructionSets: ["avx2"])
            ])
    }

    /// Two shards in hand would have it wait for the way to the coordinator and back.
    @Test func aFastWorkerMakesRoomForMore() throws {
        var scene = try scene()
        _ = try scene.join(here)
        _ = scene.deal(41, 1...8)
        scene.time += 100
        _ = try scene.fold(here)
        let said = toParent(scene.handle(.tick))
        // Ten such shards in a second.
        #expect(
            said.contains(
                .heartbeat(
                    session: above, stage: 3, leases: [41], newest: 41, upload: nil, mostLeases: 16,
                    instructionSets: ["avx2"])),
            "\(said)")
    }

    @Test func workersWriteNoSumsIntoTheJobsDirectory() throws {
        var scene = try scene()
        let said = scene.say(
            .hello(version: Wire.version, incarnation: 1, name: "w", threads: 1, instructionSet: "avx2"), here)
        let stages = said.compactMap { directive -> Stage? in
            if case .tellWorker(.prepare(_, let stage), _) = directive { stage } else { nil }
        }
        #expect(stages.map(\.number) == [1] && stages.allSatisfy { $0.work.folderOfSums == nil })
    }

    /// Their leases have the relay's numbers: the coordinator would not find what is written under them.
    @Test func workersWriteNoMapsIntoTheJobsDirectory() throws {
        var scene = try scene(inspects: true)
        let said = scene.say(
            .hello(version: Wire.version, incarnation: 1, name: "w", threads: 1, instructionSet: "avx2"), here)
        let probes = said.compactMap { directive -> [String]? in
            guard case .tellWorker(.prepare(_, let stage), _) = directive, case .inspect(_, _, let order) = stage.work
            else { return nil }
            return [order.directory, order.probe, order.probeValue]
        }
        #expect(probes == [["", "", ""]])
    }

    /// So that a second death tells. The other shards in hand are done before it, or by others.
    @Test func whatAWorkerDiedOnIsDealtAlone() throws {
        var scene = try scene()
        _ = try scene.join(here)
        _ = scene.deal(41, 1...4)
        func shards() -> [LeaseID] { scene.leases[here] ?? [] }
        let tasks = (ImageID(5)...8).map { ImageTask(id: $0, location: .file("/\($0)"), output: "\($0)") }
        _ = scene.hear(.deal(session: above, lease: 42, images: tasks, alone: true))
        _ = scene.deal(43, 9...12)
        #expect(shards().count == 1)
        let first = try scene.fold(here)
        #expect(toParent(first).contains(.folded(session: above, lease: 41, failures: [], contents: [])))
        #expect(shards().count == 1)
        let second = try scene.fold(here)
        #expect(toParent(second).contains(.folded(session: above, lease: 42, failures: [], contents: [])))
        // Only that one shard was marked.
        _ = scene.deal(44, 13...16)
        #expect(shards().count == 2)
    }

    /// When the parent's queue has been dealt, nothing more is to come: whoever has no work left hands its sums over, before the parent asks.
    @Test func sumsAreCollectedAsWorkersEnd() throws {
        var scene = try scene()
        _ = try scene.join(here)
        _ = scene.deal(41, 1...4)
        func asked(_ said: [RelayDirective]) -> Bool {
            said.contains { if case .tellWorker(.checkpoint, here) = $0 { true } else { false } }
        }
        _ = scene.hear(.heartbeat(session: above, queueMilliseconds: 60_000))
        #expect(!asked(try scene.fold(here)))
        scene.time += 1_000
        _ = scene.hear(.heartbeat(session: above, queueMilliseconds: 0))
        #expect(asked(scene.handle(.tick)))
    }

    @Test func aReportGoesUpUnderTheParentsLease() throws {
        var scene = try scene()
        _ = try scene.join(here)
        _ = scene.deal(41, 5...8)
        let failures = [ImageFailure(id: 6, reason: "torn")]
        let said = toParent(try scene.fold(here, failures: failures))
        #expect(said == [.folded(session: above, lease: 41, failures: failures)])
    }

    @Test func sumsAreCollectedBeforeTheyAreOffered() throws {
        var scene = try scene()
        _ = try scene.join(here)
        _ = scene.deal(41, 1...4)
        _ = try scene.fold(here)
        let asked = scene.hear(.checkpoint(session: above, upload: 50, chunkPatches: 2))
        #expect(!asked.contains { if case .offer = $0 { true } else { false } })
        let uploads = asked.compactMap { directive -> UploadID? in
            if case .tellWorker(.checkpoint(_, let upload, _), _) = directive { upload } else { nil }
        }
        let upload = try #require(uploads.first)
        let session = try #require(scene.sessions[here])
        let offered = scene.say(
            .offer(session: session, upload: upload, images: 4, clamped: 0, chunks: 1), here)
        #expect(offered.contains(.openPartial(upload: upload, images: 4, clamped: 0, samples: nil)))
        _ = scene.say(.chunk(session: session, upload: upload, index: 0), here, [UInt8](repeating: 0, count: 48))
        #expect(
            scene.handle(.workers(.chunkStored(upload: upload, index: 0))) == [.keepPartial(upload: upload)])
        let kept = scene.handle(.workers(.partialCommitted(upload: upload)))
        #expect(kept.contains(.offer(session: above, upload: 50, chunkPatches: 2)))
        #expect(kept.contains(.tellWorker(.committed(session: session, upload: upload), to: here)))
        #expect(scene.hear(.committed(session: above, upload: 50)) == [.zeroSums])
    }

    @Test func whatAWorkerDiesOnGoesBackWithItsDeath() throws {
        var scene = try scene()
        _ = try scene.join(here)
        _ = scene.deal(41, 1...4)
        let said = toParent(try scene.lose(here))
        #expect(said.contains(.lost(session: above, lease: 41)))
        #expect(said.contains { if case .heartbeat(_, _, _, _, _, let most, _) = $0 { most == 0 } else { false } })
    }

    @Test func whatWasInSumsThatAreLostIsFoldedAgain() throws {
        var scene = try scene()
        _ = try scene.join(here)
        _ = try scene.join(there)
        _ = scene.deal(41, 1...4)
        _ = try scene.fold(here)
        let lost = try scene.lose(here, others: [there])
        #expect(!toParent(lost).contains { if case .lost = $0 { true } else { false } })
        #expect(scene.leases[there]?.count == 1)
        // The parent knows it for folded, and is told nothing.
        #expect(toParent(try scene.fold(there)).isEmpty)
    }

    @Test func itBeginsAnewWhereItCannotKeepWhatItReported() throws {
        var scene = try scene()
        _ = try scene.join(here)
        _ = try scene.join(there)
        _ = scene.deal(41, 1...4)
        _ = try scene.fold(here)
        _ = try scene.lose(here, others: [there])
        let said = try scene.fold(there, failures: [ImageFailure(id: 2, reason: "torn")])
        #expect(said.contains { if case .beginsAnew = $0 { true } else { false } })
        #expect(toParent(said).contains { if case .hello(_, 6, _, _, _) = $0 { true } else { false } })
        #expect(said.contains(.tellWorker(.fenced(session: try #require(scene.sessions[there])), to: there)))
    }

    @Test func whatNobodyDoesIsGivenBack() throws {
        var scene = try scene()
        _ = try scene.join(here)
        _ = scene.deal(41, 1...4)
        _ = try scene.fold(here)
        _ = try scene.lose(here)
        var said: [RelayDirective] = []
        for _ in 0..<70 {
            scene.time += 1_000
            said += scene.hear(.heartbeat(session: above)) + scene.handle(.tick)
        }
        #expect(said.contains(.beginsAnew(reason: "no worker is ready")))
    }

    @Test func aPictureGoesUpBeforeItsReport() throws {
        var scene = try scene(inspects: true)
        _ = try scene.join(here)
        _ = scene.deal(41, 1...2)
        let (session, lease) = (try #require(scene.sessions[here]), try #require(scene.leases[here]?.first))
        let passed = scene.say(.picture(session: session, lease: lease, image: 2, kind: .map), here, [7])
        #expect(
            passed == [
                .passPicture(.picture(session: above, lease: 41, image: 2, kind: .map), bytes: [7])
            ])
        let outcomes = (1...2).map { ImageOutcome(id: $0, score: 2, maxRow: 0, maxColumn: 0, flagged: nil) }
        let said = scene.say(.scored(session: session, lease: lease, outcomes: outcomes, pictures: 1), here)
        #expect(toParent(said) == [.scored(session: above, lease: 41, outcomes: outcomes, pictures: 1)])
    }

    @Test func imagesAreAskedForAndPassedOnByTheLeasesOfEachSide() throws {
        var scene = try scene(servesImages: true)
        _ = try scene.join(here)
        _ = scene.deal(41, 1...4)
        let (session, lease) = (try #require(scene.sessions[here]), try #require(scene.leases[here]?.first))
        func fetch(_ image: ImageID) -> WorkerMessage {
            .fetchImage(session: session, lease: lease, image: image, part: .image, offset: 0, count: 100)
        }
        let wanted = WorkerMessage.fetchImage(
            session: above, lease: 41, image: 2, part: .image, offset: 0, count: 100)
        #expect(toParent(scene.say(fetch(2), here)) == [wanted])
        // What is under way is not asked for again, before it is late.
        #expect(toParent(scene.say(fetch(2), here)).isEmpty)
        let digest = [1].withUnsafeBytes { ContentDigest(of: $0) }
        func piece(_ session: SessionID, _ lease: LeaseID) -> CoordinatorMessage {
            .imagePiece(session: session, lease: lease, image: 2, part: .image, offset: 0, size: 3, digest: digest)
        }
        #expect(
            scene.hear(piece(above, 41), [7, 8, 9]) == [.passPiece(piece(session, lease), bytes: [7, 8, 9], to: here)])
        #expect(scene.hear(piece(above, 41), [7, 8, 9]).isEmpty)
        _ = scene.say(fetch(3), here)
        let no = CoordinatorMessage.imageUnavailable(session: above, lease: 41, image: 3, part: .image, reason: "gone")
        #expect(
            scene.hear(no) == [
                .tellWorker(
                    .imageUnavailable(session: session, lease: lease, image: 3, part: .image, reason: "gone"), to: here)
            ])
        // Only images that were dealt.
        #expect(toParent(scene.say(fetch(9), here)).isEmpty)
    }

    /// Nothing of a session counts in the next one, of its workers' either.
    @Test func aFenceReachesTheWorkers() throws {
        var scene = try scene()
        _ = try scene.join(here)
        _ = scene.deal(41, 1...4)
        let session = try #require(scene.sessions[here])
        let said = scene.hear(.fenced(session: above))
        #expect(said.contains(.tellWorker(.fenced(session: session), to: here)) && said.contains(.reset))
        #expect(
            scene.say(.folded(session: session, lease: scene.leases[here]?[0] ?? 0, failures: []), here)
                == [.tellWorker(.fenced(session: session), to: here)])
    }
}
