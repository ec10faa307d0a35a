import Cluster
import Storage
import TestSupport
import Testing

/// What relays know of each other, and of the processors behind them.
@Suite struct RelayChainTests {
    let here = WorkerAddress(bytes: [1])
    let there = WorkerAddress(bytes: [2])
    let below = WorkerAddress(bytes: [3])
    let above = RelayScene.above
    let own = RelayIdentity(id: 5, name: "r")

    private let parents = [RelayIdentity(id: 6, name: "middle"), RelayIdentity(id: 7, name: "top")]

    /// The parent takes the relay in.
    private func welcome(_ relays: [RelayIdentity]?, incarnation: UInt64, _ scene: inout RelayScene) -> [RelayDirective]
    {
        scene.hear(
            .welcome(session: above, incarnation: incarnation, heartbeatMilliseconds: 1_000, relays: relays))
    }

    /// What who joins it hears.
    private func told(_ scene: inout RelayScene) -> [RelayIdentity]? {
        let said = scene.say(
            .hello(version: Wire.version, incarnation: 8, name: "b", threads: 0, instructionSet: "relay b"), below)
        for case .tellWorker(.welcome(_, _, _, let relays), _) in said { return relays }
        return nil
    }

    @Test func whoJoinsHearsOfAllAbove() throws {
        var scene = try RelayScene()
        #expect(told(&scene) == [own])
        _ = scene.hear(.fenced(session: above))
        #expect(!welcome(parents, incarnation: 6, &scene).contains { if case .leave = $0 { true } else { false } })
        #expect(told(&scene) == [own] + parents)
        // It holds until the parent says something else.
        _ = scene.hear(.fenced(session: above))
        #expect(told(&scene) == [own] + parents)
        _ = welcome(nil, incarnation: 7, &scene)
        #expect(told(&scene) == [own])
        // However long the chain is that a parent tells of.
        _ = scene.hear(.fenced(session: above))
        let many = (100..<1_000).map { RelayIdentity(id: $0, name: "\($0)") }
        _ = welcome(many, incarnation: 8, &scene)
        #expect(told(&scene) == [own] + many.prefix(RelayIdentity.most - 1))
    }

    @Test func coordinatorsSayNothingOfRelays() {
        var core = CoordinatorCore(limits: CoordinatorLimits(), epoch: 1, sessionSeed: 7)
        let hello = WorkerMessage.hello(
            version: Wire.version, incarnation: 8, name: "b", threads: 0, instructionSet: "relay b")
        let welcomes = core.handle(.received(hello, payload: [], from: here), at: .start).compactMap {
            if case .send(let message, _) = $0, case .welcome(_, _, _, let relays) = message {
                relays == nil
            } else {
                nil
            }
        }
        #expect(welcomes == [true])
    }

    @Test func oneThatIsAboveItselfEnds() throws {
        var scene = try RelayScene()
        _ = try scene.join(here)
        let session = try #require(scene.sessions[here])
        _ = scene.hear(.fenced(session: above))
        let said = welcome([RelayIdentity(id: 6, name: "m"), own], incarnation: 6, &scene)
        #expect(said.contains(.leave(.circle(by: ["m"]))))
        #expect(!said.contains(.tellWorker(.fenced(session: session), to: here)))
        #expect(scene.handle(.tick).isEmpty)
    }

    /// In whatever order messages arrive, one of a circle hears of itself.
    @Test(arguments: 1...4, UInt64(1)...20) func aCircleIsNoticed(count: Int, seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var relays = (0..<count).map {
            RelayCore(name: "r\($0)", limits: CoordinatorLimits(), incarnation: UInt64($0), seed: UInt64($0))
        }
        // What each has said to its parent, the next one, and to the one behind it.
        var up = [[(WorkerMessage, [UInt8])]](repeating: [], count: count)
        var down = [[CoordinatorMessage]](repeating: [], count: count)
        var ended: [String]?
        var time: Int64 = 0
        func tell(_ place: Int, _ event: RelayEvent) {
            for directive in relays[place].handle(event, at: Instant(milliseconds: time)) {
                switch directive {
                case .tellParent(let message, let payload): up[place].append((message, payload))
                case .tellWorker(let message, _): down[place].append(message)
                case .leave(.circle(let by)): ended = by
                default: break
                }
            }
        }
        for _ in 0..<5_000 where ended == nil {
            let place = random.below(count)
            let next = (place + 1) % count
            switch random.below(5) {
            case 0, 1:
                guard !up[place].isEmpty else { continue }
                let (message, payload) = up[place].removeFirst()
                tell(
                    next,
                    .workers(.received(message, payload: payload, from: WorkerAddress(bytes: [UInt8(place)]))))
            case 2, 3:
                guard !down[next].isEmpty else { continue }
                tell(place, .parent(.received(down[next].removeFirst(), payload: [])))
            default:
                time += Int64(random.below(200))
                tell(place, .tick)
            }
        }
        #expect(ended?.count == count - 1, "\(ended ?? [])")
    }

    @Test func itSaysWhichInstructionSetsAreBehindIt() throws {
        var scene = try RelayScene()
        _ = try scene.join(here, instructionSet: "baseline")
        _ = try scene.join(there, instructionSet: "avx2")
        _ = told(&scene)
        let beat = WorkerMessage.heartbeat(
            session: try #require(scene.sessions[below]), stage: nil, leases: [], newest: nil, upload: nil,
            mostLeases: 0, instructionSets: ["neon", "avx2"])
        _ = scene.say(beat, below)
        let sets = RelayScene.toParent(try scene.pass(seconds: 2, [here, there])).compactMap { message in
            if case .heartbeat(_, _, _, _, _, _, let sets) = message { sets } else { nil }
        }
        // The name that a relay has in the place of one is none of them.
        #expect(sets.last == ["avx2", "baseline", "neon"])
    }

    /// Who asks for the warning of a mixed fleet hears of a change, and of nothing else.
    @Test func aCoordinatorNotesWhatARelaySays() throws {
        var core = CoordinatorCore(limits: CoordinatorLimits(), epoch: 1, sessionSeed: 7)
        let hello = WorkerMessage.hello(
            version: Wire.version, incarnation: 8, name: "b", threads: 0, instructionSet: "relay b")
        var session: SessionID = 0
        for case .send(.welcome(let new, _, _, _), _) in core.handle(
            .received(hello, payload: [], from: here), at: .start)
        { session = new }
        func notes(_ sets: [String]?) -> [CoordinatorNote] {
            let beat = WorkerMessage.heartbeat(
                session: session, stage: nil, leases: [], newest: nil, upload: nil, mostLeases: 2,
                instructionSets: sets)
            return core.handle(.received(beat, payload: [], from: here), at: .start).compactMap {
                if case .note(let note) = $0 { note } else { nil }
            }
        }
        #expect(notes(["baseline", "avx2", "avx2"]) == [.relays(name: "b", instructionSets: ["avx2", "baseline"])])
        #expect(notes(["avx2", "baseline"]).isEmpty && notes(nil).isEmpty)
        let most = notes((0..<50).map { "set \($0)\n" }).compactMap { note in
            if case .relays(_, let sets) = note { sets } else { nil }
        }
        #expect(most.map(\.count) == [16] && most.joined().allSatisfy { !$0.contains("\n") })
    }
}
