import Foundation

/// What a job says to a script: an object of JSON a line. `event` says which, and each has the fields that are named here.
public enum JobEventLine: Equatable, Sendable {
    /// The first line.
    case started(version: String, command: String, job: String)
    /// What the command prints without `--json`, in its words: addresses, digests, where results are.
    case message(String)
    /// Of a job for each product: the next one begins.
    case product(place: Int, count: Int, name: String)
    case stage(name: String, images: Int, doneBefore: Int)
    case stageEnded(name: String, done: Int, unusable: Int, seconds: Double)
    case progress(Progress)
    /// An image that cannot be used.
    case failure(image: String, reason: String)
    /// So many failures came faster than they were written. The journal has them.
    case failuresOmitted(Int)
    /// The last line.
    /// - error: nil where the status is 0.
    case done(status: Int32, error: String?)

    public struct Progress: Equatable, Sendable {
        public var stage: String
        public var images: Int
        public var done: Int
        public var unusable: Int
        public var workers: Int
        public var imagesPerSecond: Double
        /// Nil where it is not known.
        public var secondsLeft: Double?

        public init(
            stage: String, images: Int, done: Int, unusable: Int, workers: Int, imagesPerSecond: Double,
            secondsLeft: Double?
        ) {
            (self.stage, self.images, self.done, self.unusable) = (stage, images, done, unusable)
            (self.workers, self.imagesPerSecond, self.secondsLeft) = (workers, imagesPerSecond, secondsLeft)
        }
    }

    /// The line, without its end. What is not plain is escaped, so that it is one line whatever names hold.
    public var json: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        // Only numbers that are not finite could fail, and they are provided for.
        guard let data = try? encoder.encode(self) else { return "{}" }
        return String(decoding: data, as: UTF8.self)
    }
}

extension JobEventLine: Encodable {
    private enum Key: String, CodingKey {
        case event, version, command, job, text, stage, images, done, doneBefore, unusable, seconds, workers
        case imagesPerSecond, secondsLeft, image, reason, count, status, error, place, name
    }

    public func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: Key.self)
        switch self {
        case .started(let version, let command, let job):
            try fields.encode("started", forKey: .event)
            try fields.encode(version, forKey: .version)
            try fields.encode(command, forKey: .command)
            try fields.encode(job, forKey: .job)
        case .message(let text):
            try fields.encode("message", forKey: .event)
            try fields.encode(text, forKey: .text)
        case .product(let place, let count, let name):
            try fields.encode("product", forKey: .event)
            try fields.encode(place, forKey: .place)
            try fields.encode(count, forKey: .count)
            try fields.encode(name, forKey: .name)
        case .stage(let name, let images, let before):
            try fields.encode("stage", forKey: .event)
            try fields.encode(name, forKey: .stage)
            try fields.encode(images, forKey: .images)
            try fields.encode(before, forKey: .doneBefore)
        case .stageEnded(let name, let done, let unusable, let seconds):
            try fields.encode("stage-ended", forKey: .event)
            try fields.encode(name, forKey: .stage)
            try fields.encode(done, forKey: .done)
            try fields.encode(unusable, forKey: .unusable)
            try fields.encode(seconds, forKey: .seconds)
        case .progress(let progress): try encode(progress, &fields)
        case .failure(let image, let reason):
            try fields.encode("failure", forKey: .event)
            try fields.encode(image, forKey: .image)
            try fields.encode(reason, forKey: .reason)
        case .failuresOmitted(let count):
            try fields.encode("failures-omitted", forKey: .event)
            try fields.encode(count, forKey: .count)
        case .done(let status, let error):
            try fields.encode("done", forKey: .event)
            try fields.encode(status, forKey: .status)
            try fields.encodeIfPresent(error, forKey: .error)
        }
    }

    private func encode(_ progress: Progress, _ fields: inout KeyedEncodingContainer<Key>) throws {
        try fields.encode("progress", forKey: .event)
        try fields.encode(progress.stage, forKey: .stage)
        try fields.encode(progress.images, forKey: .images)
        try fields.encode(progress.done, forKey: .done)
        try fields.encode(progress.unusable, forKey: .unusable)
        try fields.encode(progress.workers, forKey: .workers)
        try fields.encode(progress.imagesPerSecond, forKey: .imagesPerSecond)
        try fields.encodeIfPresent(progress.secondsLeft, forKey: .secondsLeft)
    }
}
