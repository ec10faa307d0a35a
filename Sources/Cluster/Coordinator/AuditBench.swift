import Storage

/// Shards that were folded and committed, and are to be computed once more by others.
public struct AuditToDo: Equatable, Sendable {
    public let cases: [AuditCase]
    /// The highest shard number that the job ever used.
    public let lastShard: ShardID
    /// Whether the network computes in integers.
    public let isInteger: Bool

    public init(cases: [AuditCase], lastShard: ShardID, isInteger: Bool) {
        (self.cases, self.lastShard, self.isInteger) = (cases, lastShard, isInteger)
    }
}

/// A committed shard, and what the worker that folded it said of it.
public struct AuditCase: Equatable, Sendable {
    public let shard: ShardRange
    public let maker: SumsMaker
    public let fingerprint: Fingerprint
    /// Of the images that are in the sums.
    public let contents: [ImageID: ContentDigest]

    public init(shard: ShardRange, maker: SumsMaker, fingerprint: Fingerprint, contents: [ImageID: ContentDigest]) {
        (self.shard, self.maker, self.fingerprint, self.contents) = (shard, maker, fingerprint, contents)
    }
}

/// What an audit has found.
public struct AuditFindings: Equatable, Sendable {
    /// How much of a stage was audited.
    public struct Total: Equatable, Sendable {
        public let confirmed: Int
        public let shards: Int

        public init(confirmed: Int, shards: Int) { (self.confirmed, self.shards) = (confirmed, shards) }
    }

    /// Shards of which another worker says the same, and which one.
    public var confirmed: [ShardID: String] = [:]
    /// Workers that are alone with what they say, by name, and the shards in question.
    public var wrong: [String: [ShardID]] = [:]
    /// Shards of which workers say different things and nobody else could be asked, and who these are.
    public var undecided: [ShardID: [String]] = [:]
    /// Shards that no other worker could compute with the same bits, and who folded them.
    public var unseen: [ShardID: String] = [:]
    /// Shards that could not be audited because the workers that computed them once more died, and who folded them.
    public var fatal: [ShardID: String] = [:]
    /// Shards of which others did not find the same images.
    public var changed: [ShardID] = []
    /// Of all committed shards, how many another worker has confirmed in this audit or an earlier one; nil where nobody counted.
    public var total: Total?

    public init() {}
}

/// Hears what workers say of committed shards, and finds who is wrong: what two of them say, of different names, is right.
struct AuditBench: Sendable {
    private struct Hearing: Sendable {
        let audited: AuditCase
        /// What was said, the first by the one that folded it.
        var statements: [(name: String, fingerprint: Fingerprint)]
        /// Workers that did not find the same images.
        var unable: Set<String> = []
        var isOpen = true

        func hasHeard(_ name: String) -> Bool { unable.contains(name) || statements.contains { $0.name == name } }
    }

    private var hearings: [ShardID: Hearing] = [:]
    private let isInteger: Bool
    private(set) var findings = AuditFindings()

    init(_ toDo: AuditToDo) {
        isInteger = toDo.isInteger
        for audited in toDo.cases {
            hearings[audited.shard.id] = Hearing(
                audited: audited, statements: [(audited.maker.worker, audited.fingerprint)])
        }
    }

    func kind(of instructionSet: String) -> String { FeatureKind.name(of: instructionSet, isInteger: isInteger) }

    /// Whether somebody may be asked about a shard: it has not reported it, and gives the same bits as the one that folded it.
    func mayHear(_ name: String, kind: String, of shard: ShardID) -> Bool {
        guard let hearing = hearings[shard], hearing.isOpen else { return false }
        return self.kind(of: hearing.audited.maker.instructionSet) == kind && !hearing.hasHeard(name)
    }

    /// - Returns: whether the shard is done, and who was found to be wrong.
    mutating func hear(
        _ name: String, of shard: ShardID, contents: [ImageID: ContentDigest], fingerprint: Fingerprint
    ) -> (isDone: Bool, wrong: [String]) {
        guard var hearing = hearings[shard], hearing.isOpen else { return (true, []) }
        defer { hearings[shard] = hearing }
        guard contents == hearing.audited.contents else {
            hearing.unable.insert(name)
            return (false, [])
        }
        let agrees = hearing.statements.contains { $0.fingerprint == fingerprint && $0.name != name }
        hearing.statements.append((name, fingerprint))
        guard agrees else { return (false, []) }
        hearing.isOpen = false
        let wrong = Set(hearing.statements.filter { $0.fingerprint != fingerprint }.map(\.name)).sorted()
        for liar in wrong { findings.wrong[liar, default: []].append(shard) }
        if hearing.audited.fingerprint == fingerprint { findings.confirmed[shard] = name }
        return (true, wrong)
    }

    /// What a worker that was found to be wrong has said counts no more, and what it folded is done again in any case.
    /// - Returns: the shards that need not be computed any more.
    mutating func disregard(_ name: String) -> [ShardID] {
        findings.confirmed = findings.confirmed.filter { $0.value != name }
        var done: [ShardID] = []
        for id in hearings.keys.sorted() {
            guard let hearing = hearings[id] else { continue }
            if hearing.audited.maker.worker == name {
                findings.confirmed[id] = nil
                if hearing.isOpen { done.append(id) }
                hearings[id]?.isOpen = false
            } else if hearing.isOpen {
                hearings[id]?.statements.removeAll { $0.name == name }
                hearings[id]?.unable.insert(name)
            }
        }
        return done
    }

    /// Ends the hearing of a shard of which nobody else can be asked.
    /// - Parameter isFatal: workers end with it.
    mutating func close(_ shard: ShardID, isFatal: Bool) {
        guard let hearing = hearings[shard], hearing.isOpen else { return }
        hearings[shard]?.isOpen = false
        if isFatal {
            findings.fatal[shard] = hearing.audited.maker.worker
        } else if hearing.statements.count > 1 {
            findings.undecided[shard] = hearing.statements.map(\.name)
        } else if hearing.unable.isEmpty {
            findings.unseen[shard] = hearing.audited.maker.worker
        } else {
            findings.changed.append(shard)
        }
    }
}
