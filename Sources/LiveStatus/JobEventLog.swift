import Storage

/// Makes lines for scripts of what a coordinator keeps: what is new since it was looked at last.
public struct JobEventLog: Sendable {
    private var begun: (label: String, at: Int64)?
    private var lastEnded = 0
    private var lastFailure = 0
    private var said: (done: Int, unusable: Int, workers: Int)?

    public init() {}

    /// - Parameters:
    ///   - clock: the coordinator's time.
    ///   - image: what an image is called.
    public mutating func lines(of run: RunBook, clock: Int64, image: (ImageID) -> String) -> [JobEventLine] {
        var lines = failures(of: run, image)
        for ended in run.ended where ended.number > lastEnded {
            begin(ended.stage, &lines)
            lines.append(
                .stageEnded(
                    name: ended.stage.label, done: ended.stage.before + ended.stage.done,
                    unusable: ended.stage.unusable,
                    seconds: Double((ended.stage.ended ?? clock) - ended.stage.began) / 1_000))
            lastEnded = ended.number
            said = nil
        }
        if let stage = run.stage, stage.ended == nil {
            begin(stage, &lines)
            progress(of: stage, workers: run.workerCount, clock, &lines)
        }
        return lines
    }

    private mutating func failures(of run: RunBook, _ image: (ImageID) -> String) -> [JobEventLine] {
        let new = run.failures.entries.filter { $0.number > lastFailure }
        guard let first = new.first, let last = new.last else { return [] }
        let omitted = first.number - lastFailure - 1
        lastFailure = last.number
        return (omitted > 0 ? [.failuresOmitted(omitted)] : [])
            + new.map { .failure(image: image($0.image), reason: $0.reason) }
    }

    private mutating func begin(_ stage: RunBook.Stage, _ lines: inout [JobEventLine]) {
        if let begun, begun.label == stage.label, begun.at == stage.began { return }
        begun = (stage.label, stage.began)
        said = nil
        lines.append(.stage(name: stage.label, images: stage.total, doneBefore: stage.before))
    }

    /// Where nothing has changed there is nothing to say.
    private mutating func progress(of stage: RunBook.Stage, workers: Int, _ clock: Int64, _ lines: inout [JobEventLine])
    {
        if let said, said == (stage.done, stage.unusable, workers) { return }
        said = (stage.done, stage.unusable, workers)
        lines.append(
            .progress(
                JobEventLine.Progress(
                    stage: stage.label, images: stage.total, done: stage.before + stage.done, unusable: stage.unusable,
                    workers: workers, imagesPerSecond: stage.imagesPerSecond, secondsLeft: stage.timeLeft(at: clock))))
    }
}
