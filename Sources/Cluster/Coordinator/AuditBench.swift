import Storage

/// Hears what workers say of committed shards, and finds who is wrong: what two of them say, of different names, is right.
struct AuditBench: Sendable {
    private struct Statement: Sendable {
        let name: String
        /// Of the worker's bits.
        let kind: String
        let said: AuditStatement

        func agrees(with other: Statement) -> Bool {
            said.agrees(with: other.said, hasSameBits: kind == other.kind)
        }
    }

    private struct Hearing: Sendable {
        let audited: AuditCase
        /// What was said, the first by the one that did it.
        var statements: [Statement]
        /// Workers that did not find the same images.
        var unable: Set<String> = []
        /// Workers that gave it up.
        var gaveUp: Set<String> = []
        var isOpen = true

        func hasHeard(_ name: String) -> Bool {
            unable.contains(name) || gaveUp.contains(name) || statements.contains { $0.name == name }
        }
    }

    private var hearings: [ShardID: Hearing] = [:]
    private let isInteger: Bool
    private(set) var findings = AuditFindings()

    init(_ toDo: AuditToDo) {
        isInteger = toDo.isInteger
        for audited in toDo.cases {
            let maker = audited.maker
            let kind = FeatureKind.name(of: maker.instructionSet, isInteger: isInteger)
            hearings[audited.shard.id] = Hearing(
                audited: audited, statements: [Statement(name: maker.worker, kind: kind, said: audited.said)])
        }
    }

    func kind(of instructionSet: String) -> String { FeatureKind.name(of: instructionSet, isInteger: isInteger) }

    /// Whether somebody may be asked about a shard: it has not reported it, and where only equal bits tell something gives those of the one
    /// that did it.
    func mayHear(_ name: String, kind: String, of shard: ShardID) -> Bool {
        guard let hearing = hearings[shard], hearing.isOpen else { return false }
        let said = hearing.audited.said
        return (!said.needsSameBits || hearing.statements.first?.kind == kind) && !hearing.hasHeard(name)
    }

    /// - Returns: whether the shard is done, and who was found to be wrong.
    mutating func hear(
        _ worker: ResultMaker, of shard: ShardID, _ said: AuditStatement
    ) -> (isDone: Bool, wrong: [String]) {
        let name = worker.worker
        guard var hearing = hearings[shard], hearing.isOpen else { return (true, []) }
        defer { hearings[shard] = hearing }
        guard said.contents == hearing.audited.said.contents else {
            hearing.unable.insert(name)
            return (false, [])
        }
        let statement = Statement(name: name, kind: kind(of: worker.instructionSet), said: said)
        let earlier = hearing.statements
        hearing.statements.append(statement)
        // The one that did the shard comes first.
        guard let other = earlier.first(where: { $0.name != name && $0.agrees(with: statement) }) else {
            return (false, [])
        }
        // It agrees with two who contradict each other: it cannot tell which of them is right.
        guard earlier.allSatisfy({ $0.name == name || $0.agrees(with: other) || !$0.agrees(with: statement) }) else {
            return (false, [])
        }
        hearing.isOpen = false
        let wrong = Set(
            earlier.filter { !$0.agrees(with: statement) && !$0.agrees(with: other) }.map(\.name)
        ).sorted()
        for liar in wrong { findings.wrong[liar, default: []].append(shard) }
        if other.name == hearing.audited.maker.worker { findings.confirmed[shard] = name }
        return (true, wrong)
    }

    /// A worker could not do a shard: others are asked.
    mutating func pass(over name: String, of shard: ShardID) { hearings[shard]?.gaveUp.insert(name) }

    /// What a worker that was found to be wrong has said counts no more, and what it did is done again in any case.
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
        } else if !hearing.gaveUp.isEmpty {
            findings.fatal[shard] = hearing.audited.maker.worker
        } else if hearing.unable.isEmpty {
            findings.unseen[shard] = hearing.audited.maker.worker
        } else {
            findings.changed.append(shard)
        }
    }
}
