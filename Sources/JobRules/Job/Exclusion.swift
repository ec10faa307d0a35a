import Journal
import Storage

/// Takes images that were folded once more out of the partials of a fit. Killed between any two steps, it has changed nothing or all.
struct Exclusion {
    let journal: any JobJournal
    let files: any JobFiles

    func finish() throws -> ExclusionEnd {
        let changed = try journal.changedSinceFolded()
        guard changed.isEmpty else {
            try journal.removeExclusion()
            return .changed(changed)
        }
        let partials = try journal.partials()
        let copies = partials.filter { $0.role == .excluding }
        let groups = Set(copies.map(\.lot)).sorted { $0 ?? -1 < $1 ?? -1 }.map { lot in
            (whole: partials.filter { $0.role == .normal && $0.lot == lot }, part: copies.filter { $0.lot == lot })
        }
        let damaged = groups.flatMap { $0.whole + $0.part }.compactMap { partial in
            files.damage(of: partial.record).map { (partial: partial, damage: $0) }
        }
        guard damaged.isEmpty else { return .damaged(damaged) }
        var rests: [(partials: [PartialID], rest: PartialRecord?)] = []
        for (whole, part) in groups {
            let name = "\(whole.last?.id ?? 0)-rest-\(part.last?.id ?? 0).safetensors"
            rests.append(
                (whole.map(\.id), try files.subtract(part.map(\.record), from: whole.map(\.record), into: name)))
        }
        let written = rests.compactMap(\.rest)
        for rest in written { try files.syncContent(ofPartial: rest.file) }
        if !written.isEmpty { try files.syncPartialNames() }
        try journal.finishExclusion(rests)
        files.deletePartials(groups.flatMap { $0.whole + $0.part }.map(\.record.file))
        return .done(images: copies.reduce(0) { $0 + $1.record.images })
    }
}
