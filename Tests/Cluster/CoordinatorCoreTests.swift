import Cluster
import Gaussian
import Settings
import Storage
import Testing

/// Single rules of the coordinator, event by event.
@Suite struct CoordinatorCoreTests {
    let stage: Stage
    let here = WorkerAddress(bytes: [1])
    let there = WorkerAddress(bytes: [2])

    init() throws {
        let space = try FeatureSpace(
            backbone: "none", weights: Digest(of: [1]), layers: ["a"], channels: [0],
            input: InputSettings(height: 1, width: 3), gridHeight: 1, gridWidth: 3,
            grid: FixedPointGrid(layerChannels: [1], kept: [0]))
        let weights = Blob(digest: Digest(of: [2]), byteCount: 3_000_000, path: "/none")
        stage = Stage(
            number: 1,
            work: .accumulate(space: space, weights: weights))
    }

    /// A coordinator with an open stage of two shards of four images.
    private func coordinator(
        mostFailures: Int = .max, inFlight: Int = 2
    ) -> CoordinatorCore {
        var limits = CoordinatorLimits()
        limits.shardsInFlight = inFlight
        var core = CoordinatorCore(limits: limits, epoch: 1, sessionSeed: 7)
        let shards = [ShardRange(id: 1, first: 1, count: 4), ShardRange(id: 2, first: 5, count: 4)]
        let toDo = ShardsToDo(
            shards: shards, lastShard: 2, failures: 0, mostFailures: mostFailures)
        _ = core.handle(.openStage(stage, toDo), at: .start)
        return core
    }

    private func receive(
        _ message: WorkerMessage, from address: WorkerAddress, at milliseconds: Int64 = 0, _ core: inout CoordinatorCore
    ) -> [CoordinatorDirective] {
        core.handle(.received(message, payload: [], from: address), at: Instant(milliseconds: milliseconds))
    }

    /// A worker says hello and is ready.
    /// - Returns: its session, and the leases that it is dealt.
    private func join(_ address: WorkerAddress, _ core: inout CoordinatorCore) throws -> (
        session: SessionID, leases: [LeaseID]
    ) {
        let hello = WorkerMessage.hello(
            version: Wire.version, incarnation: 5, name: "w\(address.bytes)", threads: 1, instructionSet: "avx2")
        let welcome = receive(hello, from: address, &core).lazy.compactMap { directive -> SessionID? in
            guard case .send(.welcome(let session, _, _, _), _) = directive else { return nil }
            return session
        }
        let session = try #require(welcome.first)
        let dealt = receive(.prepared(session: session, stage: stage.number), from: address, &core).compactMap {
            directive in
            if case .deal(_, let lease, _, _) = directive { lease } else { nil }
        }
        return (session, dealt)
    }

    private func failures(_ images: ClosedRange<ImageID>) -> [ImageFailure] {
        images.map { ImageFailure(id: $0, reason: "no such file") }
    }

    @Test func aSessionOfAnotherJobIsFenced() throws {
        var core = coordinator()
        let (session, leases) = try join(here, &core)
        let stranger = receive(.folded(session: session.next, lease: leases[0], failures: []), from: there, &core)
        #expect(stranger == [.send(.fenced(session: session.next), to: there)])
    }

    @Test func twoJobsDoNotShareSessions() throws {
        var one = CoordinatorCore(limits: CoordinatorLimits(), epoch: 1, sessionSeed: 7)
        var other = CoordinatorCore(limits: CoordinatorLimits(), epoch: 1, sessionSeed: 8)
        #expect(try join(here, &one).session != join(here, &other).session)
    }

