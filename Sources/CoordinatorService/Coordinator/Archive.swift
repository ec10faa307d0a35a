import Cluster
import Compute
import Dispatch
import Foundation
import Gaussian
import Imaging
import Journal
import Storage

/// The coordinator's disk: partials, pictures and the journal, written one after the other on a queue of its own, so that
/// a slow disk holds up no message.
///
/// Order is all that durability needs here: a partial's chunks, its sync and rename, then the journal's transaction, then word
/// to the core.
final class Archive: @unchecked Sendable {
    private final class OpenPartial {
        var writer: StatisticsFileWriter?
        let file: String
        let images: Int64
        let clamped: Int64

        init(writer: consuming StatisticsFileWriter?, file: String, images: Int64, clamped: Int64) {
            self.writer = writer
            (self.file, self.images, self.clamped) = (file, images, clamped)
        }
    }

    let journal: Journal
    private let queue = DispatchQueue(label: "archive")
    /// The word on what is in hand that the queue will come to. Touched by the caller's thread only.
    private var hands = Latest<[Int64]>()
    /// Called on the queue with what is done, or with why the disk does not do it.
    private let report: @Sendable (Result<CoordinatorEvent, any Error>) -> Void
    // Touched on the queue only.
    private var open: [Int64: OpenPartial] = [:]
    private var folders: Set<String> = []
    private var sums: (space: FeatureSpace, epsilon: Double)?
    private let fileSystem: FileSystemOf
    private lazy var crew = ThreadCrew(threads: ProcessInfo.processInfo.activeProcessorCount)
    /// Whether pictures were stored that are not synced yet.
    private var hasUnsyncedPictures = false
    private var failed = false

    init(journal: Journal, report: @escaping @Sendable (Result<CoordinatorEvent, any Error>) -> Void) throws {
        (self.journal, self.report) = (journal, report)
        fileSystem = try FileSystemOf(folder: journal.directory.path)
    }

    /// What the partials to come are about, and what the model will add to their covariances' diagonals.
    func expect(_ space: FeatureSpace, epsilon: Double) { queue.async { self.sums = (space, epsilon) } }

    /// Waits until all that was asked so far is on the disk.
    func drain() { queue.sync {} }

    /// The same, while messages go on.
    func settle() async { await withCheckedContinuation { done in queue.async { done.resume() } } }

    func openPartial(_ upload: Int64, images: Int64, clamped: Int64) {
        perform {
            guard let space = self.sums?.space else { return nil }
            let header = try StatisticsHeader(space: space, count: images, clamped: clamped)
            let file = "\(upload).safetensors"
            // A partial of no images, where all of a shard's failed, needs no file.
            let writer: StatisticsFileWriter? =
                if images > 0 {
                    try StatisticsFileWriter(path: self.journal.directory.partial(file), header: header)
                } else { nil }
            self.open[upload] = OpenPartial(writer: writer, file: file, images: images, clamped: clamped)
            return nil
        }
    }

    func storeChunk(_ upload: Int64, index: Int, patches: Range<Int>, bytes: [UInt8]) {
        perform {
            do {
                try bytes.withUnsafeBytes { try self.open[upload]?.writer?.write($0, patches: patches) }
            } catch let error as GaussianError {
                // Not the disk's fault: these are no sums of images.
                self.open[upload] = nil
                return .partialRefused(upload: upload, reason: "\(error)")
            }
            return .chunkStored(upload: upload, index: index)
        }
    }

    func dropPartial(_ upload: Int64) {
        perform {
            self.open[upload] = nil
            return nil
        }
    }

    /// - Parameter compacting: whether more partials are to come, so that it pays to add up those that are there.
    func commitPartial(_ upload: Int64, shards: [Int64], failures: [ImageFailure], compacting: Bool) {
        perform {
            guard let partial = self.open.removeValue(forKey: upload) else { return nil }
            var record: PartialRecord?
            if let writer = partial.writer.take() {
                record = PartialRecord(
                    file: partial.file, images: Int(partial.images), clamped: partial.clamped,
                    digest: try writer.commit())
                // Once it is named, and added to others, nobody could say any more whose fault it is that there is no model.
                if let reason = try self.fault(in: partial.file) {
                    unlink(self.journal.directory.partial(partial.file))
                    return .partialRefused(upload: upload, reason: reason)
                }
            }
            try self.journal.commit(
                partial: record, shards: shards,
                failures: failures.map { FailureRecord(image: $0.id, status: .unreadable, reason: $0.reason) })
            return .partialCommitted(upload: upload)
        }
        guard compacting else { return }
        // The worker need not wait for it.
        perform {
            try PartialCompaction(journal: self.journal).run(after: upload)
            return nil
        }
    }

