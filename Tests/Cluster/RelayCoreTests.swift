import Cluster
import Gaussian
import Storage
import Testing

/// Single rules of a relay, event by event.
@Suite struct RelayCoreTests {
    let here = WorkerAddress(bytes: [1])
    let there = WorkerAddress(bytes: [2])
    let above: SessionID = 9

    /// A relay, what its parent says to it, and what its workers say.
    struct Scene {
        var core: RelayCore
        var time: Int64 = 5_000
        let stage: Stage
        var sessions: [WorkerAddress: SessionID] = [:]
        /// Leases that workers were told of and have not reported, by worker.
        var leases: [WorkerAddress: [LeaseID]] = [:]

        mutating func handle(_ event: RelayEvent) -> [RelayDirective] {
            let said = core.handle(event, at: Instant(milliseconds: time))
            #expect(core.checkInvariants() == nil)
            for case .tellWorker(let message, let address) in said {
                switch message {
                case .welcome(let session, _, _): sessions[address] = session
                case .deal(_, let lease, _): leases[address, default: []].append(lease)
                default: break
                }
            }
            return said
        }

        mutating func hear(_ message: CoordinatorMessage, _ payload: [UInt8] = []) -> [RelayDirective] {
            handle(.parent(.received(message, payload: payload)))
        }

        mutating func say(_ message: WorkerMessage, _ address: WorkerAddress, _ payload: [UInt8] = [])
            -> [RelayDirective]
        { handle(.workers(.received(message, payload: payload, from: address))) }

        /// A worker joins and is ready.
        mutating func join(_ address: WorkerAddress) throws -> [RelayDirective] {
            _ = say(
                .hello(
                    version: Wire.version, incarnation: 1, name: "w\(address.bytes)", threads: 1,
                    instructionSet: "avx2"), address)
            return say(.prepared(session: try #require(sessions[address]), stage: 1), address)
        }

        mutating func deal(_ lease: LeaseID, _ images: ClosedRange<ImageID>) -> [RelayDirective] {
            let tasks = images.map { ImageTask(id: $0, location: .file("/\($0)"), output: "\($0)") }
            return hear(.deal(session: 9, lease: lease, images: tasks))
        }

        mutating func fold(_ address: WorkerAddress, failures: [ImageFailure] = []) throws -> [RelayDirective] {
            let lease = try #require(leases[address]?.first)
            leases[address]?.removeFirst()
            return say(
                .folded(session: try #require(sessions[address]), lease: lease, failures: failures), address)
        }

        /// A worker falls silent, while others do not.
        mutating func lose(_ address: WorkerAddress, others: [WorkerAddress] = []) throws -> [RelayDirective] {
            var said: [RelayDirective] = []
            leases[address] = nil
            for _ in 0..<12 {
                time += 1_000
                for other in others {
                    said += say(
                        .heartbeat(
                            session: try #require(sessions[other]), stage: 1, leases: leases[other] ?? [],
                            newest: leases[other]?.last, upload: nil), other)
                }
                said += hear(.heartbeat(session: 9)) + handle(.tick)
            }
            return said
        }
    }

    private func scene(inspects: Bool = false, servesImages: Bool = false) throws -> Scene {
        var scene = Scene(
            core: RelayCore(name: "r", limits: CoordinatorLimits(), incarnation: 5, seed: 7),
            stage: Stage(number: 3, work: try BreachTests.work(inspects: inspects), servesImages: servesImages))
        _ = scene.handle(.tick)
        _ = scene.hear(.welcome(session: above, incarnation: 5, heartbeatMilliseconds: 1_000))
        _ = scene.hear(.prepare(session: above, stage: scene.stage))
        for blob in scene.stage.work.blobs { _ = scene.handle(.parent(.blobReady(blob))) }
        return scene
    }

    private func toParent(_ said: [RelayDirective]) -> [WorkerMessage] {
        said.compactMap { if case .tellParent(let message, _) = $0 { message } else { nil } }
    }

    @Test func itIsReadyWhenAWorkerIsAndSaysFirstHowMuchItHolds() throws {
        var scene = try scene()
        let said = toParent(try scene.join(here))
        #expect(
            said == [
                .heartbeat(session: above, stage: nil, leases: [], newest: nil, upload: nil, mostLeases: 2),
                .prepared(session: above, stage: 3),
            ])
        let more = toParent(try scene.join(there))
        #expect(
            more == [.heartbeat(session: above, stage: 3, leases: [], newest: nil, upload: nil, mostLeases: 4)])
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
                .heartbeat(session: above, stage: 3, leases: [41], newest: 41, upload: nil, mostLeases: 16)),
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
        #expect(said.contains { if case .heartbeat(_, _, _, _, _, let most) = $0 { most == 0 } else { false } })
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