    @Test func aWorkerThatSeesNoImageIsNotBelievedAlone() throws {
        var core = coordinator()
        let (blind, leases) = try join(here, &core)
        let (seeing, _) = try join(there, &core)
        let said = receive(.folded(session: blind, lease: leases[0], failures: failures(1...4)), from: here, &core)
        #expect(
            said.contains(.note(.unconfirmed(name: "w[1]", shard: 1, images: 4, reason: "no such file"))))
        // The other one is dealt that shard, and no limit was touched.
        #expect(core.progress.failures == 0)
        #expect(said.contains { if case .deal(seeing, _, let shard, _) = $0 { shard.id == 1 } else { false } })
    }

    /// Two shards of images that nobody can use, in the hands of one of two workers: it is asked about once, and neither of both is said
    /// to be unable to do the job.
    @Test func aWorkerThatWaitsForAnothersWordIsNotCalledUnfit() throws {
        var core = coordinator()
        let (first, leases) = try join(here, &core)
        _ = try join(there, &core)
        var said = receive(.folded(session: first, lease: leases[0], failures: failures(1...4)), from: here, &core)
        said += receive(.folded(session: first, lease: leases[1], failures: failures(5...8)), from: here, &core)
        #expect(said.count { if case .note(.unconfirmed) = $0 { true } else { false } } == 1)
        #expect(!said.contains { if case .note(.ineligible) = $0 { true } else { false } })
    }

    @Test func aLoneWorkerIsBelievedAndNamed() throws {
        var core = coordinator()
        let (session, leases) = try join(here, &core)
        for (lease, images, isTold) in [(leases[0], 1...4 as ClosedRange<ImageID>, true), (leases[1], 5...8, false)] {
            let said = receive(.folded(session: session, lease: lease, failures: failures(images)), from: here, &core)
            let note = CoordinatorNote.sawNothing(
                name: "w[1]", shard: 1, images: 4, reason: "no such file")
            #expect(said.contains(.note(note)) == isTold)
        }
        #expect(core.progress.failures == 8)
    }

    @Test func aDoubtedWorkerWorksOnWhenNobodyElseIsLeft() throws {
        var core = coordinator(inFlight: 1)
        let (blind, leases) = try join(here, &core)
        _ = try join(there, &core)
        _ = receive(.folded(session: blind, lease: leases[0], failures: failures(1...4)), from: here, &core)
        #expect(core.readyWorkers == 1)
        // The one that was to say what it sees dies: the first is all there is, and is dealt the shard again.
        let said = core.handle(.processEnded(name: "w\(there.bytes)"), at: .start)
        #expect(core.readyWorkers == 1)
        let again = said.compactMap { directive -> LeaseID? in
            if case .deal(blind, let lease, let shard, _) = directive, shard.id == 1 { lease } else { nil }
        }
        let lease = try #require(again.first)
        _ = receive(.folded(session: blind, lease: lease, failures: failures(1...4)), from: here, &core)
        #expect(core.progress.failures == 4)
    }

    @Test func aReportAboutOtherImagesEndsTheSession() throws {
        var core = coordinator()
        let (session, leases) = try join(here, &core)
        let said = receive(.folded(session: session, lease: leases[0], failures: failures(5...5)), from: here, &core)
        #expect(said.contains(.send(.fenced(session: session), to: here)))
        #expect(core.progress.workers == 0)
    }

    @Test func aPausedCoordinatorBuriesNobody() throws {
        var core = coordinator()
        _ = try join(here, &core)
        _ = core.handle(.tick, at: Instant(milliseconds: 100))
        _ = core.handle(.tick, at: Instant(milliseconds: 60_000))
        #expect(core.progress.workers == 1)
        // But a worker that stays silent while the coordinator is there is dead.
        for second in 61..<75 { _ = core.handle(.tick, at: Instant(milliseconds: Int64(second) * 1_000)) }
        #expect(core.progress.workers == 0)
    }

    @Test func aShardGivenUpIsDealtAgainAndBlamesNoImage() throws {
        var core = coordinator()
        for _ in 0..<2 {
            let (session, leases) = try join(here, &core)
            _ = receive(.gaveUp(session: session, lease: leases[0], reason: "out of memory"), from: here, &core)
            #expect(core.progress.workers == 0)
        }
        let (_, leases) = try join(there, &core)
        #expect(leases.count == 2)
    }

    @Test func aWorkerThatOnlyBeatsIsGivenUp() throws {
        var core = coordinator()
        let (session, leases) = try join(here, &core)
        let limit = core.limits.stuckAfter
        func beat(at moment: Int64) -> [CoordinatorDirective] {
            _ = receive(
                .heartbeat(session: session, stage: stage.number, leases: leases, newest: leases.max(), upload: nil),
                from: here, at: moment,
                &core)
            return core.handle(.tick, at: Instant(milliseconds: moment))
        }
        // What it reports counts as work.
        for moment in stride(from: 0, to: limit, by: 1_000) { _ = beat(at: moment) }
        _ = receive(.folded(session: session, lease: leases[0], failures: []), from: here, at: limit - 1, &core)
        for moment in stride(from: limit, to: 2 * limit - 1_000, by: 1_000) { _ = beat(at: moment) }
        #expect(core.progress.workers == 1)
        let said = beat(at: 2 * limit)
        #expect(said.contains { if case .note(.stuck) = $0 { true } else { false } })
        #expect(said.contains(.recordDeaths(shards: [2])))
        #expect(core.progress.workers == 0)
        // A stranger now, as one that was killed.
        #expect(beat(at: 2 * limit).isEmpty)
    }

    @Test func aWorkerThatNeverMakesReadyIsGivenUp() throws {
        var core = coordinator()
        let hello = WorkerMessage.hello(
            version: Wire.version, incarnation: 5, name: "w", threads: 1, instructionSet: "avx2")
        let session = try #require(
            receive(hello, from: here, &core).lazy.compactMap { directive -> SessionID? in
                if case .send(.welcome(let session, _, _, _), _) = directive { session } else { nil }
            }.first)
        for moment in stride(from: 0, through: core.limits.stuckAfter + 1_000, by: 1_000) {
            _ = receive(
                .heartbeat(session: session, stage: nil, leases: [], newest: nil, upload: nil), from: here, at: moment,
                &core)
            _ = core.handle(.tick, at: Instant(milliseconds: moment))
        }
        #expect(core.progress.workers == 0)
    }

    @Test func whatAWorkerCannotDoIsDealtToOthers() throws {
        var core = coordinator(inFlight: 1)
        let (unfit, _) = try join(here, &core)
        let (able, held) = try join(there, &core)
        #expect(held.count == 1)
        _ = receive(.unfit(session: unfit, stage: stage.number, reason: "no weights"), from: here, &core)
        let said = receive(.folded(session: able, lease: held[0], failures: []), from: there, &core)
        #expect(said.contains { if case .deal(able, _, let shard, _) = $0 { shard.id == 1 } else { false } })
        #expect(core.progress.workers == 2)
    }

    @Test func namesDoNotForgeLogs() throws {
        var core = coordinator()
        let hello = WorkerMessage.hello(
            version: Wire.version, incarnation: 5, name: "x\n2026 error \u{1B}[31m", threads: 1, instructionSet: "avx2")
        let said = receive(hello, from: here, &core)
        let names = said.compactMap { if case .note(.joined(let name, _, _)) = $0 { name } else { nil } }
        #expect(names == ["x?2026 error ?[31m"])
    }
}
