import Cluster
import Gaussian
import Settings
import Storage
import Testing

/// What must hold of the cores holds whatever the other side says.
@Suite struct InvariantTests {
    private let stage: Stage

    init() throws {
        let space = try FeatureSpace(
            backbone: "none", weights: Digest(of: [1]), layers: ["a"], channels: [0],
            input: InputSettings(height: 1, width: 3), gridHeight: 1, gridWidth: 3,
            grid: FixedPointGrid(layerChannels: [1], kept: [0]))
        stage = Stage(
            number: 1,
            work: .accumulate(space: space, weights: Blob(digest: Digest(of: [2]), byteCount: 3, path: "/none")))
    }

    /// A worker remembers the last 64 leases that it closed. A report that nobody acknowledges is older than that.
    @Test func aLeaseIsNotBegunAgainWhileItsReportIsNotAcknowledged() {
        var core = WorkerCore(identity: WorkerIdentity(name: "w", threads: 1, instructionSet: "avx2"), incarnation: 5)
        func hear(_ message: CoordinatorMessage) -> [WorkerDirective] {
            core.handle(.received(message, payload: []), at: .start)
        }
        func begins(_ lease: LeaseID) -> Bool {
            hear(.deal(session: 1, lease: lease, images: [])).contains {
                if case .begin = $0 { true } else { false }
            }
        }
        _ = hear(.welcome(session: 1, incarnation: 5, heartbeatMilliseconds: 1_000))
        _ = hear(.prepare(session: 1, stage: stage))
        _ = core.handle(.blobReady(stage.work.blobs[0]), at: .start)
        _ = core.handle(.prepared(stage: 1), at: .start)
        for lease in [1_000] + Array(LeaseID(1)...64) {
            #expect(begins(lease))
            _ = core.handle(.reported(lease: lease, .folded(failures: [])), at: .start)
            #expect(core.checkInvariants() == nil)
        }
        #expect(!begins(1_000))
        #expect(core.checkInvariants() == nil)
    }

    /// Workers that the coordinator lets go leave nothing in anybody's hands.
    @Test(arguments: [CoordinatorEvent.finish, .stop(.requested)]) func nothingIsInHandAfterTheEnd(
        _ end: CoordinatorEvent
    ) {
        var core = CoordinatorCore(limits: CoordinatorLimits(), epoch: 1, sessionSeed: 7)
        _ = core.handle(
            .openStage(stage, ShardsToDo(shards: .ofFour(4), lastShard: 4, failures: 0, mostFailures: .max)), at: .start
        )
        let address = WorkerAddress(bytes: [1])
        func hear(_ message: WorkerMessage) -> [CoordinatorDirective] {
            core.handle(.received(message, payload: [], from: address), at: .start)
        }
        var session: SessionID = 0
        for case .send(.welcome(let opened, _, _, _), _) in hear(
            .hello(version: Wire.version, incarnation: 1, name: "w", threads: 1, instructionSet: "avx2"))
        { session = opened }
        var leases: [LeaseID] = []
        for case .deal(_, let lease, _, _) in hear(.prepared(session: session, stage: 1)) { leases.append(lease) }
        #expect(leases.count == 2)
        _ = hear(.folded(session: session, lease: leases[0], failures: []))
        #expect(core.checkInvariants() == nil)
        _ = core.handle(end, at: .start)
        _ = core.handle(.finish, at: .start)
        #expect(core.progress.imagesDone == 0)
        #expect(core.checkInvariants() == nil)
    }
}
