import Storage

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
    /// Shards that no other worker could do, or none with the same bits, and who did them.
    public var unseen: [ShardID: String] = [:]
    /// Shards that could not be audited because the workers that did them once more died or gave up, and who did them first.
    public var fatal: [ShardID: String] = [:]
    /// Shards of which others did not find the same images.
    public var changed: [ShardID] = []
    /// Of all committed shards, how many another worker has confirmed in this audit or an earlier one; nil where nobody counted.
    public var total: Total?

    public init() {}

    /// Takes in what an audit of other shards has found.
    public mutating func add(_ other: AuditFindings) {
        confirmed.merge(other.confirmed) { first, _ in first }
        wrong.merge(other.wrong, uniquingKeysWith: +)
        undecided.merge(other.undecided) { first, _ in first }
        unseen.merge(other.unseen) { first, _ in first }
        fatal.merge(other.fatal) { first, _ in first }
        changed += other.changed
    }
}
