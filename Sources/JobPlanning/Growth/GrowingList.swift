import Foundation
import ImageLists
import JobRules
import Journal
import Logging
import Storage

/// A list of images that grows, before an inspection and while it waits: finds what the job does not have yet, and adds it to the job.
///
/// An image that the job has stays as it is, also where its file is gone or the list says something else of it.
package final class GrowingList {
    /// What a look at the list led to.
    package struct Growth {
        /// The images that the job got.
        package let added: Int
        /// The number of the first of them.
        package let first: ImageID?
        /// How many images the job has now.
        package let total: Int
        /// How many of its images the list does not have any more.
        package let gone: Int
        /// Those of the list that the job has.
        package let list: ImageList
        /// Files that are still being written, or not there yet; they are looked at again.
        package let waiting: Int
    }

    private let request: InspectRequest
    private let options: GrowthOptions
    private let job: String
    private let shardSize: Int?
    private let logger: Logger
    private var known: KnownImages?
    private var rest: RestWatch
    private let clock = ContinuousClock.now
    /// What was said last, so that it is not said again.
    private var lastWaiting = ""
    private var lastFault = ""

    package init(_ request: InspectRequest, _ options: GrowthOptions, job: String, shardSize: Int?, logger: Logger) {
        (self.request, self.options, self.job, self.shardSize) = (request, options, job, shardSize)
        self.logger = logger
        rest = RestWatch(restTime: options.restTime)
    }

    // MARK: When the job starts

    /// Adds what a list has beside the job's images. Where the list is looked at only once, files that are being written are waited for.
    package func begin(with list: ImageList, in journal: Journal) throws -> Growth {
        let timeout = max(.seconds(30), options.restTime * 5)
        while options.interval == nil {
            let waiting = try pick(list, journal).waiting
            guard !waiting.isEmpty else { break }
            tell(waiting)
            guard now < timeout else {
                logger.warning(
                    "\(waiting.count) files are still being written and are left for the next run; the first is \(waiting[0])"
                )
                break
            }
            usleep(200_000)
        }
        return try add(list, in: journal)
    }

    // MARK: While it waits

    /// Reads the list once more and adds what is new and at rest. A list that cannot be read now is read again at the next look.
    package func look(in journal: Journal) throws -> Growth? {
        var silent = logger
        silent.logLevel = .error
        let list: ImageList
        do {
            list = try ListReader(job: job, logger: silent).readGrowing(
                request.images, split: request.split, role: JobPlan.Inspect.role)
            if !lastFault.isEmpty { logger.notice("the list can be read again") }
            lastFault = ""
        } catch {
            if "\(error)" != lastFault { logger.warning("\(error); it is read again at the next look") }
            lastFault = "\(error)"
            return nil
        }
        let growth = try add(list, in: journal)
        for file in rest.restless(now: now) {
            logger.warning(
                file.bytes.map { "\(file.path) does not come to rest: it has \($0) bytes, and is still waited for" }
                    ?? "\(file.path) is in the list and not there: it is still waited for")
        }
        return growth
    }

    // MARK: Parts

    /// The time since this list was made.
    private var now: Duration { clock.duration(to: .now) }

    private func add(_ list: ImageList, in journal: Journal) throws -> Growth {
        let picked = try pick(list, journal)
        tell(picked.waiting)
        // What is added now is not looked at any more.
        rest.keep(only: Set(picked.waiting))
        var known = picked.known
        let new = known.named(picked.new)
        var first: ImageID?
        var listed = picked.listed
        if !new.entries.isEmpty {
            let sizes = ShardLayout.sizes(images: new.entries.count, shardSize: shardSize).map { NewShard(images: $0) }
            try JobPlan.requireShort(new, sizes, shardSize: shardSize)
            let added = new.entries.map { entry in
                ImageRecord(
                    path: entry.path, location: entry.location, output: entry.outputStem, region: entry.region)
            }
            for image in added { known.insert(image.location, output: image.output) }
            listed = known.compare(with: list).known
            first = try journal.add(
                added, role: JobPlan.Inspect.role, shards: sizes,
                sources: new.sources.map { ImageSource(name: $0.name, images: $0.entries.count) },
                list: listed.digest())
        }
        self.known = known
        return Growth(
            added: new.entries.count, first: first, total: known.count, gone: picked.gone,
            list: listed, waiting: picked.waiting.count)
    }

    /// The images of a list that the job does not have and that may be read now.
    private func pick(
        _ list: ImageList, _ journal: Journal
    ) throws -> (new: ImageList, listed: ImageList, waiting: [String], gone: Int, known: KnownImages) {
        var known = try known ?? Self.images(of: journal)
        let comparison = known.compare(with: list)
        self.known = known
        var waiting: [String] = []
        let date = Int64(Date().timeIntervalSince1970 * 1e9)
        let moment = now
        // Many images may be in one archive.
        var decided: [String: Bool] = [:]
        let new = comparison.new.selecting { entry in
            guard let path = Self.file(of: entry.location) else { return true }
            if let known = decided[path] { return known }
            let state = RestWatch.State(of: path)
            // Looked at once, a file that is not there is an image that cannot be read, as in any other job.
            let isAtRest =
                state == nil && options.interval == nil || rest.isAtRest(path, state, now: moment, date: date)
            if !isAtRest { waiting.append(path) }
            decided[path] = isAtRest
            return isAtRest
        }
        return (new, comparison.known, waiting, comparison.gone, known)
    }

    /// The file that has an image's bytes; nil where they are in a store.
    private static func file(of location: ImageLocation) -> String? {
        switch location {
        case .file(let path): path
        case .member(let member): if case .file(let path) = member.archive { path } else { nil }
        case .object, .refused: nil
        }
    }

    private static func images(of journal: Journal) throws -> KnownImages {
        var known = KnownImages()
        try journal.forEachImage(JobPlan.Inspect.role) { known.insert($0.record.location, output: $0.record.output) }
        return known
    }

    /// The images of a list that a job does not have.
    package static func newImages(of list: ImageList, in journal: Journal) throws -> (new: Int, gone: Int) {
        var known = try images(of: journal)
        let comparison = known.compare(with: list)
        return (comparison.new.entries.count, comparison.gone)
    }

    private func tell(_ waiting: [String]) {
        guard let first = waiting.first else {
            lastWaiting = ""
            return
        }
        let text =
            "waiting for \(waiting.count) files that are still being written, or not there yet; the first is \(first)"
        if text != lastWaiting {
            let bytes = RestWatch.State(of: first).map { ", of \($0.bytes) bytes so far" } ?? ""
            logger.notice("\(text)\(bytes)")
        }
        lastWaiting = text
    }
}
