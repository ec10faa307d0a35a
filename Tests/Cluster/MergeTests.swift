import Cluster
import Storage
import Testing

/// Ranges of patches, dealt under leases: by a coordinator, and to a worker.
@Suite struct MergeTests {
    private static let ranges = (0..<4).map {
        ShardRange(id: ShardID(1).advanced(by: $0), first: ImageID(rawValue: Int64(16 * $0)), count: 16)
    }

    private static func stage(_ number: Int = 2) -> Stage {
        Stage(
            number: number,
            work: .merge(
                order: MergeOrder(
                    folder: SharedFolder(directory: "/job", probe: "probe", probeValue: "1"),
                    files: [MergePart(path: "/job/a", digest: Digest(of: [1]))],
                    statistics: "statistics.x", model: "model.x", pooled: nil, fused: true)))
    }

    private struct Fleet {
        var core: CoordinatorCore
        var moment: Int64 = 0
        var sessions: [SessionID] = []
        var hands: [[(lease: LeaseID, shard: ShardRange)]] = []
        var said: [CoordinatorDirective] = []
        /// Whether the disk writes ranges at once.
        var diskIsQuick = true

        /// - Parameter workers: that are there when the merge begins.
        init(workers: Int, isCareful: Bool = false) throws {
            core = CoordinatorCore(limits: CoordinatorLimits(), epoch: 1, sessionSeed: 7, isCareful: isCareful)
            for _ in 0..<workers { try join() }
            open()
        }

        mutating func open() {
            let toDo = ShardsToDo(shards: MergeTests.ranges, lastShard: 4, failures: 0, mostFailures: .max)
            handle(.openStage(MergeTests.stage(), toDo))
        }

        static func address(_ worker: Int) -> WorkerAddress { WorkerAddress(bytes: [UInt8(worker)]) }

        mutating func handle(_ event: CoordinatorEvent) {
            let directives = core.handle(event, at: Instant(milliseconds: moment))
            said += directives
            for case .deal(let session, let lease, let shard, _) in directives {
                if let worker = sessions.firstIndex(of: session) { hands[worker].append((lease, shard)) }
            }
            guard diskIsQuick else { return }
            for case .placeRange(let shard, _) in directives { handle(.resultsCommitted(shard: shard.id)) }
        }

        mutating func say(_ message: WorkerMessage, by worker: Int, payload: [UInt8] = []) {
            handle(.received(message, payload: payload, from: Self.address(worker)))
        }

        mutating func join() throws {
            let worker = sessions.count
            say(
                .hello(
                    version: Wire.version, incarnation: 5, name: "w\(worker)", threads: 1, instructionSet: "avx2"),
                by: worker)
            let welcomes = said.compactMap { directive -> SessionID? in
                guard case .send(.welcome(let session, _, _, _), let address) = directive,
                    address == Self.address(worker)
                else { return nil }
                return session
            }
            sessions.append(try #require(welcomes.last))
            hands.append([])
        }

        mutating func prepare(_ workers: Int...) {
            for worker in workers { say(.prepared(session: sessions[worker], stage: 2), by: worker) }
        }

        mutating func merge(_ worker: Int) throws {
            let lease = try #require(hands[worker].first).lease
            hands[worker].removeFirst()
            say(.merged(session: sessions[worker], lease: lease), by: worker, payload: [1])
        }

        mutating func pass(_ milliseconds: Int64) {
            moment += milliseconds
            handle(.tick)
        }

        var isDone: Bool { said.contains(.stageDone(number: 2)) }
        var isDeclined: Bool { said.contains(.stageDeclined(number: 2)) }

        /// Whether the journal was told of anything.
        var isJournalTold: Bool {
            said.contains { directive in
                switch directive {
                case .recordDeaths, .recordInFlight, .split, .poison, .commitResults: true
                default: false
                }
            }
        }
    }

    @Test func everyRangeIsPlacedOnce() throws {
        var fleet = try Fleet(workers: 2, isCareful: true)
        fleet.prepare(0, 1)
        while !fleet.isDone {
            let worker = try #require(fleet.hands.firstIndex { !$0.isEmpty })
            try fleet.merge(worker)
        }
        let placed = fleet.said.compactMap { directive -> ShardID? in
            if case .placeRange(let shard, let bytes) = directive, bytes == [1] { shard.id } else { nil }
        }
        #expect(placed.sorted() == [1, 2, 3, 4])
        #expect(!fleet.core.mayStillMerge)
        #expect(!fleet.isJournalTold)
    }

