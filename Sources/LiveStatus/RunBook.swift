import Cluster
import Storage

/// What a coordinator keeps of the course of a job, to be shown. It is a value on the coordinator's own thread, of a bounded size, and
/// whoever shows it gets a copy.
///
/// Times are the coordinator's, in milliseconds.
public struct RunBook: Equatable, Sendable {
    /// The stage under way, or the last one.
    public struct Stage: Equatable, Sendable {
        public let label: String
        /// Images of all runs.
        public let total: Int
        /// Of these, the ones that were done in earlier runs.
        public let before: Int
        public let began: Int64
        /// Done in this run.
        public fileprivate(set) var done = 0
        public fileprivate(set) var unusable = 0
        public fileprivate(set) var ended: Int64?
        public fileprivate(set) var history = RateHistory()
        fileprivate var recent = RecentRate()

        public var imagesPerSecond: Double { recent.imagesPerSecond }
    }

    public struct Worker: Equatable, Sendable {
        public let view: WorkerView
        public let imagesPerSecond: Double
        /// The share of its compute threads' time in which they waited, in this stage; nil where it is not known.
        public let waitingShare: Double?
    }

    /// A stage that is over.
    public struct EndedStage: Equatable, Sendable {
        /// From 1, in the order in which they ended.
        public let number: Int
        public let stage: Stage
    }

    /// Something that befell a worker, in the log's words.
    public struct Incident: Equatable, Sendable {
        public let number: Int
        public let text: String
        public let time: Int64
    }

    /// More workers are counted and not shown.
    public static let mostWorkers = 1_024
    private static let mostIncidents = 50
    private static let mostEnded = 50

    public private(set) var stage: Stage?
    /// The last ones, the last one last. A stage is run once a lot.
    public private(set) var ended: [EndedStage] = []
    public private(set) var workers: [Worker] = []
    public private(set) var workerCount = 0
    public private(set) var joined = 0
    public private(set) var lost = 0
    public private(set) var scores = HighScores()
    public private(set) var failures = RecentFailures()
    public private(set) var incidents: [Incident] = []
    /// Of the last change.
    public private(set) var time: Int64 = 0
    private var rates: [SessionID: RecentRate] = [:]
    private var workTimes: [SessionID: WorkTime] = [:]

    public init() {}

    // MARK: What happens

    public mutating func begin(_ label: String, total: Int, before: Int, at time: Int64) {
        self.time = time
        stage = Stage(label: label, total: total, before: before, began: time)
        stage?.history.note(images: 0, at: time)
        stage?.recent.note(images: 0, at: time)
        workTimes = [:]
    }

    public mutating func end(at time: Int64) {
        self.time = time
        guard stage?.ended == nil else { return }
        stage?.ended = time
        guard let stage else { return }
        ended.append(EndedStage(number: (ended.last?.number ?? 0) + 1, stage: stage))
        if ended.count > Self.mostEnded { ended.removeFirst() }
    }

    /// An image that an earlier run has scored.
    public mutating func recall(_ entry: HighScores.Entry) { scores.add(entry) }

    public mutating func note(_ outcomes: [ImageOutcome]) {
        for outcome in outcomes {
            guard let score = outcome.score else { continue }
            scores.add(HighScores.Entry(image: outcome.id, score: score, flagged: outcome.flagged))
        }
    }

    public mutating func note(_ found: [ImageFailure], at time: Int64) {
        for failure in found.suffix(RecentFailures.most) { failures.add(failure.id, reason: failure.reason, at: time) }
    }

    public mutating func note(_ workTime: WorkTime, of session: SessionID) { workTimes[session] = workTime }

    public mutating func note(incident: String, at time: Int64) {
        incidents.append(Incident(number: (incidents.last?.number ?? 0) + 1, text: incident, time: time))
        if incidents.count > Self.mostIncidents { incidents.removeFirst() }
    }

    /// Time has passed.
    /// - Parameter done: images of the stage that are done in this run.
    public mutating func tick(
        done: Int, unusable: Int, workers views: [WorkerView], count: Int, joined: Int, lost: Int, at time: Int64
    ) {
        self.time = time
        (workerCount, self.joined, self.lost) = (count, joined, lost)
        if stage?.ended == nil {
            stage?.done = done
            stage?.unusable = unusable
            stage?.history.note(images: done, at: time)
            stage?.recent.note(images: done, at: time)
        }
        var kept: [SessionID: RecentRate] = [:]
        workers = views.prefix(Self.mostWorkers).map { view in
            var rate = rates[view.session] ?? RecentRate()
            rate.note(images: view.imagesReported, at: time)
            kept[view.session] = rate
            return Worker(
                view: view, imagesPerSecond: rate.imagesPerSecond,
                waitingShare: workTimes[view.session].flatMap(Self.share))
        }
        rates = kept
        workTimes = workTimes.filter { kept[$0.key] != nil }
    }

    private static func share(_ time: WorkTime) -> Double? {
        time.totalMilliseconds > 0 ? Double(time.waitingMilliseconds) / Double(time.totalMilliseconds) : nil
    }
}

extension RunBook.Stage {
    /// The mean of the whole stage, up to now or to its end.
    public func meanRate(at time: Int64) -> Double? {
        let seconds = Double((ended ?? time) - began) / 1_000
        return done > 0 && seconds >= 0.1 ? Double(done) / seconds : nil
    }

    /// In seconds; nil where nothing says how long the rest takes.
    public func timeLeft(at time: Int64) -> Double? {
        let left = total - before - done
        guard ended == nil, left > 0, let mean = meanRate(at: time) else { return nil }
        return Double(left) / max(mean, 1e-9)
    }
}
