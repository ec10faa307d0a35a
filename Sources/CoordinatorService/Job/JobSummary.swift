import Foundation
import JobRules
import Journal

/// What the report says of how a job went.
struct JobSummary {
    let journal: Journal
    private let began = ContinuousClock.now
    private let date = Date.now

    init(journal: Journal) { self.journal = journal }

    /// Records it: the last run's time and workers, and what the job has in all.
    /// - Parameter waited: by stage, the share of the compute threads' time in which they waited.
    func record(workers: (joined: Int, died: Int), waited: [(label: String, share: Double)]) throws {
        var facts: [JobFact] = []
        if let model = try journal.value(.model) { facts.append(JobFact("model (SHA-256)", model.hex)) }
        for role in ImageRole.allCases {
            let counts = try journal.counts(role)
            guard counts.total > 0 else { continue }
            facts.append(JobFact("images \(role.participle)", "\(counts.ok)"))
            if counts.failed > 0 {
                facts.append(JobFact("images not usable (to be \(role.participle))", "\(counts.failed)"))
            }
        }
        if try journal.value(.auditSeeds) != nil {
            let counted = [
                ("shards audited", try journal.auditableShards(.normal), try journal.countShardsInSums(.normal)),
                (
                    "shards of the calibration audited", try journal.scoredShards(.calibration),
                    try journal.countShardsWithScores(.calibration)
                ),
                (
                    "shards with scores audited", try journal.scoredShards(.inspect),
                    try journal.countShardsWithScores(.inspect)
                ),
            ]
            for (label, all, shards) in counted where shards > 0 {
                facts.append(JobFact(label, "\(all.count { $0.auditedBy != nil }) of \(shards)"))
            }
            let wrong = try journal.value(.distrusted) ?? [:]
            if !wrong.isEmpty {
                facts.append(
                    JobFact("workers that an audit found to be wrong", wrong.keys.sorted().joined(separator: ", ")))
            }
        }
        facts.append(JobFact("workers that joined", "\(workers.joined)"))
        if workers.died > 0 { facts.append(JobFact("workers lost", "\(workers.died)")) }
        for (label, share) in waited {
            facts.append(JobFact("compute threads waited (\(label))", String(format: "%.1f %%", 100 * share)))
        }
        facts.append(JobFact("last run began", date.formatted(.iso8601)))
        facts.append(JobFact("last run ended", Date.now.formatted(.iso8601)))
        facts.append(JobFact("time of the last run", "\(began.duration(to: .now).components.seconds) s"))
        try journal.set(.summary, to: facts)
    }
}
