import Foundation

/// The part of docs/PERFORMANCE.md that runs write, between two marks.
struct PerformancePage {
    let path: String

    private static let begin = "<!-- measured: begin -->"
    private static let end = "<!-- measured: end -->"

    /// Puts a run's rows in the place of the last ones. Rows of another machine go, and those of what is measured no more.
    /// - Parameter titles: of everything that is measured, in order.
    /// - Throws: `BenchmarkError` where the page has no such place.
    func update(with rows: MarkdownTable, titles: [String], machine: String) throws {
        let text = try String(contentsOfFile: path, encoding: .utf8)
        guard let begin = text.range(of: Self.begin), let end = text.range(of: Self.end),
            begin.upperBound <= end.lowerBound
        else { throw BenchmarkError("\(path) lacks the marks '\(Self.begin)' and '\(Self.end)'") }
        let old = text[begin.upperBound..<end.lowerBound]
        var table = old.contains(machine) ? MarkdownTable(reading: old) : rows
        table.update(with: rows, titles: titles)
        let measured = "\nMachine: \(machine).\n\n\(table.text)"
        try text.replacingCharacters(in: begin.upperBound..<end.lowerBound, with: measured)
            .write(toFile: path, atomically: true, encoding: .utf8)
    }
}
