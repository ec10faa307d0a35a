import Gaussian
import Storage

/// What workers are told for an audit: they say a fingerprint of each shard's features, which must fit the sums, and those of others.
public struct AuditOrder: Codable, Equatable, Sendable {
    /// From which the weights of fingerprints follow.
    public let seed: Int64

    public init(seed: Int64) { self.seed = seed }
}

extension Work {
    /// What the work says of fingerprints; nil where none are asked for.
    public var audit: AuditOrder? {
        switch self {
        case .accumulate(_, _, _, let audit): audit
        case .audit(_, _, let audit): audit
        default: nil
        }
    }

    /// Whether workers say of it what an audit compares, beside their results. A calibration's results are all that its audit needs, so that nobody
    /// sees whether it has one.
    var isAudited: Bool {
        if case .inspect(_, _, let order) = self { order.tellsContents } else { audit != nil }
    }
}

/// What workers said of the shards in a partial, by which its sums are checked.
public struct PartialAudit: Equatable, Sendable {
    public let maker: ResultMaker
    public let fingerprints: [ShardID: Fingerprint]

    public init(maker: ResultMaker, fingerprints: [ShardID: Fingerprint]) {
        (self.maker, self.fingerprints) = (maker, fingerprints)
    }

    /// That of the partial's sums, if all is as its worker says.
    public var fingerprint: Fingerprint { fingerprints.values.reduce(.zero, +) }
}

/// Which workers give the same bits for the same image.
public enum FeatureKind {
    /// - Parameters:
    ///   - instructionSet: as a worker says it in `hello`, or as the job forces it.
    ///   - isInteger: whether the network computes in integers, which are the same everywhere.
    public static func name(of instructionSet: String, isInteger: Bool) -> String {
        if isInteger { return "integers" }
        // Fused multiply-add gives one result on every set that has it.
        return ["avx2", "avx512", "neon"].contains(instructionSet) ? "fused" : instructionSet
    }
}
