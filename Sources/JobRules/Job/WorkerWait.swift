import Cluster

/// How long a stage waits for a worker that can do it.
public struct WorkerWait: Sendable {
    public enum Verdict: Equatable, Sendable {
        case goOn
        /// A person may have forgotten to start one. Said once.
        case hint
        /// No other workers can come, and those that are there cannot do it.
        case hopeless
        case tooLong
    }

    /// So long is waited before a hint.
    private static let untilHint: Int64 = 10_000
    private let milliseconds: Int64
    private let isClosed: Bool
    private var lastFit = Instant.start
    private var hasHinted = false

    /// - Parameters:
    ///   - milliseconds: the longest wait.
    ///   - isClosed: whether no worker but those that the coordinator starts itself can come.
    public init(milliseconds: Int64, isClosed: Bool) { (self.milliseconds, self.isClosed) = (milliseconds, isClosed) }

    /// A stage begins.
    public mutating func begin(at now: Instant) { lastFit = now }

    /// To be asked now and then while a stage is under way.
    /// - Parameters:
    ///   - workers: that are connected.
    ///   - hasFit: whether one of them can do the stage.
    ///   - isReasonKnown: whether a worker has said why it cannot.
    public mutating func look(at now: Instant, workers: Int, hasFit: Bool, isReasonKnown: Bool) -> Verdict {
        if hasFit { lastFit = now }
        if isClosed, workers > 0, !hasFit, isReasonKnown { return .hopeless }
        let alone = now.since(lastFit)
        if alone > milliseconds { return .tooLong }
        guard alone > Self.untilHint, !hasHinted, !isClosed else { return .goOn }
        hasHinted = true
        return .hint
    }
}
