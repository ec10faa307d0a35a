import Cluster
import JobRules
import Journal
import Storage

/// Shards that are done once more by other workers, as `StageAudit` and `Coordinator` have it done.
extension SimulatedCoordinator {
    /// - Returns: the answer; nil where it comes later.
    func audit(_ stage: JobStage) -> JobEvent? {
        if let pendingError { return .failed(pendingError) }
        let journal = folder.journal
        let all = stage.work == .sums ? journal.auditableShards(stage.role) : journal.scoredShards(stage.role)
        // Where somebody computes something wrong it is found in any case.
        let percent = world.auditLies == nil ? 30.0 : 100
        let chosen = AuditSelection(seed: 11, percent: percent).chosen(of: all).filter { $0.auditedBy == nil }
        guard !chosen.isEmpty, world.flaw != .skipAudit, let work = auditWork(stage) else {
            return .audited(AuditFindings())
        }
        let cases = chosen.compactMap { audited in
            let range = ShardRange(
                id: audited.shard.id, first: audited.shard.firstImage, count: audited.shard.images)
            return statement(audited, range).map { AuditCase(shard: range, maker: audited.maker, said: $0) }
        }
        stageNumber += 1
        role = stage.role
        self.stage = (stage, nil)
        isAuditing = true
        wait.begin(at: Instant(milliseconds: world.now))
        hasHeardOfUnfit = false
        note("audits \(cases.count) shards")
        world.tally.count("audit")
        if stage.work == .scores { world.tally.count("audit of scores") }
        if stage.work == .heldOutScores { world.tally.count("audit of a calibration") }
        let opened = Stage(
            number: stageNumber, work: work, servesImages: world.images.areServed)
        feed(.openAudit(opened, AuditToDo(cases: cases, lastShard: folder.journal.lastShard(), isInteger: false)))
        return nil
    }

    private func auditWork(_ stage: JobStage) -> Work? {
        guard let space = try? folder.spec.space(weights: world.weights.digest) else { return nil }
        switch stage.work {
        case .sums: return .audit(space: space, weights: world.weights, audit: JobSpec.audit)
        case .scores:
            return .inspect(
                model: world.publish(model: folder.model), weights: world.weights,
                order: folder.spec.order.ofScoresAlone)
        case .heldOutScores: return calibration(space, withoutLot: nil)
        case .contents: return nil
        }
    }

    /// What the journal has of a shard.
    private func statement(_ audited: AuditableShard, _ range: ShardRange) -> AuditStatement? {
        let journal = folder.journal
        let usable = range.images.filter { journal[$0].status == .ok }
        if let fingerprint = audited.fingerprint {
            let contents = usable.map { ($0, JobFolder.content(of: $0)) }
            return AuditStatement(fingerprint, contents: Dictionary(contents) { first, _ in first })
        }
        let scores = Dictionary(
            usable.map { ($0, AuditStatement.Score(score: journal[$0].score ?? -1, maxRow: 0, maxColumn: 0)) }
        ) { first, _ in first }
        guard audited.shard.role == .calibration else {
            let contents = usable.compactMap { image in journal[image].digest.map { (image, $0) } }
            return AuditStatement(scores: scores, contents: Dictionary(contents) { first, _ in first })
        }
        return CalibrationPayload(
            bytes: journal.shards[range.id]?.payload ?? [], images: range.count, rules: 1, patches: folder.spec.patches,
            lots: .none
        ).map { AuditStatement(scores: scores, $0) }
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
