import Foundation

/// Results as a Markdown table, which is readable on a terminal too. The first column names the row.
struct MarkdownTable {
    /// A line of cells a row, in order.
    private(set) var lines: [[String]]

    static let header = [
        "what", "ours", "peer", "unit", "ours / peer", "target (stretch)", "peer's name", "rounds", "measured",
    ]

    /// - Parameter measured: when, and at which commit.
    init(_ rows: [Row], measured: String) {
        lines = rows.map { row in
            [
                row.title, Self.number(row.ours), row.peer.map(Self.number) ?? "", row.unit,
                row.ratio.map { String(format: "%.2f", $0) } ?? "", Self.target(row), row.peerName ?? "",
                "\(row.rounds)", measured,
            ]
        }
    }

    /// Reads a table that was written before; what is no row of it is passed over.
    init(reading text: some StringProtocol) {
        lines = text.split(separator: "\n").compactMap { line in
            let cells = line.split(separator: "|", omittingEmptySubsequences: false).dropFirst().dropLast()
                .map { $0.trimmingCharacters(in: .whitespaces) }
            guard cells.count == Self.header.count, cells != Self.header, !cells[0].hasPrefix("--") else { return nil }
            return cells
        }
    }

    /// Takes another table's rows in the place of those of the same title.
    /// - Parameter titles: of everything that is measured, in order: so the rows stand, and others go.
    mutating func update(with newer: MarkdownTable, titles: [String]) {
        let rows = Dictionary((lines + newer.lines).map { ($0[0], $0) }, uniquingKeysWith: { $1 })
        lines = titles.compactMap { rows[$0] }
    }

    var text: String {
        let widths = Self.header.indices.map { column in
            ([Self.header] + lines).map { $0[column].count }.max() ?? 0
        }
        func text(_ row: [String]) -> String {
            let padded = zip(row, widths).map { $0.padding(toLength: $1, withPad: " ", startingAt: 0) }
            return "| " + padded.joined(separator: " | ") + " |\n"
        }
        return text(Self.header) + text(widths.map { String(repeating: "-", count: $0) }) + lines.map(text).joined()
    }

    /// Three digits that count.
    static func number(_ value: Double) -> String {
        switch abs(value) {
        case 100...: String(format: "%.0f", value)
        case 10...: String(format: "%.1f", value)
        case 1...: String(format: "%.2f", value)
        default: String(format: "%.3f", value)
        }
    }

    private static func target(_ row: Row) -> String {
        guard let target = row.target else { return "" }
        let stretch = row.stretch.map { String(format: " (%.2f)", $0) } ?? ""
        return String(format: "%.2f", target) + stretch
    }
}
