import Journal

/// Carries out those of a job's directives that concern its journal and its partials alone.
public struct JobBooks {
    private let journal: any JobJournal
    private let files: any JobFiles

    public init(journal: any JobJournal, files: any JobFiles) { (self.journal, self.files) = (journal, files) }

    /// - Returns: the answer; nil for a directive that is not of this kind.
    public func perform(_ directive: JobDirective) throws -> JobEvent? {
        switch directive {
        case .readJournal: return .journalRead(try JobStanding(of: journal))
        case .blameShardsInFlight: return .blamed(shards: try journal.blameShardsInFlight().count)
        case .forgetModel:
            // Earlier releases did not write down which was made.
            if try journal.value(.madeModel) == nil, let model = try journal.value(.model) {
                try journal.set(.madeModel, to: model)
            }
            try journal.forget(.model)
            try journal.forget(.uncalibratedModel)
        case .examinePartials:
            return .partialsExamined(
                try journal.partials().compactMap { partial in
                    files.damage(of: partial.record).map { (partial, $0) }
                })
        case .discardPartial(let partial):
            // What was made of it is made again.
            if try journal.value(.uncalibratedModel) != nil { try journal.forget(.uncalibratedModel) }
            try journal.discard(partial: partial.id)
        case .reopenUnreadable(let role): return .reopened(images: try journal.reopenUnreadable(role))
        case .beginEpoch:
            // Asked before the new epoch begins.
            let isCareful = try journal.wasCutOff()
            return .epochBegan(try journal.beginEpoch(), isCareful: isCareful)
        case .enter(let phase): try journal.set(.phase, to: phase)
        case .recordModel(let made):
            // Which model was made is on the disk before the job is said to have it: if it is made again, it is to be the same.
            try journal.set(.sums, to: made.sums)
            try journal.set(.madeModel, to: made.digest)
            try journal.set(.model, to: made.digest)
        case .recordUncalibrated(let made):
            try journal.set(.sums, to: made.sums)
            try journal.set(.uncalibratedModel, to: made.digest)
        case .recordCompleted(let digest):
            try journal.set(.madeModel, to: digest)
            try journal.set(.model, to: digest)
        case .recordFindings(let stage):
            let before = try journal.value(.findings) ?? []
            try journal.set(.findings, to: before.filter { $0 != stage.role.rawValue } + [stage.role.rawValue])
        case .recordAudit(let stage, let findings):
            // Files that nobody counts any more.
            files.deletePartials(
                try journal.recordAudit(
                    stage.role, confirmed: findings.confirmed, wrong: findings.wrongInWords))
        case .finishExclusion:
            return .exclusionEnded(try Exclusion(journal: journal, files: files).finish())
        case .abandonExclusion: try journal.removeExclusion()
        case .recordEnd: try journal.recordEnd()
        default: return nil
        }
        return .done
    }
}
