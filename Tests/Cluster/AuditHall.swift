import Cluster
import Gaussian
import Storage
import Testing

/// A coordinator that audits, and workers by their names.
struct AuditHall {
    var core = CoordinatorCore(limits: CoordinatorLimits(), epoch: 1, sessionSeed: 7)
    var sessions: [String: SessionID] = [:]
    /// What workers have in hand.
    var leases: [String: [(lease: LeaseID, shard: ShardID)]] = [:]
    var findings: AuditFindings?
    var refused: [String] = []
    var now: Int64 = 0

    /// - Parameters:
    ///   - makers: who did each of the shards, of one image, and its instruction set.
    ///   - said: what that one said of the image.
    init(_ work: Work, _ makers: [(name: String, set: String)], _ said: (ImageID) -> AuditStatement) {
        let cases = makers.enumerated().map { place, maker in
            let image = ImageID(1).advanced(by: place)
            return AuditCase(
                shard: ShardRange(id: ShardID(1).advanced(by: place), first: image, count: 1),
                maker: ResultMaker(worker: maker.name, instructionSet: maker.set), said: said(image))
        }
        take(
            core.handle(
                .openAudit(Stage(number: 1, work: work), AuditToDo(cases: cases, lastShard: 9, isInteger: false)),
                at: .start))
    }

    static func address(_ name: String) -> WorkerAddress { WorkerAddress(bytes: Array(name.utf8)) }

    mutating func take(_ said: [CoordinatorDirective]) {
        for directive in said {
            switch directive {
            case .send(.welcome(let session, _, _, _), let address): sessions[Self.name(address)] = session
            case .send(.refused, let address): refused.append(Self.name(address))
            case .send(.fenced, let address): leases[Self.name(address)] = []
            case .deal(_, let lease, let shard, let address):
                leases[Self.name(address), default: []].append((lease, shard.id))
            case .auditDone(_, let found): findings = found
            case .recordInFlight(let shards): #expect(shards.isEmpty)
            case .recordDeaths, .split, .poison: Issue.record("\(directive)")
            default: break
            }
        }
        #expect(core.checkInvariants() == nil)
    }

    static func name(_ address: WorkerAddress) -> String { String(decoding: address.bytes, as: UTF8.self) }

    mutating func tell(_ name: String, _ message: WorkerMessage) {
        take(
            core.handle(
                .received(message, payload: [], from: Self.address(name)), at: Instant(milliseconds: now)))
    }

    mutating func join(_ name: String, _ set: String = "avx2", ready stage: Int? = 1) {
        tell(
            name,
            .hello(version: Wire.version, incarnation: 5, name: name, threads: 1, instructionSet: set))
        if let stage, let session = sessions[name] { tell(name, .prepared(session: session, stage: stage)) }
    }

    /// Says what scores a worker finds for all that it has in hand.
    mutating func score(_ name: String, _ score: Float, row: Int = 0, content: ContentDigest? = AuditTests.content) {
        for (lease, shard) in leases.updateValue([], forKey: name) ?? [] {
            guard let session = sessions[name] else { continue }
            let image = ImageID(rawValue: shard.rawValue)
            let outcome =
                content.map {
                    ImageOutcome(id: image, score: score, maxRow: row, maxColumn: 0, flagged: nil, digest: $0)
                } ?? ImageOutcome(id: image, failure: "gone")
            tell(name, .scored(session: session, lease: lease, outcomes: [outcome], pictures: 0))
        }
    }

    /// Says what a worker computes of all that it has in hand.
    mutating func report(_ name: String, _ number: UInt64, contents: [ContentDigest] = [AuditTests.content]) {
        for (lease, _) in leases.updateValue([], forKey: name) ?? [] {
            guard let session = sessions[name], let fingerprint = Fingerprint(number) else { continue }
            tell(
                name,
                .audited(
                    session: session, lease: lease, failures: [], contents: contents, fingerprint: fingerprint))
        }
    }

    /// A worker cannot do what it has in hand.
    mutating func giveUp(_ name: String) {
        for (lease, _) in leases.updateValue([], forKey: name) ?? [] {
            guard let session = sessions[name] else { continue }
            tell(name, .gaveUp(session: session, lease: lease, reason: "no such folder"))
        }
    }

    /// Time goes by, in which workers are heard of.
    mutating func wait(_ milliseconds: Int64) {
        for _ in 0..<milliseconds / 1_000 {
            now += 1_000
            for (name, session) in sessions where !refused.contains(name) {
                tell(name, .heartbeat(session: session, stage: 1, leases: [], newest: nil, upload: nil))
            }
            take(core.handle(.tick, at: Instant(milliseconds: now)))
        }
    }
}
