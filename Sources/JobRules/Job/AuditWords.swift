import Cluster
import Storage

/// What an audit found, as it is told.
extension AuditFindings {
    /// How each worker that was wrong was, by name.
    var wrongInWords: [String: String] {
        wrong.mapValues { shards in
            "an audit found that two other workers compute something else of \(Self.list(shards))"
        }
    }

    /// What is told while the job goes on.
    /// - Parameter hasFolded: whether a model was made before in the job.
    func notes(_ work: JobStage.Work, hasFolded: Bool) -> [JobNote] {
        let deed = work == .sums ? "folded" : "scored"
        let rest = hasFolded ? ". What it folded for the model before stays: fit again without it if in doubt" : ""
        return wrong.keys.sorted().map { name in
            .warning(
                """
                worker \(name) is not taken in any more: \(wrongInWords[name] ?? ""). All that it \(deed) is dealt again\(rest)
                """)
        } + warnings(deed, needsSameBits: work == .sums).map { .warning($0) } + answers(work)
    }

    private func answers(_ work: JobStage.Work) -> [JobNote] {
        guard wrong.isEmpty, undecided.isEmpty, let total else { return [] }
        let names = Set(unseen.values).sorted()
        let rest = names.isEmpty ? "" : ". Nobody could check worker \(names.joined(separator: ", "))"
        let kind = work == .sums ? "" : work == .scores ? " with scores" : " of the calibration"
        let same = total.confirmed > 0 ? ": another worker computes the same" : ""
        return [.answer("audited \(total.confirmed) of \(total.shards) shards\(kind)\(same)\(rest)")]
    }

    /// - Parameter deed: what was done of the shards.
    private func warnings(_ deed: String, needsSameBits: Bool) -> [String] {
        var warnings: [String] = []
        if !changed.isEmpty {
            warnings.append(
                "\(Self.list(changed.sorted())) could not be audited: others did not find the same images as when they were \(deed)"
            )
        }
        if !fatal.isEmpty {
            warnings.append(
                """
                \(Self.list(fatal.keys.sorted())) could not be audited: workers ended, or gave up, while they did them once more. What was \(deed) of \
                them stays, unconfirmed. See the workers' logs
                """)
        }
        let missing =
            needsSameBits
            ? "no other worker gives the same bits as worker %. Start another one on such a processor, or force one instruction set for all (--instruction-set)"
            : "there was no other worker than worker % that could. Start another one"
        for name in Set(unseen.values).sorted() {
            let shards = unseen.filter { $0.value == name }.map(\.key).sorted()
            warnings.append(
                "\(Self.list(shards)) could not be audited: " + missing.replacing("%", with: name))
        }
        return warnings
    }

    /// Nil where it is known who is right.
    var undecidedInWords: String? {
        guard let first = undecided.keys.min(), let names = undecided[first] else { return nil }
        let workers = names.map { "worker \($0)" }.joined(separator: " and ")
        return """
            \(workers) compute different things of the same images (\(Self.list(undecided.keys.sorted()))), and there is no other worker \
            to tell which of them is right. Start one more and give the same command again: what is done stays, and the audit goes on
            """
    }

    private static func list(_ shards: [ShardID]) -> String {
        let few = shards.prefix(5).map { "\($0)" }.joined(separator: ", ")
        let more = shards.count > 5 ? " and \(shards.count - 5) more" : ""
        return (shards.count == 1 ? "shard " : "shards ") + few + more
    }
}
