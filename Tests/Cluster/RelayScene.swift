import Cluster
import Storage
import Testing

/// A relay, what its parent says to it, and what its workers say.
struct RelayScene {
    /// The session that its parent gave it.
    static let above: SessionID = 9

    var core: RelayCore
    var time: Int64 = 5_000
    let stage: Stage
    /// The number of the stage that its workers were told of last.
    var inner = 0
    var sessions: [WorkerAddress: SessionID] = [:]
    /// Leases that workers were told of and have not reported, by worker.
    var leases: [WorkerAddress: [LeaseID]] = [:]

    init(inspects: Bool = false, servesImages: Bool = false) throws {
        self.init(Stage(number: 3, work: try BreachTests.work(inspects: inspects), servesImages: servesImages))
        begin(incarnation: 5)
    }

    /// A relay whose parent has said nothing yet.
    init(_ stage: Stage) {
        core = RelayCore(name: "r", limits: CoordinatorLimits(), incarnation: 5, seed: 7)
        self.stage = stage
        _ = handle(.tick)
    }

    /// Its parent takes it in, and tells it of the stage.
    @discardableResult
    mutating func begin(incarnation: UInt64) -> [RelayDirective] {
        (sessions, leases) = ([:], [:])
        var said = hear(.welcome(session: Self.above, incarnation: incarnation, heartbeatMilliseconds: 1_000))
        said += hear(.prepare(session: Self.above, stage: stage))
        for blob in stage.work.blobs { said += handle(.parent(.blobReady(blob))) }
        return said
    }

    static func toParent(_ said: [RelayDirective]) -> [WorkerMessage] {
        said.compactMap { if case .tellParent(let message, _) = $0 { message } else { nil } }
    }

    mutating func handle(_ event: RelayEvent) -> [RelayDirective] {
        let said = core.handle(event, at: Instant(milliseconds: time))
        #expect(core.checkInvariants() == nil)
        for case .tellWorker(let message, let address) in said {
            switch message {
            case .welcome(let session, _, _, _): sessions[address] = session
            case .prepare(_, let stage): inner = stage.number
            case .deal(_, let lease, _, _): leases[address, default: []].append(lease)
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
    mutating func join(_ address: WorkerAddress, instructionSet: String = "avx2") throws -> [RelayDirective] {
        _ = say(
            .hello(
                version: Wire.version, incarnation: 1, name: "w\(address.bytes)", threads: 1,
                instructionSet: instructionSet), address)
        return try say(.prepared(session: #require(sessions[address]), stage: inner), address)
    }

    mutating func deal(_ lease: LeaseID, _ images: ClosedRange<ImageID>) -> [RelayDirective] {
        let tasks = images.map { ImageTask(id: $0, location: .file("/\($0)"), output: "\($0)") }
        return hear(.deal(session: Self.above, lease: lease, images: tasks))
    }

    mutating func fold(_ address: WorkerAddress, failures: [ImageFailure] = []) throws -> [RelayDirective] {
        let lease = try #require(leases[address]?.first)
        leases[address]?.removeFirst()
        return say(.folded(session: try #require(sessions[address]), lease: lease, failures: failures), address)
    }

    /// A worker falls silent, while others do not.
    mutating func lose(_ address: WorkerAddress, others: [WorkerAddress] = []) throws -> [RelayDirective] {
        leases[address] = nil
        return try pass(seconds: 12, others)
    }

    /// Time passes, in which the parent and these workers are heard of.
    mutating func pass(seconds: Int, _ workers: [WorkerAddress]) throws -> [RelayDirective] {
        var said: [RelayDirective] = []
        for _ in 0..<seconds {
            time += 1_000
            for worker in workers {
                said += say(
                    .heartbeat(
                        session: try #require(sessions[worker]), stage: inner, leases: leases[worker] ?? [],
                        newest: leases[worker]?.last, upload: nil), worker)
            }
            said += hear(.heartbeat(session: Self.above)) + handle(.tick)
        }
        return said
    }
}
