import Journal
import Storage

/// Which committed shards of a stage are done once more. It depends on a seed and on the shards' images, and on nothing else.
public struct AuditSelection: Sendable {
    private let seed: UInt64
    private let share: Double

    /// - Parameters:
    ///   - seed: nothing that workers know.
    ///   - percent: of the shards; beside these there is one at least of each worker.
    public init(seed: Int64, percent: Double) {
        (self.seed, share) = (UInt64(bitPattern: seed), percent / 100)
    }

    public func chosen(of shards: [AuditableShard]) -> [AuditableShard] {
        let ranked = shards.map { (shard: $0, rank: rank($0.shard.firstImage)) }
        var taken = Set(ranked.filter { $0.rank < share }.map(\.shard.shard.id))
        for (_, own) in Dictionary(grouping: ranked, by: \.shard.maker.worker)
        where !own.contains(where: { taken.contains($0.shard.shard.id) }) {
            if let least = own.min(by: { $0.rank < $1.rank }) { taken.insert(least.shard.shard.id) }
        }
        return shards.filter { taken.contains($0.shard.id) }
    }

    /// Spread evenly over 0 to 1, without 1.
    private func rank(_ image: ImageID) -> Double {
        var mixed = seed ^ UInt64(bitPattern: image.rawValue) &* 0x9E37_79B9_7F4A_7C15
        for _ in 0..<2 {
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            mixed ^= mixed >> 31
        }
        return Double(mixed >> 11) * 0x1p-53
    }
}

/// What an audit draws by: fixed when the job first has one.
public struct AuditSeeds: Codable, Equatable, Sendable {
    /// The seed of the weights of fingerprints. Workers are told it.
    public let weights: Int64
    /// The seed by which shards are chosen. Workers are not told it.
    public let selection: Int64

    public init(weights: Int64, selection: Int64) { (self.weights, self.selection) = (weights, selection) }

    /// Drawn at random.
    public static func random() -> AuditSeeds {
        AuditSeeds(weights: Int64.random(in: 0..<1 << 53), selection: Int64.random(in: 0..<1 << 53))
    }
}

extension JournalKey where Value == AuditSeeds {
    public static var auditSeeds: Self { Self("audit-seeds") }
}