    @Test func whatAWorkerDiesOfIsDealtAgain() throws {
        var fleet = try Fleet(workers: 2)
        fleet.prepare(0, 1)
        let lost = fleet.hands[0].map(\.shard.id)
        for _ in 0..<10 {
            fleet.pass(1_000)
            let leases = fleet.hands[1].map(\.lease)
            fleet.say(
                .heartbeat(session: fleet.sessions[1], stage: 2, leases: leases, newest: leases.max(), upload: nil),
                by: 1)
        }
        while !fleet.isDone { try fleet.merge(1) }
        #expect(fleet.said.contains(.send(.fenced(session: fleet.sessions[0]), to: Fleet.address(0))))
        for shard in lost {
            #expect(
                fleet.said.count { if case .placeRange(let range, _) = $0 { range.id == shard } else { false } } == 1)
        }
        // The dead one had ranges: it may stand still, and go on.
        #expect(fleet.core.mayStillMerge)
        #expect(!fleet.isJournalTold)
        // What it says now is of a session that is over.
        let before = fleet.said.count
        try fleet.merge(0)
        #expect(
            fleet.said[before...].elementsEqual([
                .send(.fenced(session: fleet.sessions[0]), to: Fleet.address(0))
            ]))
    }

    @Test func withoutWorkersItIsDeclined() throws {
        #expect(try Fleet(workers: 0).isDeclined)
    }

    @Test func itIsDeclinedWhenNobodySeesTheDirectory() throws {
        var fleet = try Fleet(workers: 2)
        fleet.say(.unfit(session: fleet.sessions[0], stage: 2, reason: "not seen"), by: 0)
        #expect(!fleet.isDeclined)
        fleet.say(.unfit(session: fleet.sessions[1], stage: 2, reason: "not seen"), by: 1)
        #expect(fleet.isDeclined)
        #expect(fleet.said.contains(.note(.abstains(name: "w1", reason: "not seen"))))
    }

    @Test func whoMakesNoAnswerIsNotWaitedForLonger() throws {
        var fleet = try Fleet(workers: 1)
        for _ in 0..<9 {
            fleet.pass(1_000)
            fleet.say(.heartbeat(session: fleet.sessions[0], stage: nil, leases: [], newest: nil, upload: nil), by: 0)
        }
        #expect(!fleet.isDeclined)
        fleet.pass(1_000)
        #expect(fleet.isDeclined)
    }

    @Test func theLastWorkersEndDeclinesIt() throws {
        var fleet = try Fleet(workers: 1)
        fleet.prepare(0)
        try fleet.merge(0)
        fleet.handle(.processEnded(name: "w0"))
        #expect(fleet.isDeclined)
        #expect(fleet.core.checkInvariants() == nil)
    }

    /// A range on its way to the disk is not taken for one of another stage.
    @Test func itIsNotDeclinedBeforeTheDiskIsDone() throws {
        var fleet = try Fleet(workers: 1)
        fleet.diskIsQuick = false
        fleet.prepare(0)
        let shard = fleet.hands[0][0].shard.id
        try fleet.merge(0)
        fleet.handle(.processEnded(name: "w0"))
        #expect(!fleet.isDeclined)
        fleet.handle(.resultsCommitted(shard: shard))
        #expect(fleet.isDeclined)
    }

    @Test func aRangeThatWorkersDieOfIsNotDealtForEver() throws {
        var fleet = try Fleet(workers: 4)
        for worker in 0..<3 {
            fleet.prepare(worker)
            #expect(!fleet.hands[worker].isEmpty)
            fleet.handle(.processEnded(name: "w\(worker)"))
        }
        #expect(fleet.isDeclined)
        #expect(!fleet.isJournalTold)
        fleet.prepare(3)
        #expect(fleet.hands[3].isEmpty)
    }

    @Test func whatIsNotAsItShouldBeIsABreach() throws {
        var fleet = try Fleet(workers: 2)
        fleet.diskIsQuick = false
        fleet.prepare(0)
        let shard = fleet.hands[0][0].shard.id
        try fleet.merge(0)
        fleet.handle(.resultsRefused(shard: shard, reason: "short"))
        let isBreach = fleet.said.contains {
            if case .note(.breach(name: "w0", _, reason: "short", _)) = $0 { true } else { false }
        }
        #expect(isBreach)
        fleet.prepare(1)
        #expect(fleet.hands[1].contains { $0.shard.id == shard })
    }

    @Test func aMergedRangeIsABreachInAnotherStage() throws {
        var fleet = try SpareShards.one()
        let (session, lease) = (fleet.session, fleet.lease)
        let said = fleet.core.handle(
            .received(.merged(session: session, lease: lease), payload: [1], from: SpareShards.address), at: .start)
        let isBreach = said.contains { if case .note(.breach) = $0 { true } else { false } }
        #expect(isBreach)
    }

    /// A coordinator of one inspected shard, in a worker's hands.
    private struct SpareShards {
        static let address = WorkerAddress(bytes: [9])
        var core: CoordinatorCore
        let session: SessionID
        let lease: LeaseID

        static func one() throws -> SpareShards {
            var core = CoordinatorCore(limits: CoordinatorLimits(), epoch: 1, sessionSeed: 7)
            let toDo = ShardsToDo(
                shards: [ShardRange(id: 1, first: 1, count: 4)], lastShard: 1, failures: 0, mostFailures: .max)
            _ = core.handle(.openStage(Stage(number: 1, work: try BreachTests.work(inspects: true)), toDo), at: .start)
            let hello = WorkerMessage.hello(
                version: Wire.version, incarnation: 5, name: "w", threads: 1, instructionSet: "avx2")
            var said = core.handle(.received(hello, payload: [], from: address), at: .start)
            var session: SessionID?
            for case .send(.welcome(let number, _, _, _), _) in said { session = number }
            let known = try #require(session)
            said = core.handle(
                .received(.prepared(session: known, stage: 1), payload: [], from: address), at: .start)
            var lease: LeaseID?
            for case .deal(_, let number, _, _) in said { lease = number }
            return SpareShards(core: core, session: known, lease: try #require(lease))
        }
    }

    // MARK: The worker

    private func worker() -> WorkerCore {
        var core = WorkerCore(
            identity: WorkerIdentity(name: "w", threads: 1, instructionSet: "avx2"), incarnation: 5)
        _ = core.handle(
            .received(.welcome(session: 9, incarnation: 5, heartbeatMilliseconds: 1_000), payload: []), at: .start)
        _ = core.handle(.received(.prepare(session: 9, stage: Self.stage()), payload: []), at: .start)
        _ = core.handle(.prepared(stage: 2), at: .start)
        return core
    }

    @Test func aWorkerMergesWhatItIsDealt() {
        var core = worker()
        func hear(_ message: CoordinatorMessage) -> [WorkerDirective] {
            core.handle(.received(message, payload: []), at: .start)
        }
        let deal = CoordinatorMessage.dealRange(session: 9, lease: 11, first: 16, count: 16)
        #expect(hear(deal) == [.beginRange(session: 9, lease: 11, patches: 16..<32)])
        #expect(hear(deal) == [])
        #expect(hear(.deal(session: 9, lease: 12, images: [])) == [])
        for (first, count) in [(-1, 4), (0, 0), (0, -4), (Int.max, 2)] {
            #expect(hear(.dealRange(session: 9, lease: 13, first: first, count: count)) == [])
        }
        let said = core.handle(.reported(lease: 11, .merged([1, 2])), at: .start)
        #expect(said == [.send(.merged(session: 9, lease: 11), payload: [1, 2])])
        // It is said again until it is acknowledged.
        #expect(
            core.handle(.tick, at: Instant(milliseconds: 3_000)).contains(
                .send(.merged(session: 9, lease: 11), payload: [1, 2])))
    }

    @Test func aWorkerThatCannotGoOnLeavesItToOthers() {
        var core = worker()
        for lease in [LeaseID(11), 12] {
            _ = core.handle(
                .received(.dealRange(session: 9, lease: lease, first: 0, count: 16), payload: []), at: .start)
        }
        #expect(
            core.handle(.reported(lease: 11, .abandoned(reason: "full")), at: .start) == [
                .send(.unfit(session: 9, stage: 2, reason: "full"), payload: [])
            ])
        #expect(core.handle(.reported(lease: 12, .abandoned(reason: "none")), at: .start) == [])
        #expect(core.checkInvariants() == nil)
    }
}
