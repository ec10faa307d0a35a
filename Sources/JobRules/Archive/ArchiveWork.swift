import Cluster
import Journal
import Storage

/// Carries out the steps of orders to the disk, one after the other, with a journal and files. To be used by one thread at a time.
public struct ArchiveWork {
    /// What came of a step.
    public enum Result: Sendable {
        case done
        /// The step is done, and the core must be told this event.
        case report(CoordinatorEvent)
        /// The step failed for a reason in the data: the other steps of its order are skipped. The core must be told the event, if there is one.
        case refused(CoordinatorEvent?)
    }

    private struct Partial {
        /// The number of images in the sums; 0 if all of the shard's images failed: then there is no file.
        let images: Int64
        var record: PartialRecord?
        /// A worker wrote its file, and vouches for it.
        var isWorkers = false
    }

    let journal: any JobJournal
    let files: any JobFiles
    /// When there are this many partials, they are added up into one.
    private let mostPartials: Int
    private var open: [UploadID: Partial] = [:]
    /// Sums that are to become one, and the file of their sum.
    private var adding: (partials: [CommittedPartial], sum: PartialRecord)?
    /// Whether artifacts were stored or named that are not synced yet.
    private var hasUnsyncedArtifacts = false
    /// The worker whose artifacts were found missing last. They were waited for, as a network file system may tell late of a file; others that it
    /// reported meanwhile are not.
    var workerWithMissing: String?
    /// Of the shard that was asked for last.
    var outputs: (shard: ShardID, ofImages: [ImageID: String])?

    /// - Parameter mostPartials: when there are so many, their sum takes their place: each is as large as the model's sums, 127 MB for 100
    ///   channels and 3.8 GB for 550, whether it counts a thousand images or a million.
    public init(journal: any JobJournal, files: any JobFiles, mostPartials: Int = 8) {
        (self.journal, self.files, self.mostPartials) = (journal, files, mostPartials)
    }

    /// The uploads whose files are open.
    package var uploads: Set<UploadID> { Set(open.keys) }

    /// - Throws: what the disk refuses. Nothing more is to be done then: what is committed is safe.
    public mutating func perform(_ step: ArchiveStep) throws -> Result {
        switch step {
        case .create(let upload, let images, let clamped, let samples):
            open[upload] = Partial(images: images)
            if images > 0 {
                try files.createPartial(upload, images: images, samples: samples ?? images, clamped: clamped)
            }
        case .write(let upload, let patches, let bytes): return try write(upload, patches, bytes)
        case .sync, .name, .syncPartialNames, .adopt, .examine, .commit: return try commit(step)
        case .close(let upload):
            if open.removeValue(forKey: upload)?.images ?? 0 > 0 { files.closePartial(upload) }
        case .removeWritten(let upload):
            // Of sums that a worker speaks of after its session, nobody but the journal knows whether they were committed.
            let file = JobLayout.partial(of: upload)
            if try !journal.partials().contains(where: { $0.record.file == file }) { files.removeWritten(upload) }
        case .addUp, .syncSum, .syncNameOfSum, .replaceAdded, .deleteAdded: return try addUp(step)
        case .store(let place, let lease, let bytes):
            hasUnsyncedArtifacts = true
            try files.storeArtifact(bytes, at: place, under: lease)
        case .dropArtifacts(let shard, let lease, let order): try drop(shard, lease, order)
        case .look(let shard, let order, let waiting, let worker): return try look(shard, order, waiting, of: worker)
        case .nameArtifacts(let shard, let order, let waiting):
            hasUnsyncedArtifacts = hasUnsyncedArtifacts || !waiting.artifacts.isEmpty
            try name(shard, order, waiting)
        case .syncArtifacts:
            // They must survive a power cut after the commit.
            if hasUnsyncedArtifacts {
                try files.syncArtifacts()
                hasUnsyncedArtifacts = false
            }
        case .commitResults(let shard, let role, let outcomes, let order, let payload, let maker):
            try commitResults(shard, role, outcomes, order, payload, maker)
        case .commitContents(let shard, let role, let failures, let contents):
            try journal.commitContents(shard: shard, role: role, failures: failures, poison: [], contents: contents)
        case .placeRange(let shard, let patches, let bytes):
            do {
                try files.placeRange(patches, bytes)
            } catch let other as NotAsWritten {
                return .refused(.resultsRefused(shard: shard, reason: "it says that it merged a range, and \(other)"))
            }
        case .split(let shard, let halves):
            try journal.split(shard: shard, into: halves.map { ($0.id, $0.first, $0.count) })
        case .recordPoison(let image, let shard, let stage): try recordPoison(image, shard, stage)
        case .recordDeaths(let shards): try journal.addAttempt(toShards: shards)
        case .recordInFlight(let shards): try journal.recordInFlight(shards)
        case .report(let event): return .report(event)
        }
        return .done
    }

    // MARK: Partials

    private mutating func write(_ upload: UploadID, _ patches: Range<Int>, _ bytes: [UInt8]) throws -> Result {
        guard let partial = open[upload], partial.images > 0 else { return .done }
        do {
            try files.write(bytes, patches: patches, toPartial: upload)
            return .done
        } catch let impossible as ImpossibleSums {
            return refusal(of: upload, impossible.reason)
        }
    }

    private mutating func refusal(of upload: UploadID, _ reason: String) -> Result {
        open[upload] = nil
        files.closePartial(upload)
        return .refused(.partialRefused(upload: upload, reason: "it sent impossible sums: \(reason)"))
    }

