import Cluster
import Storage
import Testing

/// How much a worker is given, and of which size.
@Suite struct DealingTests {
    private struct Fleet {
        var core: CoordinatorCore
        var moment: Int64 = 0
        var sessions: [SessionID] = []
        var hands: [[(lease: LeaseID, shard: ShardRange)]] = []

        /// A stage of shards of these sizes.
        init(_ sizes: [Int]) throws {
            var limits = CoordinatorLimits()
            // So small sums would be saved often.
            limits.savedPerSecond = 1
            core = CoordinatorCore(limits: limits, epoch: 1, sessionSeed: 7)
            var next = ImageID(1)
            let all = sizes.enumerated().map { place, count in
                defer { next = next.advanced(by: count) }
                return ShardRange(id: ShardID(1).advanced(by: place), first: next, count: count)
            }
            let toDo = ShardsToDo(
                shards: all, lastShard: ShardID(0).advanced(by: sizes.count), failures: 0, mostFailures: .max)
            handle(.openStage(Stage(number: 1, work: try BreachTests.work(inspects: false)), toDo))
        }

        private func address(_ worker: Int) -> WorkerAddress { WorkerAddress(bytes: [UInt8(worker)]) }

        mutating func handle(_ event: CoordinatorEvent) {
            for directive in core.handle(event, at: Instant(milliseconds: moment)) {
                switch directive {
                case .deal(let session, let lease, let shard, _):
                    if let worker = sessions.firstIndex(of: session) { hands[worker].append((lease, shard)) }
                case .send(.welcome(let session, _, _, _), _):
                    sessions.append(session)
                    hands.append([])
                default: break
                }
            }
        }

        /// - Parameter mostLeases: of a relay.
        mutating func join(mostLeases: Int? = nil) {
            let worker = sessions.count
            let hello = WorkerMessage.hello(
                version: Wire.version, incarnation: 5, name: "w\(worker)", threads: 1, instructionSet: "avx2")
            handle(.received(hello, payload: [], from: address(worker)))
            if let mostLeases {
                say(
                    .heartbeat(
                        session: sessions[worker], stage: nil, leases: [], newest: nil, upload: nil,
                        mostLeases: mostLeases), by: worker)
            }
            say(.prepared(session: sessions[worker], stage: 1), by: worker)
        }

        mutating func say(_ message: WorkerMessage, by worker: Int) {
            handle(.received(message, payload: [], from: address(worker)))
        }

        /// Reports what a worker has at a place in its hands.
        mutating func report(_ worker: Int, at place: Int = 0) {
            let lease = hands[worker].remove(at: place).lease
            say(.folded(session: sessions[worker], lease: lease, failures: []), by: worker)
        }
    }

    @Test func aFastWorkerHasASecondOfWorkInHand() throws {
        var fleet = try Fleet(Array(repeating: 64, count: 1_000))
        fleet.join()
        #expect(fleet.hands[0].count == 2)
        // 1,280 images in a second are 20 shards.
        for _ in 0..<40 {
            fleet.moment += 50
            fleet.report(0)
            #expect(fleet.core.checkInvariants() == nil)
        }
        #expect(fleet.hands[0].count == 20)
        // However fast: there is a limit.
        var most = 0
        for _ in 0..<600 {
            fleet.moment += 1
            fleet.report(0)
            most = max(most, fleet.hands[0].count)
        }
        #expect((200...CoordinatorLimits().mostShardsInFlight).contains(most), "\(most)")
    }

    @Test func aSlowWorkerHasTwoShards() throws {
        var fleet = try Fleet(Array(repeating: 64, count: 100))
        fleet.join()
        for _ in 0..<10 {
            fleet.moment += 2_000
            fleet.report(0)
            #expect(fleet.hands[0].count == 2)
        }
    }

