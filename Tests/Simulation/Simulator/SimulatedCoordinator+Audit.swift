import Cluster
import JobRules
import Journal
import Storage

/// Shards that are computed once more by other workers, as `FitWork` and `Coordinator` have it done.
extension SimulatedCoordinator {
    /// - Returns: the answer; nil where it comes later.
    func audit(_ stage: JobStage) -> JobEvent? {
        if let pendingError { return .failed(pendingError) }
        let all = folder.journal.auditableShards(stage.role)
        // Where somebody computes something wrong it is found in any case.
        let percent = world.auditLies == nil ? 30.0 : 100
        let chosen = AuditSelection(seed: 11, percent: percent).chosen(of: all).filter { $0.auditedBy == nil }
        guard !chosen.isEmpty, world.flaw != .skipAudit,
            let space = try? folder.spec.space(weights: world.weights.digest)
        else { return .audited(AuditFindings()) }
        let cases = chosen.map { audited in
            let range = ShardRange(
                id: audited.shard.id, first: audited.shard.firstImage, count: audited.shard.images)
            let contents = range.images.filter { folder.journal[$0].status == .ok }.map { image in
                (image, JobFolder.content(of: image))
            }
            return AuditCase(
                shard: range, maker: audited.maker, fingerprint: audited.fingerprint,
                contents: Dictionary(contents) { first, _ in first })
        }
        stageNumber += 1
        role = stage.role
        self.stage = (stage, nil)
        isAuditing = true
        wait.begin(at: Instant(milliseconds: world.now))
        hasHeardOfUnfit = false
        note("audits \(cases.count) shards")
        world.tally.count("audit")
        let opened = Stage(
            number: stageNumber, work: .audit(space: space, weights: world.weights, audit: JobSpec.audit),
            servesImages: world.images.areServed)
        feed(.openAudit(opened, AuditToDo(cases: cases, lastShard: folder.journal.lastShard(), isInteger: false)))
        return nil
    }

    /// Counts what an audit found.
    func told(_ findings: AuditFindings) -> AuditFindings {
        note("has audited: \(findings.confirmed.count) confirmed, wrong: \(findings.wrong.keys.sorted())")
        if !findings.confirmed.isEmpty { world.tally.count("shards confirmed by an audit") }
        if !findings.unseen.isEmpty { world.tally.count("shards that nobody else could audit") }
        if !findings.fatal.isEmpty {
            world.tally.count("audit that workers ended with")
            // With a liar the sums may be wrong now; that nobody knows is said.
            folder.hasUnaudited = world.auditLies != nil
        }
        if !findings.undecided.isEmpty { world.tally.count("audit undecided") }
        if !findings.changed.isEmpty { world.tally.count("audit of images that changed") }
        return findings
    }
}
