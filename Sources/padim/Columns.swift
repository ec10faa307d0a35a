import Terminal

/// Lines of fields on standard output, each column as wide as its widest field.
enum Columns {
    static func write(_ lines: [[String]]) {
        let count = lines.map(\.count).max() ?? 0
        let widths = (0..<count).map { column in
            lines.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
        }
        for line in lines {
            let padded = zip(line.dropLast(), widths).map { field, width in
                field + String(repeating: " ", count: width - field.count)
            }
            Output.printLine((padded + line.suffix(1)).joined(separator: "  "))
        }
    }
}
