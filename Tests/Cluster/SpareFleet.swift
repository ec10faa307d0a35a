import Cluster
import Storage
import Testing

extension SpareShardTests {
    private static let shardSize = 4

    /// A coordinator and workers that it deals the shards of an inspection.
    struct Fleet {
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
}
