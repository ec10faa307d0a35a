import Storage

/// Writes a table of comma-separated values (RFC 4180, lines ended by LF), row by row, into a file that is there whole or
/// not at all. The CSV library of this package only reads.
public struct CSVWriter: ~Copyable {
    private let file: DurableFile
    private let columns: Int
    private var buffer: [UInt8]
    private var written = 0

    public init(path: String, header: [String]) throws {
        file = try DurableFile(path: path)
        columns = header.count
        buffer = Self.line(of: header)
    }

    /// Adds a row, with as many fields as the header has.
    public mutating func append(_ fields: [String]) throws {
        precondition(fields.count == columns)
        buffer += Self.line(of: fields)
        if buffer.count >= 1 << 16 { try flush() }
    }

    /// Writes what is left and gives the file its name.
    public consuming func commit() throws {
        try flush()
        try file.commit()
    }

    private mutating func flush() throws {
        try buffer.withUnsafeBytes { try file.write($0, at: written) }
        written += buffer.count
        buffer.removeAll(keepingCapacity: true)
    }

    package static func line(of fields: [String]) -> [UInt8] {
        var line: [UInt8] = []
        for (number, field) in fields.enumerated() {
            if number > 0 { line.append(UInt8(ascii: ",")) }
            encode(field, into: &line)
        }
        line.append(UInt8(ascii: "\n"))
        return line
    }

    /// Quotes a field that holds a comma, a quote or the end of a line; quotes within are doubled.
    private static func encode(_ field: String, into line: inout [UInt8]) {
        let quote = UInt8(ascii: "\"")
        let special = [quote, UInt8(ascii: ","), UInt8(ascii: "\n"), UInt8(ascii: "\r")]
        guard field.utf8.contains(where: { special.contains($0) }) else { return line.append(contentsOf: field.utf8) }
        line.append(quote)
        for byte in field.utf8 {
            if byte == quote { line.append(quote) }
            line.append(byte)
        }
        line.append(quote)
    }
}
