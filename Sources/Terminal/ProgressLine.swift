import Foundation

/// The line that tells how far long work is: a bar that is redrawn on a terminal, a line a while elsewhere.
public struct ProgressLine: Sendable {
    private let redraws: Bool
    private let isSilent: Bool
    private let pause: Duration
    private var label = ""
    private var total = 0
    private var before = 0
    private var began = ContinuousClock.now
    private var lastLine: ContinuousClock.Instant?

    /// - Parameter isSilent: says nothing, as `--quiet` asks for.
    public init(isSilent: Bool = false) {
        self.isSilent = isSilent
        redraws = TerminalStyle.ofStandardError().redraws
        pause = redraws ? .milliseconds(200) : .seconds(15)
    }

    /// Work begins: `before` of its `total` images were done in earlier runs.
    public mutating func begin(_ label: String, total: Int, before: Int = 0) {
        (self.label, self.total, self.before) = (label, total, before)
        began = .now
        lastLine = nil
    }

    /// Says how far it is, if it is time to.
    /// - Parameters:
    ///   - done: images done in this run.
    ///   - notes: what else there is to say.
    public mutating func update(done: Int, notes: @autoclosure () -> [String] = [], force: Bool = false) {
        guard !isSilent, !label.isEmpty else { return }
        if !force, let lastLine, lastLine.duration(to: .now) < pause { return }
        lastLine = .now
        let seconds = max(began.duration(to: .now) / Duration.seconds(1), 0.001)
        let rate = Double(done) / seconds
        var facts = ["\(before + done)/\(total) images"]
        if done > 0, seconds >= 0.1 { facts.append(String(format: "%.1f images/s", rate)) }
        let left = total - before - done
        if done > 0, left > 0 { facts.append("\(Self.words(seconds: Double(left) / rate)) left") }
        write(facts + notes(), done: before + done)
    }

    /// The same for work that is mostly over before anybody would ask: nothing is said until it has taken a while.
    public mutating func follow(_ label: String, done: Int, of total: Int) {
        if self.label != label {
            begin(label, total: total)
            lastLine = began
        }
        update(done: done, force: done == total && lastLine != began)
        if done == total { end() }
    }

    /// Ends the line.
    public mutating func end() {
        if redraws, !isSilent, let lastLine, lastLine != began {
            try? FileHandle.standardError.write(contentsOf: Data("\n".utf8))
        }
        label = ""
    }

    private func write(_ facts: [String], done: Int) {
        let style = TerminalStyle.ofStandardError()
        let text =
            redraws
            ? style.lineStart + ProgressBar(label: label, done: done, of: total, notes: facts).line(on: style)
            : "\(label) \(facts.joined(separator: ", "))\n"
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
