import Foundation
import Gaussian
import Imaging
import Journal
import Logging
import Storage
import Terminal

/// A job's journal, opened for work: what an earlier run left behind is looked at, and what has changed since is found out.
struct JobOpening {
    let directory: String
    let plan: JobPlan
    let logger: Logger

    /// - Throws: `JobError`, `JournalError`, `StorageError`.
    func open() throws -> Journal {
        try plan.checkLists(isNew: !FileManager.default.fileExists(atPath: JobDirectory(directory).database), logger)
        let journal = try openJournal()
        let releases = try journal.value(.releases) ?? []
        if releases.last != Release.version { try journal.set(.releases, to: releases + [Release.version]) }
        let inHand = try journal.blameShardsInHand()
        if !inHand.isEmpty {
            logger.notice("the job was cut off with \(inHand.count) shards in workers' hands: they are dealt last")
        }
        try journal.directory.createPartials()
        try journal.checkShards(.normal)
        try journal.checkShards(.inspect)
        try forgetDamagedModel(journal)
        if try journal.value(.model) == nil { try discardDamagedPartials(journal) }
        try journal.removeStrayPartials()
        let files = journal.directory
        for path in [files.statistics, files.model, files.results, files.report, files.inside(InspectJob.probe)] {
            DurableFile.removeLeftovers(of: path)
        }
        try reopenUnreadable(journal)
        for (role, list) in [(ImageRole.normal, plan.fit?.list), (.inspect, plan.inspect?.list)] {
            guard let list else { continue }
            let images = list.entries.lazy.map {
                ImageRecord(path: $0.path, file: $0.file, output: $0.outputStem)
            }
            try journal.register(
                images, role: role,
                shardSizes: ShardLayout.sizes(images: images.count, shardSize: plan.cluster.shardSize),
                sources: list.sources.map { ImageSource(name: $0.name, images: $0.entries.count) })
        }
        try journal.requireFoldableSums()
        return journal
    }

    /// What the last run that came to its end could not read is tried once more: a folder that was not mounted may be there by now.
    /// One that was stopped or killed goes on where it was.
    private func reopenUnreadable(_ journal: Journal) throws {
        guard let phase = try journal.value(.phase), phase == .failed || phase == .done else { return }
        for role in ImageRole.allCases {
            let images = try journal.reopenUnreadable(role)
            if images > 0 { logger.info("\(images) images that could not be read are tried once more") }
        }
    }

    /// Where the lists are others than the job's, it is said in what.
    private func openJournal() throws -> Journal {
        do {
            return try Journal.open(JobDirectory(directory), job: plan.record) { $0.translated(for: plan.record) }
        } catch JournalError.otherJob(let path, var differences) {
            for (role, list) in [(ImageRole.normal, plan.fit?.list), (.inspect, plan.inspect?.list)] {
                guard let list, let place = differences.firstIndex(where: { $0.name == JobRecord.listName(role) })
                else {
                    continue
                }
                let change = try? ListChange(of: Journal.read(JobDirectory(path)), role, now: list)
                differences[place].words = change?.words
            }
            throw JournalError.otherJob(directory: path, differences: differences)
        }
    }

    /// A model that is not the one which was made, or is gone, is made again.
    private func forgetDamagedModel(_ journal: Journal) throws {
        guard let digest = try journal.value(.model) else { return }
        if try journal.value(.madeModel) == nil { try journal.set(.madeModel, to: digest) }
        do {
            let found = try Digest(ofFile: journal.directory.model)
            guard found == digest else {
                throw StorageError("trust", journal.directory.model, "it is \(found), not \(digest)")
            }
            let sums = try StatisticsFile(path: journal.directory.statistics)
            try sums.verify()
            // Earlier releases did not write down which they are.
            guard try journal.value(.sums) ?? sums.contentDigest() == sums.contentDigest() else {
                throw GaussianError(sums.path, "holds other sums than those of the job's images")
            }
        } catch {
            logger.warning("\(error): the model is made again")
            try journal.forget(.model)
        }
    }

    /// A partial that a bad disk has changed is found out now, not after the night: its images are folded again.
    private func discardDamagedPartials(_ journal: Journal) throws {
        for partial in try journal.partials() {
            do {
                let file = try StatisticsFile(path: journal.directory.partial(partial.record.file))
                try file.verify()
                guard file.header.count == Int64(partial.record.images) else {
                    throw GaussianError(file.path, "holds \(file.header.count) images, not \(partial.record.images)")
                }
                // Earlier releases took the digest of the whole file.
                guard
                    try file.contentDigest() == partial.record.digest
                        || Digest(ofFile: file.path) == partial.record.digest
                else { throw GaussianError(file.path, "is another one than the job committed") }
            } catch {
                logger.warning("\(error): its \(partial.record.images) images are folded again")
                try journal.discard(partial: partial.id)
            }
        }
    }
}
