import Cluster
import Gaussian
import Settings
import Storage
import Testing

/// Shards that workers, or whole coordinators, ended with.
@Suite struct SuspectTests {
    let here = WorkerAddress(bytes: [1])
    let there = WorkerAddress(bytes: [2])
    let stage: Stage

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

    /// A coordinator with an open stage of three shards of four images.
    private func coordinator(deaths: [ShardID: Int] = [:]) -> (core: CoordinatorCore, said: [CoordinatorDirective]) {
        var core = CoordinatorCore(limits: CoordinatorLimits(), epoch: 1, sessionSeed: 7)
        let toDo = ShardsToDo(shards: .ofFour(3), lastShard: 3, failures: 0, mostFailures: .max, deaths: deaths)
        let said = core.handle(.openStage(stage, toDo), at: .start)
        return (core, said)
    }

    private func receive(_ message: WorkerMessage, from address: WorkerAddress, _ core: inout CoordinatorCore)
        -> [CoordinatorDirective]
    { core.handle(.received(message, payload: [], from: address), at: .start) }

    /// A worker says hello and is ready.
    private func join(_ address: WorkerAddress, _ core: inout CoordinatorCore) throws -> (
        session: SessionID, said: [CoordinatorDirective]
    ) {
        let hello = WorkerMessage.hello(
            version: Wire.version, incarnation: 5, name: "w\(address.bytes)", threads: 1, instructionSet: "avx2")
        let sessions = receive(hello, from: address, &core).compactMap { directive -> SessionID? in
            guard case .send(.welcome(let session, _, _, _), _) = directive else { return nil }
            return session
        }
        let session = try #require(sessions.first)
        return (session, receive(.prepared(session: session, stage: stage.number), from: address, &core))
    }

    private func dealt(_ said: [CoordinatorDirective]) -> [(lease: LeaseID, shard: ShardID)] {
        said.compactMap { if case .deal(_, let lease, let shard, _) = $0 { (lease, shard.id) } else { nil } }
    }

    @Test func whatIsInHandIsRecordedAndWhoDiedOnIt() throws {
        var (core, _) = coordinator()
        let (session, said) = try join(here, &core)
        #expect(dealt(said).map(\.shard) == [1, 2])
        #expect(said.last == .recordInFlight(shards: [1, 2]))
        let next = receive(.folded(session: session, lease: dealt(said)[0].lease, failures: []), from: here, &core)
        #expect(next.last == .recordInFlight(shards: [2, 3]))
        let ended = core.handle(.processEnded(name: "w[1]"), at: .start)
        #expect(ended.contains(.recordDeaths(shards: [2, 3])))
        // With that word they are in hand no more: another is not needed.
        let isAboutHands = { (said: CoordinatorDirective) in if case .recordInFlight = said { true } else { false } }
        #expect(!ended.contains(where: isAboutHands))
        #expect(!core.handle(.tick, at: .start).contains(where: isAboutHands))
        // What was folded and lost is no suspect, and comes first.
        let again = try join(there, &core).said
        #expect(dealt(again).map(\.shard) == [1])
        #expect(again.last == .recordInFlight(shards: [1]))
    }

    @Test func whatACoordinatorEndedWithComesLast() throws {
        var (core, said) = coordinator(deaths: [1: 1])
        #expect(!said.contains { if case .split = $0 { true } else { false } })
        #expect(dealt(try join(here, &core).said).map(\.shard) == [2, 3])
        #expect(dealt(try join(there, &core).said).map(\.shard) == [1])
    }

    /// The second time nothing else is in anybody's hands, and no sums are at stake.
    @Test func whatTwoCoordinatorsEndedWithIsRiskedAlone() throws {
        var (core, _) = coordinator(deaths: [3: 2])
        let (session, first) = try join(here, &core)
        #expect(dealt(first).map(\.shard) == [1, 2])
        #expect(dealt(try join(there, &core).said).isEmpty)
        var said: [CoordinatorDirective] = []
        for (lease, _) in dealt(first) {
            said = receive(.folded(session: session, lease: lease, failures: []), from: here, &core)
            #expect(dealt(said).isEmpty)
        }
        #expect(said.contains { if case .send(.checkpoint, here) = $0 { true } else { false } })
    }

