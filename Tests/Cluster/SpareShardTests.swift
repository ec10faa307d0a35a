import Cluster
import Storage
import Testing

/// The end of a stage: a shard that a slow worker has is dealt to an idle one as well, and counts once.
@Suite struct SpareShardTests {
    private static let shardSize = 4

    private struct Fleet {
        var core: CoordinatorCore
        var moment: Int64 = 0
        var sessions: [SessionID] = []
        var hands: [[(lease: LeaseID, shard: ShardRange)]] = []

        init(shards: Int, limits: CoordinatorLimits = CoordinatorLimits()) throws {
            core = CoordinatorCore(limits: limits, epoch: 1, sessionSeed: 7)
            let all = (0..<shards).map { place in
                ShardRange(
                    id: ShardID(1).advanced(by: place), first: ImageID(1).advanced(by: shardSize * place),
                    count: shardSize)
            }
            let toDo = ShardsToDo(
                shards: all, lastShard: ShardID(0).advanced(by: shards), failures: 0, mostFailures: .max,
                mapBounds: MapBounds(height: 1, width: 3))
            _ = core.handle(.openStage(Stage(number: 1, work: try BreachTests.work(inspects: true)), toDo), at: .start)
        }

        static func address(_ worker: Int) -> WorkerAddress {
            WorkerAddress(bytes: [UInt8(worker / 256), UInt8(worker % 256)])
        }

        @discardableResult
        mutating func handle(_ event: CoordinatorEvent) -> [CoordinatorDirective] {
            let said = core.handle(event, at: Instant(milliseconds: moment))
            for case .deal(let session, let lease, let shard, _) in said {
                if let worker = sessions.firstIndex(of: session) { hands[worker].append((lease, shard)) }
            }
            var all = said
            // The disk is quick.
            for case .commitResults(let shard, _, _, _, _) in said { all += handle(.resultsCommitted(shard: shard)) }
            for case .recordInFlight(let shards) in said { all += handle(.recordedInFlight(shards: shards)) }
            return all
        }

        @discardableResult
        mutating func say(_ message: WorkerMessage, by worker: Int) -> [CoordinatorDirective] {
            handle(.received(message, payload: [], from: Self.address(worker)))
        }

        /// A worker joins and is ready.
        mutating func join(instructionSet: String = "avx2") throws {
            let worker = sessions.count
            let hello = WorkerMessage.hello(
                version: Wire.version, incarnation: 5, name: "w\(worker)", threads: 1, instructionSet: instructionSet)
            let welcomes = say(hello, by: worker).compactMap { directive -> SessionID? in
                if case .send(.welcome(let session, _, _, _), _) = directive { session } else { nil }
            }
            sessions.append(try #require(welcomes.first))
            hands.append([])
            say(.prepared(session: sessions[worker], stage: 1), by: worker)
        }

        func report(of lease: LeaseID, _ shard: ShardRange, by worker: Int) -> WorkerMessage {
            let outcomes = (0..<shard.count).map {
                ImageOutcome(id: shard.first.advanced(by: $0), score: 1, maxRow: 0, maxColumn: 0, flagged: nil)
            }
            return .scored(session: sessions[worker], lease: lease, outcomes: outcomes, pictures: 0)
        }

        /// Reports the first shard in a worker's hands.
        @discardableResult
        mutating func report(_ worker: Int) -> [CoordinatorDirective] {
            let (lease, shard) = hands[worker].removeFirst()
            return say(report(of: lease, shard, by: worker), by: worker)
        }

        @discardableResult
        mutating func beat(_ worker: Int) -> [CoordinatorDirective] {
            let leases = hands[worker].map(\.lease)
            return say(
                .heartbeat(
                    session: sessions[worker], stage: 1, leases: leases, newest: leases.max(), upload: nil), by: worker)
        }

        /// The first worker has had a shard for long when the second has nothing to do.
        static func late(instructionSet: String = "avx2") throws -> Fleet {
            var limits = CoordinatorLimits()
            limits.shardsInFlight = 1
            var fleet = try Fleet(shards: 3, limits: limits)
            try fleet.join()
            try fleet.join(instructionSet: instructionSet)
            fleet.moment = 1_000
            fleet.report(1)
            fleet.moment = 2_000
            fleet.report(1)
            return fleet
        }
    }

    private func isDone(_ said: [CoordinatorDirective]) -> Bool { said.contains(.stageDone(number: 1)) }

    private func isBreach(_ said: [CoordinatorDirective]) -> Bool {
        said.contains { if case .note(.breach) = $0 { true } else { false } }
    }

    @Test func whatIsOverdueIsDealtTwiceAndCountsOnce() throws {
        var fleet = try Fleet.late()
        // A shard takes 1 s: after 3 s the first one is overdue.
        fleet.moment = 2_900
        fleet.beat(1)
        #expect(fleet.hands[1].isEmpty)
        fleet.moment = 3_100
        #expect(fleet.beat(1).contains(.note(.overdue(shard: 1, name: "w1"))))
        #expect(fleet.hands[1].map(\.shard.id) == [1] && fleet.hands[0].map(\.shard.id) == [1])
        #expect(fleet.hands[0][0].lease != fleet.hands[1][0].lease)
        // Whoever is first.
        for first in [0, 1] {
            var fleet = fleet
            fleet.report(first)
            #expect(fleet.core.progress.imagesDone == 12)
            let late = fleet.report(1 - first)
            #expect(!isBreach(late) && late.count == 1, "it is acknowledged, and nothing else")
            #expect(fleet.core.progress.imagesDone == 12)
        }
        #expect(isDone(fleet.say(fleet.report(of: fleet.hands[0][0].lease, fleet.hands[0][0].shard, by: 0), by: 0)))
    }

