import Cluster
import Foundation

/// The line that tells how far the job is: rewritten in place on a terminal, a line a while elsewhere.
struct ProgressReporter: Sendable {
    private let isTerminal = isatty(STDERR_FILENO) == 1
    private let pause: Duration
    private var label = ""
    private var total = 0
    private var before = 0
    private var began = ContinuousClock.now
    private var lastLine: ContinuousClock.Instant?
    private var times: [Int64: WorkTime] = [:]
    /// The stages that have ended, and the share of the compute threads' time in which they waited.
    private(set) var waited: [(label: String, share: Double)] = []

    init() { pause = isTerminal ? .seconds(1) : .seconds(15) }

    /// A stage begins: `before` of its `total` images were done in earlier runs.
    mutating func begin(_ label: String, total: Int, before: Int) {
        (self.label, self.total, self.before) = (label, total, before)
        began = .now
        lastLine = nil
        times = [:]
    }

    /// What the compute threads of a worker's session did in the stage so far.
    mutating func note(_ time: WorkTime, of session: Int64) { times[session] = time }

    /// The share of the compute threads' time in which they waited, over all workers; nil where none is known.
    var waitingShare: Double? {
        let total = times.values.reduce(0) { $0 + Double($1.totalMilliseconds) }
        guard total > 0 else { return nil }
        return times.values.reduce(0) { $0 + Double($1.waitingMilliseconds) } / total
    }

    /// Says how far the stage is, if it is time to.
    /// - Parameter done: images done in this run.
    mutating func update(done: Int, failures: Int, workers: Int, force: Bool = false) {
        guard !label.isEmpty else { return }
        if !force, let lastLine, lastLine.duration(to: .now) < pause { return }
        lastLine = .now
        let seconds = max(began.duration(to: .now) / Duration.seconds(1), 0.001)
        let rate = Double(done) / seconds
        var line = "\(label) \(before + done)/\(total) images"
        if done > 0, seconds >= 0.1 { line += String(format: ", %.1f images/s", rate) }
        let left = total - before - done
        if done > 0, left > 0 { line += ", \(Self.words(seconds: Double(left) / rate)) left" }
        line += ", \(workers) worker\(workers == 1 ? "" : "s")"
        if failures > 0 { line += ", \(failures) unusable" }
        if force, let share = waitingShare { line += String(format: ", compute threads waited %.1f %%", 100 * share) }
        write(line)
    }

    /// Ends the stage's line.
    mutating func end() {
        if isTerminal, lastLine != nil { try? FileHandle.standardError.write(contentsOf: Data("\n".utf8)) }
        if let share = waitingShare { waited.append((label, share)) }
        label = ""
    }

    private func write(_ line: String) {
        let text = isTerminal ? "\r\u{1B}[K\(line)" : "\(line)\n"
        try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
    }

    static func words(seconds: Double) -> String {
        switch seconds {
        case ..<90: "\(Int(seconds.rounded(.up))) s"
        case ..<5_400: "\(Int((seconds / 60).rounded())) min"
        default: String(format: "%.1f h", seconds / 3_600)
        }
    }
}
