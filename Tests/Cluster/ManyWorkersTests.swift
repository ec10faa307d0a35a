import Cluster
import Gaussian
import Settings
import Storage
import Testing

/// Many workers at once: whom an event concerns, who is next, and what is said again.
@Suite struct ManyWorkersTests {
    let stage: Stage
    let limits: CoordinatorLimits

    init() throws {
        let space = try FeatureSpace(
            backbone: "none", weights: Digest(of: [1]), layers: ["a"], channels: [0],
            input: InputSettings(height: 1, width: 3), gridHeight: 1, gridWidth: 3,
            grid: FixedPointGrid(layerChannels: [1], kept: [0]))
        let weights = Blob(digest: Digest(of: [2]), byteCount: 3_000_000, path: "/none")
        stage = Stage(
            number: 1, work: .accumulate(space: space, weights: weights))
        var limits = CoordinatorLimits()
        limits.uploads = 3
        limits.fetchers = 2
        limits.checkpointImages = 4
        self.limits = limits
    }

    struct Fleet {
        var core: CoordinatorCore
        var sessions: [SessionID] = []
        var leases: [[LeaseID]] = []
        var moment: Int64 = 0

        static func address(_ worker: Int) -> WorkerAddress { WorkerAddress(bytes: [UInt8(worker)]) }

        mutating func say(_ message: WorkerMessage, by worker: Int, payload: [UInt8] = []) -> [CoordinatorDirective] {
            core.handle(
                .received(message, payload: payload, from: Self.address(worker)), at: Instant(milliseconds: moment))
        }

        mutating func pass(_ milliseconds: Int64) -> [CoordinatorDirective] {
            moment += milliseconds
            return core.handle(.tick, at: Instant(milliseconds: moment))
        }

        /// Reports a lease, and takes what is dealt for it.
        mutating func fold(_ worker: Int) -> [CoordinatorDirective] {
            let said = say(
                .folded(session: sessions[worker], lease: leases[worker].removeFirst(), failures: []), by: worker)
            take(said)
            return said
        }

        mutating func take(_ said: [CoordinatorDirective]) {
            for case .deal(let session, let lease, _, _) in said {
                if let worker = sessions.firstIndex(of: session) { leases[worker].append(lease) }
            }
        }
    }