    private mutating func refusal(of upload: UploadID, _ other: NotAsWritten) -> Result {
        open[upload] = nil
        files.removeWritten(upload)
        return .refused(.partialRefused(upload: upload, reason: "it says that it wrote its sums, and \(other)"))
    }

    private mutating func commit(_ step: ArchiveStep) throws -> Result {
        switch step {
        case .sync(let upload):
            // It was dropped, or refused.
            guard let partial = open[upload] else { return .refused(nil) }
            if partial.images > 0 { try files.syncPartial(upload) }
        case .name(let upload):
            if open[upload]?.images ?? 0 > 0 { open[upload]?.record = try files.namePartial(upload) }
        case .syncPartialNames(let upload): if open[upload]?.record != nil { try files.syncPartialNames() }
        case .adopt(let upload, let written):
            do {
                let record = try files.adoptPartial(upload, written)
                open[upload] = Partial(images: written.images, record: record, isWorkers: true)
            } catch let other as NotAsWritten {
                return refusal(of: upload, other)
            }
        case .examine(let upload, let fingerprint):
            guard let partial = open[upload], let file = partial.record?.file else {
                guard let fingerprint, fingerprint != .zero, open[upload]?.images == 0 else { break }
                return refusal(of: upload, "it told the fingerprint \(fingerprint) of no images")
            }
            do {
                guard let reason = try files.faultOfSums(inPartial: file, fingerprint: fingerprint) else { break }
                files.deletePartials([file])
                return refusal(of: upload, reason)
            } catch let other as NotAsWritten where partial.isWorkers {
                return refusal(of: upload, other)
            }
        case .commit(let upload, let shards, let role, let failures, let contents, let audit):
            var record = open[upload]?.record
            record?.maker = audit?.maker
            try journal.commit(
                partial: record, shards: shards, role: role, failures: failures, poison: [],
                contents: contents, fingerprints: audit?.fingerprints ?? [:])
        default: break
        }
        return .done
    }

    /// Adds partials up, so that a long job's disk does not fill with them.
    private mutating func addUp(_ step: ArchiveStep) throws -> Result {
        if case .addUp(let upload, let expectsMore) = step {
            guard let partials = try partialsToAddUp(expectsMore: expectsMore) else { return .refused(nil) }
            adding = (partials, try files.addUp(partials.map(\.record), into: "\(upload)-sum.safetensors"))
            return .done
        }
        guard let (partials, sum) = adding else { return .refused(nil) }
        switch step {
        case .syncSum: try files.syncContent(ofPartial: sum.file)
        case .syncNameOfSum: try files.syncPartialNames()
        case .replaceAdded: try journal.replace(partials: partials.map(\.id), with: sum)
        case .deleteAdded:
            files.deletePartials(partials.map(\.record.file))
            adding = nil
        default: break
        }
        return .done
    }

    /// Those that count images of the last upload's role and lot, if there are many. Where they are not, the sums of a lot that is done
    /// are added up: work has gone on to another lot, and each lot's sums stay on the disk.
    private func partialsToAddUp(expectsMore: Bool) throws -> [CommittedPartial]? {
        let all = try journal.partials()
        // Sums that are not kept apart are added up at the end of the stage anyhow.
        guard let last = all.last, expectsMore || last.lot != nil else { return nil }
        let present = all.filter(last.addsUp)
        if present.count >= mostPartials { return present }
        let done = all.first { partial in
            partial.lot != nil && !partial.isOfSameLot(as: last) && all.count(where: partial.addsUp) > 1
        }
        return done.map { all.filter($0.addsUp) }
    }

    // MARK: Results

    private mutating func commitResults(
        _ shard: ShardID, _ role: ImageRole, _ outcomes: [ImageOutcome], _ order: InspectionOrder?,
        _ payload: [UInt8], _ maker: ResultMaker?
    ) throws {
        func hasMap(_ outcome: ImageOutcome) -> Bool {
            outcome.failure == nil && order?.artifacts(flagged: outcome.flagged == true).contains(.map) ?? false
        }
        let outputs = outcomes.contains(where: hasMap) ? try outputs(ofShard: shard) : [:]
        let results = outcomes.map { outcome in
            guard let score = outcome.score, let row = outcome.maxRow, let column = outcome.maxColumn else {
                let reason = outcome.failure ?? "no reason was given"
                return ImageResult(unreadable: ImageFailure(id: outcome.id, reason: reason))
            }
            return ImageResult(
                image: outcome.id, score: score, maxRow: row, maxColumn: column, imageRow: outcome.imageRow,
                imageColumn: outcome.imageColumn, flagged: outcome.flagged,
                mapPath: hasMap(outcome) ? outputs[outcome.id].flatMap { order?.path(of: .map, output: $0) } : nil,
                digest: outcome.digest)
        }
        try journal.commitResults(
            shard: shard, role: role, results: results, payload: payload.isEmpty ? nil : payload, maker: maker)
    }

    private func recordPoison(_ image: ImageID, _ shard: ShardID, _ stage: JobStage) throws {
        let failure = ImageFailure(
            id: image, reason: "workers died on this image; look at it, and at the workers' logs")
        switch stage.work {
        case .sums:
            try journal.commit(
                partial: nil, shards: [shard], role: stage.role, failures: [], poison: [failure], contents: [:],
                fingerprints: [:])
        case .contents:
            try journal.commitContents(
                shard: shard, role: stage.role, failures: [], poison: [failure], contents: [:])
        case .scores, .heldOutScores:
            try journal.commitResults(
                shard: shard, role: stage.role, results: [ImageResult(poison: failure)], payload: nil,
                maker: nil)
        }
    }
}