    /// It is on the disk that it is in hand before it is.
    @Test func theDiskKnowsOfTheRiskFirst() throws {
        var core = CoordinatorCore(limits: CoordinatorLimits(), epoch: 1, sessionSeed: 7)
        let toDo = ShardsToDo(
            shards: [ShardRange(id: 1, first: 1, count: 4)], lastShard: 1, failures: 0, mostFailures: .max,
            deaths: [1: 2])
        _ = core.handle(.openStage(stage, toDo), at: .start)
        let (_, said) = try join(here, &core)
        #expect(dealt(said).isEmpty)
        #expect(said.last == .recordInFlight(shards: [1]))
        let then = core.handle(.recordedInFlight(shards: [1]), at: .start)
        #expect(dealt(then).map(\.shard) == [1])
    }

    /// After a coordinator that ended without a word nothing is dealt before the disk knows of it, and what was not said kills nobody.
    @Test func aCarefulCoordinatorDealsWhatTheDiskKnows() throws {
        var core = CoordinatorCore(limits: CoordinatorLimits(), epoch: 1, sessionSeed: 7, isCareful: true)
        let toDo = ShardsToDo(shards: .ofFour(3), lastShard: 3, failures: 0, mostFailures: .max)
        _ = core.handle(.openStage(stage, toDo), at: .start)
        let (session, said) = try join(here, &core)
        #expect(dealt(said).isEmpty)
        #expect(said.last == .recordInFlight(shards: [1, 2]))
        let first = dealt(core.handle(.recordedInFlight(shards: [1, 2]), at: .start))
        #expect(first.map(\.shard) == [1, 2])
        let next = receive(.folded(session: session, lease: first[0].lease, failures: []), from: here, &core)
        #expect(dealt(next).isEmpty)
        #expect(next.last == .recordInFlight(shards: [2, 3]))
        let ended = core.handle(.processEnded(name: "w[1]"), at: .start)
        #expect(ended.contains(.recordDeaths(shards: [2])))
    }

    /// A worker waits for its hands to be empty before it is dealt what another one died on. A relay has one of its workers wait, and goes on.
    @Test(arguments: [true, false]) func aRelayNeedNotBeEmptyForWhatAWorkerDiedOn(isRelay: Bool) throws {
        var core = CoordinatorCore(limits: CoordinatorLimits(), epoch: 1, sessionSeed: 7)
        let toDo = ShardsToDo(shards: .ofFour(6), lastShard: 6, failures: 0, mostFailures: .max)
        _ = core.handle(.openStage(stage, toDo), at: .start)
        #expect(dealt(try join(here, &core).said).map(\.shard) == [1, 2])
        let (session, first) = try join(there, &core)
        if isRelay {
            let beat = WorkerMessage.heartbeat(
                session: session, stage: stage.number, leases: dealt(first).map(\.lease),
                newest: dealt(first).last?.lease,
                upload: nil, mostLeases: 5)
            #expect(dealt(receive(beat, from: there, &core)).map(\.shard) == [5, 6])
        }
        let ended = core.handle(.processEnded(name: "w[1]"), at: .start)
        #expect(ended.contains(.recordDeaths(shards: [1, 2])))
        let suspects = dealt(ended)
        #expect(suspects.map(\.shard) == (isRelay ? [1] : []))
        #expect(suspects.allSatisfy { core.isDealtAlone($0.lease, in: session) == true })
        #expect(dealt(first).allSatisfy { core.isDealtAlone($0.lease, in: session) == nil })
        #expect(core.checkInvariants() == nil)
    }

    @Test func aThirdEndSplits() {
        let (_, said) = coordinator(deaths: [2: 3])
        let halves = [ShardRange(id: 4, first: 5, count: 2), ShardRange(id: 5, first: 7, count: 2)]
        #expect(said.contains(.split(shard: 2, into: halves)))
    }

    @Test func aThirdEndCondemnsASingleImage() {
        var core = CoordinatorCore(limits: CoordinatorLimits(), epoch: 1, sessionSeed: 7)
        let toDo = ShardsToDo(
            shards: [ShardRange(id: 1, first: 1, count: 1)], lastShard: 1, failures: 0, mostFailures: .max,
            deaths: [1: 3])
        #expect(core.handle(.openStage(stage, toDo), at: .start).contains(.poison(image: 1, shard: 1)))
    }
}