    /// So many workers, ready, with two shards of four images each in hand.
    private func fleet(_ count: Int, shards: Int, _ limits: CoordinatorLimits? = nil) throws -> Fleet {
        var fleet = Fleet(core: CoordinatorCore(limits: limits ?? self.limits, epoch: 1, sessionSeed: 7))
        let all = [ShardRange].ofFour(shards)
        let toDo = ShardsToDo(shards: all, lastShard: all.last?.id ?? 0, failures: 0, mostFailures: .max)
        _ = fleet.core.handle(.openStage(stage, toDo), at: .start)
        for worker in 0..<count {
            let hello = WorkerMessage.hello(
                version: Wire.version, incarnation: 5, name: "w\(worker)", threads: 1, instructionSet: "avx2")
            let welcomes = fleet.say(hello, by: worker).compactMap { directive -> SessionID? in
                if case .send(.welcome(let session, _, _, _), _) = directive { session } else { nil }
            }
            fleet.sessions.append(try #require(welcomes.first))
            fleet.leases.append([])
            fleet.take(fleet.say(.prepared(session: fleet.sessions[worker], stage: 1), by: worker))
        }
        return fleet
    }

    private func checkpoints(_ said: [CoordinatorDirective]) -> [WorkerAddress] {
        said.compactMap { if case .send(.checkpoint, let address) = $0 { address } else { nil } }
    }

    private func deals(_ said: [CoordinatorDirective]) -> [LeaseID] {
        said.compactMap { if case .deal(_, let lease, _, _) = $0 { lease } else { nil } }
    }

    @Test func aReportIsAnsweredToItsSenderAlone() throws {
        var fleet = try fleet(20, shards: 100)
        for worker in 0..<20 {
            for directive in fleet.fold(worker) {
                switch directive {
                case .send(_, let address), .deal(_, _, _, let address): #expect(address == Fleet.address(worker))
                default: break
                }
            }
        }
    }

    @Test func fewUploadsAreOpenAtOnceAndTheOthersWorkOn() throws {
        var fleet = try fleet(10, shards: 100)
        // All sums are due after the first shard; three workers are called, the others are dealt more.
        for worker in 0..<10 { #expect(deals(fleet.fold(worker)).count == (worker < 3 ? 0 : 1)) }
        var asked: [WorkerAddress] = []
        for worker in 0..<10 { asked += checkpoints(fleet.fold(worker)) }
        #expect(asked == (0..<3).map(Fleet.address))
        // One ends: who waited longest is called, and asked when it has nothing in hand.
        #expect(checkpoints(fleet.core.handle(.processEnded(name: "w0"), at: .start)) == [])
        var turns: [WorkerAddress] = []
        while fleet.leases[3].count > 0 { turns += checkpoints(fleet.fold(3)) }
        #expect(turns == [Fleet.address(3)])
    }

    @Test func everyWorkersTurnComes() throws {
        var fleet = try fleet(10, shards: 20)
        var turns: [WorkerAddress] = []
        for _ in 0..<2 { for worker in 0..<10 { turns += checkpoints(fleet.fold(worker)) } }
        var next = 0
        while next < turns.count {
            let worker = Int(turns[next].bytes[0])
            next += 1
            let number = try #require(uploadNumber(&fleet, worker))
            _ = fleet.say(
                .offer(session: fleet.sessions[worker], upload: number, images: 8, clamped: 0, chunks: 1), by: worker)
            let bytes = [UInt8](repeating: 0, count: Statistics.chunkByteCount(patches: 3, dimension: 1))
            _ = fleet.say(.chunk(session: fleet.sessions[worker], upload: number, index: 0), by: worker, payload: bytes)
            let moment = Instant(milliseconds: fleet.moment)
            _ = fleet.core.handle(.chunkStored(upload: number, index: 0), at: moment)
            turns += checkpoints(fleet.core.handle(.partialCommitted(upload: number), at: moment))
        }
        #expect(Set(turns).count == 10)
        #expect(turns.count == 10)
    }

    /// The number of the upload that a worker is asked for, heard when it is asked again.
    private func uploadNumber(_ fleet: inout Fleet, _ worker: Int) -> UploadID? {
        fleet.moment += 3_000
        let said = fleet.say(
            .heartbeat(session: fleet.sessions[worker], stage: 1, leases: [], newest: nil, upload: nil), by: worker)
        return said.lazy.compactMap {
            if case .send(.checkpoint(_, let upload, _), _) = $0 { upload } else { nil }
        }.first
    }

    @Test func aDealUnderWayIsNotSaidAgain() throws {
        var fleet = try fleet(1, shards: 10)
        let (first, second) = (fleet.leases[0][0], fleet.leases[0][1])
        func beat(_ leases: [LeaseID], newest: LeaseID?, after milliseconds: Int64) -> [LeaseID] {
            fleet.moment += milliseconds
            return deals(
                fleet.say(
                    .heartbeat(session: fleet.sessions[0], stage: 1, leases: leases, newest: newest, upload: nil), by: 0
                ))
        }
        // Said before the deals arrived, heard long after.
        for _ in 0..<10 { #expect(beat([], newest: nil, after: 1_000) == []) }
        #expect(beat([first], newest: first, after: 1_000) == [])
        // The first is lost: a newer one has arrived.
        #expect(beat([second], newest: second, after: 0) == [first])
        // Repeats come more and more seldom.
        #expect(beat([second], newest: second, after: 5_000) == [])
        #expect(beat([second], newest: second, after: 1_000) == [first])
        #expect(beat([second], newest: second, after: 11_000) == [])
        #expect(beat([second], newest: second, after: 1_000) == [first])
    }

    @Test func aDealIsSaidAgainOverANewConnection() throws {
        var fleet = try fleet(1, shards: 10)
        fleet.moment = 4_000
        let said = fleet.say(
            .heartbeat(session: fleet.sessions[0], stage: 1, leases: [], newest: nil, upload: nil), by: 9)
        #expect(deals(said) == fleet.leases[0])
    }

    @Test func someSumsAreMadeSafeBeforeTheEnd() throws {
        var limits = limits
        limits.checkpointImages = .max
        limits.checkpointEvery = 40_000
        limits.checkpointSpacing = 1_000
        var fleet = try fleet(10, shards: 100, limits)
        for worker in 0..<10 { #expect(checkpoints(fleet.fold(worker)) == []) }
        // A tenth of the time is each worker's share of it.
        #expect(checkpoints(fleet.pass(4_000)) == [])
        var asked: [WorkerAddress] = []
        for worker in 0..<10 {
            for _ in fleet.leases[worker] { asked += checkpoints(fleet.fold(worker)) }
        }
        #expect(asked == [Fleet.address(0)])
    }

    @Test func fewWorkersFetchAtOnce() throws {
        var fleet = try fleet(3, shards: 100)
        let weights = try #require(stage.work.blobs.first)
        func fetch(_ worker: Int) -> Bool {
            fleet.say(
                .fetch(session: fleet.sessions[worker], blob: weights, offset: 0, count: 1 << 20), by: worker
            ).contains { if case .sendPiece = $0 { true } else { false } }
        }
        #expect(fetch(0) && fetch(1))
        #expect(!fetch(2))
        fleet.moment += 3_000
        #expect(fetch(0))
        #expect(fetch(2))
        #expect(!fetch(1))
    }
}
