import Storage

extension JobStatus {
    /// How an image is shown.
    public struct ShownImage: Equatable, Sendable {
        public var name: String
        /// Where it is, for texts that name it so; nil where that is not known.
        public var place: String?
        public var thumbnail: String?

        public init(name: String, place: String? = nil, thumbnail: String? = nil) {
            (self.name, self.place, self.thumbnail) = (name, place, thumbnail)
        }

        /// A text about it, as it may be shown.
        func veiled(_ text: String) -> String {
            let named = place.map { $0.isEmpty ? text : text.replacing($0, with: name) } ?? text
            return PathVeil.veiled(named)
        }
    }

    /// Takes over what a coordinator has kept.
    /// - Parameters:
    ///   - clock: the coordinator's time when the status is made; its times are shown as seconds since 1970 by `time`.
    ///   - image: how an image is shown.
    public mutating func take(_ run: RunBook, clock: Int64, image: (ImageID) -> ShownImage) {
        let now = time
        func date(_ moment: Int64) -> Double { now - Double(clock - moment) / 1_000 }
        stage = run.stage.map { Stage($0, clock: clock) }
        (workerCount, workersJoined, workersLost) = (run.workerCount, run.joined, run.lost)
        workers = run.workers.map { Worker($0, clock: clock) }
        failures = run.failures.entries.reversed().map { entry in
            let shown = image(entry.image)
            return Failure(
                number: entry.number, image: shown.name, reason: shown.veiled(entry.reason), time: date(entry.time))
        }
        incidents = run.incidents.reversed().map { Incident(text: PathVeil.veiled($0.text), time: date($0.time)) }
        highest = run.scores.entries.map { entry in
            let shown = image(entry.image)
            return Score(image: shown.name, score: entry.score, flagged: entry.flagged, thumbnail: shown.thumbnail)
        }
    }
}

extension JobStatus.Stage {
    init(_ stage: RunBook.Stage, clock: Int64) {
        name = stage.label
        images = stage.total
        done = stage.before + stage.done
        doneBefore = stage.before
        unusable = stage.unusable
        seconds = Double((stage.ended ?? clock) - stage.began) / 1_000
        imagesPerSecond = stage.imagesPerSecond
        secondsLeft = stage.timeLeft(at: clock)
        hasEnded = stage.ended != nil
        history = stage.history.points
    }
}

extension JobStatus.Worker {
    init(_ worker: RunBook.Worker, clock: Int64) {
        let view = worker.view
        name = view.name
        threads = view.threads
        instructionSet = view.instructionSet
        state = view.state.rawValue
        images = view.imagesReported
        imagesPerSecond = worker.imagesPerSecond
        waiting = worker.waitingShare
        secondsSinceHeard = Double(max(0, clock - view.lastReceived.milliseconds)) / 1_000
        shardsInHand = view.shards
        imagesInHand = view.imagesInHand
    }
}