    @Test func aPictureOfWhoWasSlowerIsPassedOver() throws {
        var fleet = try Fleet.late()
        fleet.moment = 3_100
        fleet.beat(1)
        fleet.report(1)
        let picture = WorkerMessage.picture(
            session: fleet.sessions[0], lease: fleet.hands[0][0].lease, image: 1, kind: .map)
        #expect(fleet.say(picture, by: 0) == [])
    }

    @Test func whoDiesIsBlamedAndTheOtherGoesOn() throws {
        var fleet = try Fleet.late()
        fleet.moment = 3_100
        fleet.beat(1)
        let died = fleet.handle(.processEnded(name: "w0"))
        #expect(died.contains(.recordDeaths(shards: [1])) && died.contains(.recordInFlight(shards: [1])))
        #expect(isDone(fleet.report(1)))
        // The other way round the first one has it still.
        fleet = try Fleet.late()
        fleet.moment = 3_100
        fleet.beat(1)
        fleet.handle(.processEnded(name: "w1"))
        #expect(isDone(fleet.report(0)))
    }

    /// Nobody is blamed for a shard that was done.
    @Test func whoDiesOfWhatIsDoneIsNotBlamed() throws {
        var fleet = try Fleet.late()
        fleet.moment = 3_100
        fleet.beat(1)
        fleet.report(1)
        let died = fleet.handle(.processEnded(name: "w0"))
        #expect(!died.contains { if case .recordDeaths = $0 { true } else { false } })
    }

    @Test func whoGivesUpWhatIsDoneBeginsAnew() throws {
        var fleet = try Fleet.late()
        fleet.moment = 3_100
        fleet.beat(1)
        fleet.report(1)
        let session = fleet.sessions[0]
        let said = fleet.say(.gaveUp(session: session, lease: fleet.hands[0][0].lease, reason: "no memory"), by: 0)
        #expect(said.contains(.send(.fenced(session: session), to: Fleet.address(0))))
        #expect(fleet.core.progress.imagesDone == 12)
    }

    /// What the slower one writes later would not be what is there already.
    @Test func workersOfOtherInstructionSetsDoNotDoTheSame() throws {
        var fleet = try Fleet.late(instructionSet: "baseline")
        for moment in stride(from: Int64(3_000), to: 9_000, by: 1_000) {
            fleet.moment = moment
            #expect(!fleet.beat(1).contains { if case .note(.overdue) = $0 { true } else { false } })
        }
    }

    /// One look at what is in hand is enough for all idle workers, however many ask.
    @Test func idleWorkersShareOneLook() throws {
        let (busy, idle) = (200, 200)
        var limits = CoordinatorLimits()
        limits.shardsInFlight = 1
        var fleet = try Fleet(shards: busy + 1, limits: limits)
        for _ in 0..<busy + idle { try fleet.join() }
        fleet.moment = 1_000
        fleet.report(0)
        // Worker 0 is idle now, and so are those that came last; the 200 others have had their shards since the start.
        let idlers = [0] + (busy + 1..<busy + idle)
        let (first, seconds) = (fleet.core.shardsLookedAt, 5)
        for second in 2..<2 + seconds {
            for worker in idlers where fleet.hands[worker].isEmpty {
                fleet.moment = Int64(second * 1_000 + worker / 8)
                fleet.beat(worker)
            }
        }
        #expect(fleet.core.shardsLookedAt - first <= busy * seconds)
        // All are overdue from the fourth second on, and each has a second worker once.
        #expect(idlers.allSatisfy { fleet.hands[$0].count == 1 })
        #expect(Set(idlers.flatMap { fleet.hands[$0].map(\.shard.id) }).count == idle)
    }

    /// - Returns: the share of the time in which all workers together could have done the work.
    private func efficiency(workers: Int, slow: Int, shardsEach: Int, spares: Bool) throws -> Double {
        var limits = CoordinatorLimits()
        if !spares { limits.spareAfter = .max / 4 }
        var fleet = try Fleet(shards: workers * shardsEach, limits: limits)
        for _ in 0..<workers { try fleet.join() }
        // Milliseconds for a shard; workers differ a little.
        let paces = (0..<workers).map { Int64($0 < slow ? 40_000 : 4_000 + 7 * $0) }
        var ends = paces
        var isOver = false
        while !isOver {
            let next = min(ends.min() ?? 0, (fleet.moment / 1_000 + 1) * 1_000)
            fleet.moment = next
            for worker in 0..<workers {
                if ends[worker] == next, !fleet.hands[worker].isEmpty {
                    isOver = isDone(fleet.report(worker)) || isOver
                    ends[worker] = fleet.hands[worker].isEmpty ? .max : next + paces[worker]
                }
                // The others' hearts beat too, and change nothing.
                guard next % 1_000 == 0, fleet.hands[worker].isEmpty else { continue }
                fleet.beat(worker)
                if !fleet.hands[worker].isEmpty { ends[worker] = next + paces[worker] }
            }
        }
        let rate = paces.reduce(0) { $0 + 1 / Double($1) }
        return Double(workers * shardsEach) / rate / Double(fleet.moment)
    }

    @Test func aFewSlowWorkersHoldUpNobody() throws {
        let without = try efficiency(workers: 100, slow: 1, shardsEach: 8, spares: false)
        let with = try efficiency(workers: 100, slow: 1, shardsEach: 8, spares: true)
        print("1 of 100 workers ten times slower: efficiency \(without) without spares, \(with) with")
        #expect(with > 0.75 && without < 0.5)
    }
}
