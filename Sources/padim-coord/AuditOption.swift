import ArgumentParser
import JobPlanning
import Terminal

/// How much of a job is computed twice, to find workers that compute something wrong.
struct AuditOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            Have other workers compute about this percentage of the shards again, at least one shard of each worker, and compare: sums by fingerprints of features, and scores. If two workers disagree with a \
            third one, that one is refused, and others do all of its work again. It takes two workers, and three to know which one is wrong.
            """, valueName: "percent"))
    var audit: Percentage?

    /// Puts it into the options of a job.
    func apply(to cluster: inout ClusterOptions) throws {
        guard let audit = audit?.value else { return }
        guard audit > 0, audit <= 100 else {
            throw ValidationError("--audit takes a percentage above 0 and up to 100, not \(audit)")
        }
        if cluster.bind == nil, (cluster.localWorkers ?? 1) < 2 {
            throw ValidationError(
                "--audit has another worker compute shards once more, and there is one alone: give --local-workers 3, or --bind for workers elsewhere"
            )
        }
        cluster.auditPercent = audit
    }
}
