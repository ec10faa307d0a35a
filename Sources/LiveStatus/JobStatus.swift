/// What a running job shows of itself at one moment: what `/api/status` is, field by field.
///
/// Nothing in it is secret, and there is no path of a machine in it. Times are seconds since 1970.
public struct JobStatus: Codable, Equatable, Sendable {
    public enum State: String, Codable, Sendable {
        /// Reads lists, opens the journal.
        case starting
        /// Workers are at work on a stage, or waited for.
        case working
        /// The coordinator is at work itself: makes a model, writes tables.
        case finishing
        /// Waits for more images.
        case watching
        case done
        case failed
    }

    public struct Product: Codable, Equatable, Sendable {
        /// From 1.
        public var place: Int
        public var count: Int
        public var name: String

        public init(place: Int, count: Int, name: String) { (self.place, self.count, self.name) = (place, count, name) }
    }

    public struct Stage: Codable, Equatable, Sendable {
        public var name: String
        public var images: Int
        /// Of these, those that are done, in this run and before.
        public var done: Int
        public var doneBefore: Int
        public var unusable: Int
        public var seconds: Double
        /// Lately.
        public var imagesPerSecond: Double
        /// Nil where it is not known, or nothing is left.
        public var secondsLeft: Double?
        public var hasEnded: Bool
        public var history: [RateHistory.Point]
    }

    public struct Worker: Codable, Equatable, Sendable {
        public var name: String
        public var threads: Int
        public var instructionSet: String
        public var state: String
        public var images: Int
        public var imagesPerSecond: Double
        /// The share of its compute threads' time in which they waited; nil where it is not known.
        public var waiting: Double?
        public var secondsSinceHeard: Double
        public var shardsInHand: Int
        public var imagesInHand: Int
    }

    public struct Failure: Codable, Equatable, Sendable {
        /// From 1, in the order in which they were reported in this run.
        public var number: Int
        public var image: String
        public var reason: String
        public var time: Double
    }

    public struct Incident: Codable, Equatable, Sendable {
        public var text: String
        public var time: Double

        public init(text: String, time: Double) { (self.text, self.time) = (text, time) }
    }

    public struct Score: Codable, Equatable, Sendable {
        public var image: String
        public var score: Float
        /// Nil without a threshold.
        public var flagged: Bool?
        /// A path on this server; nil where there is none, or none yet.
        public var thumbnail: String?

        public init(image: String, score: Float, flagged: Bool?, thumbnail: String?) {
            (self.image, self.score, self.flagged, self.thumbnail) = (image, score, flagged, thumbnail)
        }
    }

    /// Of the program.
    public var version: String
    /// The last name of the job's directory.
    public var job: String
    /// fit, inspect, run or calibrate.
    public var command: String
    public var state: State
    /// What is being done, in words.
    public var activity: String
    /// Of a job for each product: which one.
    public var product: Product?
    /// When the program began, and when this was so.
    public var began: Double
    public var time: Double
    /// The stage under way, or the last one.
    public var stage: Stage?
    public var workerCount: Int
    public var workersJoined: Int
    public var workersLost: Int
    /// In the order in which they joined, 1,024 at most.
    public var workers: [Worker]
    /// The last ones, the last one first.
    public var failures: [Failure]
    public var incidents: [Incident]
    /// The highest first.
    public var highest: [Score]

    public init(
        version: String, job: String, command: String, state: State, activity: String, began: Double, time: Double
    ) {
        (self.version, self.job, self.command) = (version, job, command)
        (self.state, self.activity, self.began, self.time) = (state, activity, began, time)
        (workerCount, workersJoined, workersLost) = (0, 0, 0)
        (workers, failures, incidents, highest) = ([], [], [], [])
    }
}
