import Cluster
import LiveStatus
import Storage

/// A job in the middle of its work, with names that mean harm.
enum Example {
    static let nasty = #"a<b>&"'\#u{301}\n{{x}}<script>alert(1)</script>"#

    static func run(workers: Int = 3) -> RunBook {
        var core = CoordinatorCore(limits: CoordinatorLimits(), epoch: 1, sessionSeed: 1)
        for number in 0..<workers {
            _ = core.handle(
                .received(
                    .hello(
                        version: Wire.version, incarnation: UInt64(number), name: number == 0 ? nasty : "twin",
                        threads: 2,
                        instructionSet: "avx2"), payload: [], from: WorkerAddress(bytes: [UInt8(number)])),
                at: Instant(milliseconds: 0))
        }
        var book = RunBook()
        book.begin("inspect", total: 1_000, before: 100, at: 0)
        for second in 1...60 {
            book.tick(
                done: second * 10, unusable: 1, workers: core.workerViews(most: RunBook.mostWorkers), count: workers,
                joined: workers, lost: 1, at: Int64(second) * 1_000)
        }
        if let session = core.workerViews(most: 1).first?.session {
            book.note(WorkTime(waitingMilliseconds: 1, totalMilliseconds: 4), of: session)
        }
        book.note([
            ImageOutcome(id: 1, score: 12.5, maxRow: 1, maxColumn: 1, flagged: true),
            ImageOutcome(id: 2, score: 3, maxRow: 1, maxColumn: 1, flagged: false),
            ImageOutcome(id: 3, failure: "cut off"),
        ])
        book.note([ImageFailure(id: 3, reason: "/secret/folder/3.png: \(nasty)")], at: 30_000)
        book.note(incident: "worker /secret/w is gone", at: 31_000)
        book.tick(
            done: 600, unusable: 1, workers: core.workerViews(most: RunBook.mostWorkers), count: workers,
            joined: workers, lost: 1,
            at: 60_500)
        return book
    }

    static func status(workers: Int = 3) -> JobStatus {
        var status = JobStatus(
            version: "1.2.3", job: nasty, command: "inspect", state: .working, activity: "inspect", began: 1_000,
            time: 1_100)
        status.take(run(workers: workers), clock: 61_000) { image in
            JobStatus.ShownImage(
                name: "\(image) \(nasty)", place: "/secret/folder/\(image).png",
                thumbnail: image == 1 ? StatusRoute.path(ofThumbnail: image) : nil)
        }
        return status
    }
}
