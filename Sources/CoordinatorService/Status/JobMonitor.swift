import Cluster
import Foundation
import Journal
import LiveStatus
import Storage
import Terminal

/// What is known of a running job, for those who show it: the status page, lines for scripts. Coordinator and job leave here what they do,
/// and never wait.
final class JobMonitor: Sendable {
    /// What a coordinator has left.
    struct Run: Sendable {
        /// Which job of a series it is of. A coordinator goes on until the next one listens.
        let job: Int
        let book: RunBook
        /// The coordinator's time when it left it, and the moment.
        let clock: Instant
        let moment: ContinuousClock.Instant

        /// The coordinator's time now.
        var now: Int64 { clock.milliseconds + Int64(moment.duration(to: .now) / .milliseconds(1)) }
    }

    private struct Job: Sendable {
        var state = JobStatus.State.starting
        var activity = "reads its lists"
        var product: JobStatus.Product?
        var journal: Journal?
        var images: [ImageID: ImageRecord] = [:]
        /// Rises with each job of a series.
        var number = 0
    }

    private let name: String
    private let command: String
    private let began = Date.now.timeIntervalSince1970
    private let run = Handover<Run>()
    private let job = Locked(Job())
    /// Called before a job's journal is closed.
    private let onEnd = Locked<(@Sendable () -> Void)?>(nil)
    private static let mostImages = 2_000

    /// - Parameter directory: of the job.
    init(directory: String, command: String) {
        name = (JobDirectory(directory).path as NSString).lastPathComponent
        self.command = command
    }

    // MARK: What is left here

    /// On the coordinator's thread.
    func offer(_ book: RunBook, of job: Int, at clock: Instant) {
        run.offer(Run(job: job, book: book, clock: clock, moment: .now))
    }

    /// The same where a stage begins or ends, which is not to be missed.
    func leave(_ book: RunBook, of job: Int, at clock: Instant) {
        run.leave(Run(job: job, book: book, clock: clock, moment: .now))
    }

    func enter(_ state: JobStatus.State, _ activity: String) {
        job.withLock { ($0.state, $0.activity) = (state, activity) }
    }

    /// Another job of a series begins.
    func begin(_ product: JobStatus.Product) {
        job.withLock { $0 = Job(product: product, number: $0.number + 1) }
    }

    /// The journal of the job, from which its images' names are; nil: it is closed.
    func use(_ journal: Journal?) {
        if journal == nil { onEnd.withLock(\.self)?() }
        // What is known of images stays for as long as the results are shown.
        job.withLock { $0.journal = journal }
    }

    /// Has somebody called when a job ends, while its images have names.
    func whenJobEnds(_ tell: @escaping @Sendable () -> Void) { onEnd.withLock { $0 = tell } }

    // MARK: What is shown

    /// Which job of a series it is.
    var number: Int { job.withLock(\.number) }

    /// Of the job under way.
    var newest: Run? { run.newest.flatMap { $0.job == number ? $0 : nil } }

    var product: JobStatus.Product? { job.withLock(\.product) }

    /// The directory of the job under way; nil where it has no journal.
    var directory: JobDirectory? { job.withLock { $0.journal?.directory } }

    func status(thumbnail: (ImageID) -> String?) -> JobStatus {
        let (state, activity, product) = job.withLock { ($0.state, $0.activity, $0.product) }
        var status = JobStatus(
            version: Release.version, job: name, command: command, state: state, activity: PathVeil.veiled(activity),
            began: began, time: Date.now.timeIntervalSince1970)
        status.product = product
        guard let run = newest else { return status }
        status.take(run.book, clock: run.now) { id in
            let record = record(of: id)
            return JobStatus.ShownImage(
                name: record.map(ShownName.of) ?? "image \(id)", place: record?.location.text, thumbnail: thumbnail(id))
        }
        return status
    }

    /// What the journal says of an image; nil where it cannot be asked.
    func record(of image: ImageID) -> ImageRecord? {
        let (known, journal) = job.withLock { ($0.images[image], $0.journal) }
        if let known { return known }
        guard let found = try? journal?.images(first: image, count: 1).first?.record else { return nil }
        job.withLock { job in
            if job.images.count >= Self.mostImages { job.images = [:] }
            job.images[image] = found
        }
        return found
    }
}

/// What an image is called where it is shown: as the list has it, unless that says where on a machine or in a store it lies.
enum ShownName {
    static func of(_ record: ImageRecord) -> String {
        let isPlace = record.path.hasPrefix("/") || record.path.hasPrefix("~") || StoredObject.isAddress(record.path)
        if !isPlace { return record.path }
        return record.output.isEmpty ? PathVeil.veiled(record.path) : record.output
    }
}