    /// A lease of which the worker has not heard must not become one of those that it takes for reported.
    @Test func noMoreAreDealtBehindAnOpenLeaseThanAWorkerRemembers() throws {
        var fleet = try Fleet(Array(repeating: 1, count: Wire.leasesRemembered + 2_000))
        fleet.join()
        let lost = fleet.hands[0][0].lease
        var (dealt, reported) = (2, ReportedLeases())
        while fleet.hands[0].count > 1 {
            fleet.moment += 1
            reported.insert(fleet.hands[0][1].lease)
            let before = fleet.hands[0].count - 1
            fleet.report(0, at: 1)
            dealt += fleet.hands[0].count - before
            if fleet.moment % 500 == 0 { #expect(fleet.core.checkInvariants() == nil) }
        }
        #expect(dealt == Wire.leasesRemembered)
        #expect(!reported.contains(lost))
        // It goes on when that one is done.
        fleet.report(0)
        #expect(fleet.hands[0].count > 1)
    }

    @Test func whoIsNotKnownYetGetsASmallShard() throws {
        var fleet = try Fleet(Array(repeating: 64, count: 50) + Array(repeating: 4, count: 50))
        fleet.join()
        #expect(fleet.hands[0].map(\.shard.count) == [4, 4])
        fleet.moment = 100
        fleet.report(0)
        #expect(fleet.hands[0].last?.shard.count == 64)
    }

    @Test func aSlowWorkerGetsNoLargeShardNearTheEnd() throws {
        var fleet = try Fleet(Array(repeating: 64, count: 20) + Array(repeating: 4, count: 60))
        for _ in 0..<4 { fleet.join() }
        // Three do ten images in a second, one does a tenth of one.
        for round in 1...40 {
            fleet.moment = Int64(round) * 400
            for worker in 0..<3 where !fleet.hands[worker].isEmpty {
                let images = fleet.hands[worker][0].shard.count
                if round % max(1, images / 4) == 0 { fleet.report(worker) }
            }
            fleet.handle(.tick)
        }
        fleet.moment = 40_000
        for worker in 0..<4 {
            fleet.say(
                .heartbeat(
                    session: fleet.sessions[worker], stage: 1, leases: fleet.hands[worker].map(\.lease), newest: nil,
                    upload: nil), by: worker)
        }
        fleet.report(3)
        fleet.handle(.tick)
        #expect(fleet.hands[3].allSatisfy { $0.shard.count == 4 })
        #expect(fleet.core.checkInvariants() == nil)
    }

    /// A relay has two shards for each of its workers while there are enough, and near the end no second one that others would do sooner.
    @Test func aRelayOfSlowWorkersLeavesTheLastShardsToOthers() throws {
        var fleet = try Fleet(Array(repeating: 4, count: 300))
        fleet.join(mostLeases: 8)
        fleet.join()
        #expect(fleet.hands[0].count == 8)
        var most = 0
        // Its four workers take 10 s for a shard, the other one a tenth of a second.
        for step in 1...1_000 where !fleet.hands[1].isEmpty {
            fleet.moment += 100
            fleet.report(1)
            if step % 25 == 0, !fleet.hands[0].isEmpty { fleet.report(0) }
            fleet.handle(.tick)
            if step < 150 { most = max(most, fleet.hands[0].count) }
            #expect(fleet.core.checkInvariants() == nil)
        }
        #expect(most == 8)
        #expect((3...5).contains(fleet.hands[0].count), "\(fleet.hands[0].count)")
    }

    /// As any worker: it may be a slow one, and one behind it.
    @Test func aRelayThatIsNotKnownYetGetsSmallShards() throws {
        var fleet = try Fleet(Array(repeating: 64, count: 50) + Array(repeating: 4, count: 50))
        fleet.join(mostLeases: 8)
        #expect(fleet.hands[0].map(\.shard.count) == Array(repeating: 4, count: 8))
        fleet.moment = 100
        fleet.report(0)
        #expect(fleet.hands[0].last?.shard.count == 64)
    }

    /// A relay plans its end by it; other workers are told nothing.
    @Test func aRelayHearsHowLongTheQueueLasts() throws {
        var fleet = try Fleet(Array(repeating: 4, count: 100))
        fleet.join(mostLeases: 8)
        fleet.join()
        func told(_ worker: Int) -> Int64? {
            let beat = WorkerMessage.heartbeat(
                session: fleet.sessions[worker], stage: 1, leases: fleet.hands[worker].map(\.lease), newest: nil,
                upload: nil, mostLeases: worker == 0 ? 8 : nil)
            let said = fleet.core.handle(
                .received(beat, payload: [], from: WorkerAddress(bytes: [UInt8(worker)])),
                at: Instant(milliseconds: fleet.moment))
            for case .send(.heartbeat(_, _, let queue), _) in said { return queue }
            return nil
        }
        #expect(told(0) == nil)
        // Both do four images in a second.
        for _ in 0..<5 {
            fleet.moment += 1_000
            for worker in 0...1 { fleet.report(worker) }
            fleet.handle(.tick)
        }
        // 80 shards of 100 are left, two a second.
        #expect((36_000...42_000).contains(told(0) ?? 0), "\(told(0) ?? 0)")
        #expect(told(1) == nil)
    }
}
