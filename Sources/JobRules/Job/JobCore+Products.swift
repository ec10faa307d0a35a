import Cluster
import Journal
import Storage

/// What stages make, and what becomes of it: models, the findings of audits, images that were taken out.
extension JobCore {
    mutating func announce(_ model: Digest, _ standing: JobStanding) {
        guard hasMadeModel else { return note(.answer("model.safetensors \(model) (fitted before)")) }
        note(.answer("model.safetensors \(model)"))
        for stage in stages[...place] {
            let (role, counts) = (stage.role, standing.counts(stage.role))
            guard role != .excluding else { continue }
            let excluded = counts.excluded > 0 ? ", \(counts.excluded) left out" : ""
            note(.answer("\(stage.participle) \(counts.ok) images, \(counts.failed) unusable\(excluded)"))
            guard counts.failed > 0 else { continue }
            note(
                .warning(
                    "which images were not usable, and why: padim export \(directory) --images \(role.rawValue) --unusable --csv FILE"
                ))
        }
    }

    /// Whether the job may have a model of this digest. One that was made again, because its file was damaged or is gone, is to be the one
    /// that was made before: images may have been scored with that.
    mutating func accept(_ digest: Digest) -> Bool {
        guard let before = standing?.madeModel, before != digest else { return true }
        let isUsed = stages.contains { $0.work == .scores && standing?.roles[$0.role]?.hasCommitted == true }
        if isUsed {
            close(.otherModel(made: digest, before: before))
        } else {
            note(.warning(JobFailure.otherModelWords(made: digest, before: before)))
        }
        return !isUsed
    }

    /// What was computed wrongly is done again, and audited once more.
    mutating func take(_ findings: AuditFindings) {
        let stage = stages[place]
        let hasFolded = stages[..<place].contains { $0.work == .sums }
        findings.notes(stage.work, hasFolded: hasFolded).forEach { note($0) }
        agenda = [.recordAudit(stage, findings), .readJournal]
        guard findings.wrong.isEmpty else { return }
        audited.insert(stage.role)
        if let words = findings.undecidedInWords {
            close(.auditUndecided(words))
            agenda.insert(.recordAudit(stage, findings), at: 0)
        }
    }

    mutating func take(_ end: ExclusionEnd) {
        switch end {
        case .done(let images):
            note(.answer("took \(images) images out"))
            agenda = [.readJournal]
        case .changed(let images): close(.excludedChanged(images.map(\.record.path)))
        case .damaged(let damaged):
            for (partial, damage) in damaged {
                note(.warning("\(damage): its \(partial.record.images) images are folded again"))
            }
            agenda = damaged.map { .discardPartial($0.partial) } + [.beginExclusion, .readJournal]
        }
    }

    mutating func take(completed digest: Digest) {
        guard accept(digest) else { return }
        hasMadeModel = true
        agenda = [.recordCompleted(digest), .readJournal]
    }

    mutating func take(_ model: MadeModel) {
        let isCompleted = stages[place].product == .model
        guard !isCompleted || accept(model.digest) else { return }
        hasMadeModel = true
        agenda = [isCompleted ? .recordModel(model) : .recordUncalibrated(model), .readJournal]
        if model.shareOfZeroChannels > 0.99 {
            note(
                .warning(
                    """
                    nearly all features are 0 on the fixed-point grid, so the model tells nothing apart; a larger --grid-exponent gives \
                    finer steps
                    """))
        }
        if let warning = model.size.warning { note(.warning(warning)) }
        if model.clamped > 0 {
            note(
                .warning(
                    """
                    \(model.clamped) features were beyond the fixed-point grid's range and set to its limit; a smaller \
                    --grid-exponent gives a wider range
                    """))
        }
    }
}

extension JobFailure {
    public static func otherModelWords(made: Digest, before: Digest) -> String {
        "the model that was made again is \(made), and not \(before): images that it learns from have changed"
    }
}
