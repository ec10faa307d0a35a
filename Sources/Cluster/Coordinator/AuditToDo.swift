import Storage

/// Shards that are committed, and are to be done once more by others.
public struct AuditToDo: Equatable, Sendable {
    public let cases: [AuditCase]
    /// The highest shard number that the job ever used.
    public let lastShard: ShardID
    /// Whether all workers give the same bits, since the network computes in integers and nothing but its features is compared.
    public let isInteger: Bool
    /// Of the maps that scores are taken from; nil where nothing is known of them.
    public let mapBounds: MapBounds?

    public init(cases: [AuditCase], lastShard: ShardID, isInteger: Bool, mapBounds: MapBounds? = nil) {
        (self.cases, self.lastShard, self.isInteger, self.mapBounds) = (cases, lastShard, isInteger, mapBounds)
    }
}

/// A committed shard to be audited: which worker computed it, and what that worker reported.
public struct AuditCase: Equatable, Sendable {
    public let shard: ShardRange
    public let maker: ResultMaker
    public let said: AuditStatement

    public init(shard: ShardRange, maker: ResultMaker, said: AuditStatement) {
        (self.shard, self.maker, self.said) = (shard, maker, said)
    }
}
