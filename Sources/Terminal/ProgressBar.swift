/// One line of a terminal that shows how far work is: a bar, and what there is to say.
public struct ProgressBar: Equatable, Sendable {
    /// Of what.
    public let label: String
    /// At most as many as there are.
    public let done: Int
    public let total: Int
    /// Beside the bar, what matters most first: what has no room is left out.
    public let notes: [String]

    public init(label: String, done: Int, of total: Int, notes: [String]) {
        self.label = label
        self.total = max(0, total)
        self.done = min(self.total, max(0, done))
        self.notes = notes
    }

    private static let longest = 30
    private static let shortest = 8

    /// The line, never wider than the terminal: a line that wraps cannot be written over.
    public func line(on style: TerminalStyle) -> String {
        let room = style.columns - 1
        let percent = "\(part(of: 100))%"
        let head = String(label.prefix(room / 3)) + " "
        let tail = " " + String(repeating: " ", count: max(0, 4 - percent.count)) + percent
        var text = ""
        for note in notes where head.count + Self.shortest + 2 + tail.count + text.count + note.count + 2 <= room {
            text += (text.isEmpty ? "  " : ", ") + note
        }
        let width = min(Self.longest, room - head.count - tail.count - text.count - 2)
        guard width >= 1 else { return String((head + tail).prefix(room)) }
        let full = part(of: width)
        let bar =
            style.colored(String(repeating: "=", count: full), .green) + String(repeating: "-", count: width - full)
        return "\(head)[\(bar)]\(tail)\(text)"
    }

    /// Rounded down: only what is done is full.
    private func part(of whole: Int) -> Int { total > 0 ? Int(Double(done) * Double(whole) / Double(total)) : 0 }
}