    /// - Parameter inPlace: pictures that the worker says it wrote itself: they are looked for first.
    func commitResults(
        _ shard: Int64, _ outcomes: [ImageOutcome], order: InspectionOrder?, inPlace: [PictureOfImage]
    ) {
        perform {
            let images = try self.journal.images(ofShard: shard)
            let outputs = Dictionary(images.map { ($0.id, $0.record.output) }, uniquingKeysWith: { first, _ in first })
            for picture in inPlace {
                let output = outputs[picture.image].flatMap { $0 } ?? "\(picture.image)"
                guard let place = order?.path(of: picture.kind, output: output) else { continue }
                guard WrittenPicture.isThere(self.journal.directory.inside(place)) else {
                    return .resultsRefused(
                        shard: shard,
                        reason:
                            "it says that it wrote the \(picture.kind.rawValue) of image \(picture.image), and \(place) is not there"
                    )
                }
            }
            let results = outcomes.map { outcome in
                guard let score = outcome.score, let row = outcome.maxRow, let column = outcome.maxColumn else {
                    let reason = outcome.failure ?? "no reason was given"
                    return ImageResult(
                        failure: FailureRecord(image: outcome.id, status: .unreadable, reason: reason))
                }
                let output = outputs[outcome.id].flatMap { $0 }
                let map = output.flatMap { order?.path(of: .map, output: $0) }
                return ImageResult(
                    image: outcome.id, score: score, maxRow: row, maxColumn: column, flagged: outcome.flagged,
                    mapPath: map)
            }
            // Pictures that were stored here have their names, and from the commit on must survive a power cut. Workers have synced
            // those that they wrote: from here a cache on another machine is out of reach.
            if self.hasUnsyncedPictures {
                try self.fileSystem.sync()
                self.hasUnsyncedPictures = false
            }
            try self.journal.commitInspection(shard: shard, results: results)
            return .resultsCommitted(shard: shard)
        }
    }

    /// Why the sums of a partial cannot be those of images; nil where they can.
    private func fault(in file: String) throws -> String? {
        guard let sums else { return nil }
        let file = try StatisticsFile(path: journal.directory.partial(file))
        return try SumsExamination.fault(in: file, epsilon: sums.epsilon, crew: crew).map {
            "no \(file.header.count) images have the covariances of patch \($0)"
        }
    }

    func recordDeaths(_ shards: [Int64]) {
        // Words on what is in hand are not drawn forward over this one: it takes the shards out of hand, and one of them may be
        // dealt again.
        hands = Latest()
        perform {
            try self.journal.addAttempt(toShards: shards)
            return nil
        }
    }

    /// Writes the latest word when the disk comes to it; what it has overtaken is not written.
    func recordInHand(_ shards: [Int64]) {
        let hands = hands
        guard hands.put(shards) else { return }
        perform {
            guard let shards = hands.take() else { return nil }
            try self.journal.recordInHand(shards)
            return .recordedInHand(shards: shards)
        }
    }

    func split(_ shard: Int64, into halves: [ShardRange]) {
        perform {
            try self.journal.split(shard: shard, into: halves.map { ($0.id, $0.first, $0.count) })
            return nil
        }
    }

    func recordPoison(_ image: Int64, shard: Int64, role: ImageRole) {
        perform {
            let failure = FailureRecord(
                image: image, status: .poison,
                reason: "workers died on this image; look at it, and at the workers' logs")
            switch role {
            case .normal: try self.journal.commit(partial: nil, shards: [shard], failures: [failure])
            case .inspect: try self.journal.commitInspection(shard: shard, results: [ImageResult(failure: failure)])
            }
            return .resultsCommitted(shard: shard)
        }
    }

    /// Writes a map or an overlay that a worker sent, where the image's place in the job says.
    /// - Parameter path: nil for one that nobody asked for: it is only reported, for it was counted.
    func storePicture(_ path: String?, _ bytes: [UInt8]) {
        perform {
            if let path {
                try self.makeFolder(of: path)
                self.hasUnsyncedPictures = true
                try DurableFile.publish(bytes, to: path)
            }
            return .pictureStored
        }
    }

    private func makeFolder(of path: String) throws {
        let folder = Folder.parent(of: path)
        guard folders.insert(folder).inserted else { return }
        try Folder.create(folder)
    }

    /// Runs a step on the queue. After the first failure nothing more is written: the job is over, what is committed is safe.
    private func perform(_ step: @escaping @Sendable () throws -> CoordinatorEvent?) {
        queue.async {
            guard !self.failed else { return }
            do {
                if let event = try step() { self.report(.success(event)) }
            } catch {
                self.failed = true
                self.open = [:]
                self.report(.failure(error))
            }
        }
    }
}
