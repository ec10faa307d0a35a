import Cluster
import JobPlanning
import JobRules
import Journal
import Logging
import Storage

/// The audit of a stage: a share of its shards is done once more by other workers, and what they say is compared.
struct StageAudit {
    let stage: JobStage
    let cluster: ClusterOptions
    let journal: Journal
    let logger: Logger

    /// Fixed when the job first has an audit.
    func seeds() throws -> AuditSeeds {
        if let seeds = try journal.value(.auditSeeds) { return seeds }
        let seeds = AuditSeeds.random()
        try journal.set(.auditSeeds, to: seeds)
        return seeds
    }

    /// Has the chosen shards done once more that were not before.
    /// - Parameters:
    ///   - all: the shards that can be compared.
    ///   - committed: how many shards there are, with the others.
    ///   - ask: has workers do shards once more, in the order of their images.
    func findings(
        of all: [AuditableShard], committed: Int, _ ask: ([AuditableShard]) async throws -> AuditFindings
    ) async throws -> AuditFindings {
        let chosen = AuditSelection(seed: try seeds().selection, percent: cluster.auditPercent).chosen(of: all)
        let open = chosen.filter { $0.auditedBy == nil }
        if all.count < committed {
            let deed = stage.work == .sums ? "folded" : "scored"
            logger.warning(
                "\(committed - all.count) of \(committed) shards cannot be audited: they were \(deed) before the job had an audit, or cut since"
            )
        }
        var findings = AuditFindings()
        if !open.isEmpty {
            logger.info("auditing \(open.count) of \(committed) shards")
            findings = try await ask(open)
        }
        let confirmed = chosen.count { $0.auditedBy != nil } + findings.confirmed.count
        findings.total = AuditFindings.Total(confirmed: confirmed, shards: committed)
        return findings
    }

    /// The images of a shard that have scores, as the journal has them.
    func scoredImages(_ shard: ShardRecord) throws -> [ImageRow] {
        let images = try journal.images(
            stage.role, after: shard.firstImage.advanced(by: -1), limit: shard.images)
        return images.filter { $0.status == .ok }
    }

    func auditCase(_ audited: AuditableShard, _ said: AuditStatement) -> AuditCase {
        let shard = audited.shard
        return AuditCase(
            shard: ShardRange(id: shard.id, first: shard.firstImage, count: shard.images), maker: audited.maker,
            said: said)
    }
}

extension AuditStatement {
    /// The scores that the journal has of images.
    static func scores(of images: [ImageRow]) -> [ImageID: Score] {
        let scores = images.compactMap { image in
            Score(image.score, maxRow: image.maxRow, maxColumn: image.maxColumn).map { (image.id, $0) }
        }
        return Dictionary(scores) { first, _ in first }
    }
}
