import Foundation
import Gaussian
import Imaging
import Journal
import Logging
import Storage
import Terminal

/// A job's journal, opened for work, and what is looked at before anything is dealt.
package struct JobOpening {
    private let directory: String
    private let plan: JobPlan
    private let logger: Logger

    package init(directory: String, plan: JobPlan, logger: Logger) {
        (self.directory, self.plan, self.logger) = (directory, plan, logger)
    }

    /// - Throws: `JobError`, `JournalError`, `StorageError`.
    package func open() throws -> Journal {
        let digests = ListDigests(of: plan.lists)
        try plan.checkLists(isNew: !FileManager.default.fileExists(atPath: JobDirectory(directory).database), logger)
        let journal = try openJournal(digests)
        let releases = try journal.value(.releases) ?? []
        if releases.last != Release.version { try journal.set(.releases, to: releases + [Release.version]) }
        try journal.directory.createPartials()
        try journal.checkShards()
        return journal
    }

    /// Removes what killed processes left behind.
    package static func sweep(_ journal: Journal) throws {
        try journal.removeStrayPartials()
        let files = journal.directory
        for path in [
            files.statistics, files.model, files.uncalibratedModel, files.results, files.report,
            files.inside(JobLayout.legend), files.inside(JobLayout.drift), files.inside(JobLayout.driftMap),
            files.inside(JobLayout.probe), files.inside(JobLayout.pooled),
        ] {
            DurableFile.removeLeftovers(of: path)
        }
        // Workers of a coordinator that was killed may be about to write.
        unlink(files.inside(JobLayout.probe))
        unlink(files.inside(JobLayout.pooled))
        // Models without a lot, which are there only while they are in use.
        for name in (try? FileManager.default.contentsOfDirectory(atPath: files.path)) ?? []
        where name.utf8.starts(with: JobLayout.withoutLot.utf8) { unlink(files.inside(name)) }
    }

    /// Takes up the images of a plan's lists.
    package static func register(_ plan: JobPlan, in journal: Journal) throws {
        for (role, list) in plan.lists where role != JobPlan.Inspect.role || plan.inspect?.growth == nil {
            let lots = plan.lots(role)?.lots
            let entries = list.entries
            try journal.register(
                entries.count, role: role,
                shards: plan.shards(role),
                sources: list.sources.map { ImageSource(name: $0.name, images: $0.entries.count) }
            ) { place in
                ImageRecord(
                    path: entries[place].path, location: entries[place].location, output: entries[place].outputStem,
                    lot: lots?[place], region: entries[place].region)
            }
        }
        try beginExclusion(plan, in: journal)
        try journal.requireFoldableSums()
    }

    /// Removes the excluded images from the work that is left, and registers those that are in the sums already to be folded once more, so
    /// that they can be subtracted.
    package static func beginExclusion(_ plan: JobPlan, in journal: Journal) throws {
        guard let fit = plan.fit else { return }
        let places = fit.excluded + (fit.isTrimmed ? try journal.value(.trimmed)?.places ?? [] : [])
        guard !places.isEmpty else { return }
        try requireRemaining(without: Set(places), fit, journal)
        try journal.beginExclusion(of: places, shardSize: plan.cluster.shardSize(of: places.count))
    }

    /// - Throws: `JobError` where nothing would remain, with what is out already.
    private static func requireRemaining(without places: Set<Int>, _ fit: JobPlan.Fit, _ journal: Journal) throws {
        guard fit.continued == nil else { return }
        var (place, remaining, out) = (0, 0, 0)
        try journal.forEachImage(JobPlan.Fit.role) { row in
            defer { place += 1 }
            if row.status == .excluded { out += 1 }
            if !places.contains(place), row.status == nil || row.status == .ok { remaining += 1 }
        }
        guard remaining > 0 else {
            throw JobError.wrongRequest(
                "without these images nothing remains to fit on: of the list's \(place) images \(out) are left out already"
            )
        }
    }

    /// Why the model, or the sums that it was made of, are not those that the journal knows; nil where they are.
    package static func damageOfModel(_ journal: Journal) throws -> String? {
        let digest = try journal.value(.model)
        let sumsDigest = try journal.value(.sums)
        do {
            let found = try Digest(ofFile: journal.directory.model)
            guard found == digest else {
                throw StorageError(
                    "trust", journal.directory.model,
                    "it is \(found), not \(digest.map { "\($0)" } ?? "one of this job")")
            }
            // A calibration has no sums of its own.
            if journal.job.kind == .calibrate { return nil }
            let sums = try StatisticsFile(path: journal.directory.statistics)
            try sums.verify()
            // Earlier releases did not write down which they are.
            guard sumsDigest ?? sums.contentDigest() == sums.contentDigest() else {
                throw GaussianError(sums.path, "holds other sums than those of the job's images")
            }
            return nil
        } catch {
            return "\(error)"
        }
    }

    /// Where the lists are others than the job's, it is said in what.
    private func openJournal(_ digests: ListDigests) throws -> Journal {
        do {
            return try Journal.open(JobDirectory(directory), job: plan.record(of: digests.all)) {
                plan.translate($0, beside: plan.record(of: digests.all))
            }
        } catch JournalError.otherJob(let path, var differences) {
            for (role, list) in plan.lists {
                guard let place = differences.firstIndex(where: { $0.name == JobRecord.listName(role) })
                else {
                    continue
                }
                let change = try? ListChange(of: Journal.read(JobDirectory(path)), role, now: list)
                differences[place].words = change?.words
            }
            throw JournalError.otherJob(directory: path, differences: differences)
        }
    }
}
