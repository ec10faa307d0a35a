import SwiftCSV

/// A list with a header: `image_path[,label_index,label,mask_path,roi_path,split,category,lot]`, columns in any order and case. The lot may have a
/// column of another name. Columns are separated by commas, semicolons or tabs: by those with which the header names `image_path`.
enum CSVList {
    private static let quote = UInt8(ascii: "\"")

    /// What separates the columns of a list.
    enum Separator: CaseIterable {
        // In the order in which they are tried.
        case comma, tab, semicolon

        fileprivate var byte: UInt8 {
            switch self {
            case .comma: UInt8(ascii: ",")
            case .tab: UInt8(ascii: "\t")
            case .semicolon: UInt8(ascii: ";")
            }
        }

        fileprivate var delimiter: CSVDelimiter {
            switch self {
            case .comma: .comma
            case .tab: .tab
            case .semicolon: .semicolon
            }
        }

        fileprivate var name: String {
            switch self {
            case .comma: "a comma"
            case .tab: "a tab"
            case .semicolon: "a semicolon"
            }
        }
    }

    /// What separates the columns; nil where the first line is not a header that names `image_path`.
    /// - Throws: `ListError` where it is not and the file's name promises columns.
    static func separator(of file: ListFile) throws -> Separator? {
        var first = (line: "", number: 1)
        try file.forEachLine { line, number in
            first = (line, number)
            return line.isEmpty
        }
        let ending = FilePath.fileExtension(file.name)
        func namesPath(_ separator: Separator) -> Bool {
            let fields = try? fields(of: first.line, separator, file.name, first.number)
            return fields?.contains { ListColumn(name: $0) == .path } ?? false
        }
        // A header of one column leaves the separator to the file's name.
        let order = ending == "tsv" ? [Separator.tab] + Separator.allCases : Separator.allCases
        if let separator = order.first(where: namesPath) { return separator }
        guard ending != "csv", ending != "tsv" else {
            throw ListError(
                file.name, line: first.number,
                "a CSV list begins with a header that names image_path (\(ListColumn.known)), its columns separated by commas, "
                    + "semicolons or tabs; for one path a line, name the file .txt")
        }
        return nil
    }

    private struct Header {
        /// By the columns' numbers.
        var places: [Int?]
        var lot: Int?
        var group: Int?
        var width: Int
    }

    /// - Throws: `ListError` with the line that is malformed, or where the list has no column of groups.
    static func read(
        _ file: ListFile, _ separator: Separator, _ named: NamedColumns, _ add: (ListRow) throws -> Void
    ) throws -> FoundColumns {
        var header: Header?
        var columns = FoundColumns()
        try file.forEachLine { line, number in
            guard !line.isEmpty else { return true }
            let fields = try fields(of: line, separator, file.name, number)
            guard let known = header else {
                let found = try self.header(fields, named, file.name, number)
                header = found
                columns.hasLots = found.lot != nil
                for (place, field) in fields.enumerated() where place != found.lot && place != found.group {
                    if ListColumn(name: field) == nil { columns.addUnused(ListColumn.trimmed(field)) }
                }
                return true
            }
            guard fields.count == known.width else {
                throw ListError(
                    file.name, line: number,
                    "\(fields.count) fields, where the header has \(known.width); a path with \(separator.name) in it needs quotes"
                )
            }
            var row = try ListRow(file.name, line: number) { column in known.places[column.number].map { fields[$0] } }
            func value(_ place: Int?) -> String? {
                place.map { ListColumn.trimmed(fields[$0]) }.flatMap { $0.isEmpty ? nil : $0 }
            }
            (row.lot, row.group) = (value(known.lot), value(known.group))
            try add(row)
            return true
        }
        return columns
    }

    /// The rows of a table of another kind, whose first line names its columns, separated by commas.
    /// - Parameter columns: those that are needed; their fields are handed over in this order, without blanks around them.
    /// - Throws: `ListError` where a column is missing, or a line is malformed.
    static func forEachRow(
        of file: ListFile, _ columns: [String], _ body: (_ fields: [String], _ line: Int) throws -> Void
    ) throws {
        var places: [Int]?
        var width = 0
        try file.forEachLine { line, number in
            guard !line.isEmpty else { return true }
            let fields = try fields(of: line, .comma, file.name, number).map(ListColumn.trimmed)
            guard let known = places else {
                places = try columns.map { try requiredPlace(of: $0, fields, file.name, number) }
                width = fields.count
                return true
            }
            guard fields.count == width else {
                throw ListError(file.name, line: number, "\(fields.count) fields, where the header has \(width)")
            }
            try body(known.map { fields[$0] }, number)
            return true
        }
    }

    private static func fields(
        of line: String, _ separator: Separator, _ list: String, _ number: Int
    ) throws -> [String] {
        let quotes = line.utf8.count { $0 == quote }
        guard quotes > 0 else {
            // Most lines have none, and taken apart so they take a tenth of the time.
            return line.utf8.split(separator: separator.byte, omittingEmptySubsequences: false).map {
                String(Substring($0.drop { $0 == 32 || $0 == 9 }))
            }
        }
        guard quotes.isMultiple(of: 2) else { throw ListError(list, line: number, "a quote that is not closed") }
        do {
            return try EnumeratedCSV(
                string: line + "\n", delimiter: separator.delimiter, loadColumns: false, rowLimit: 1
            ).header
        } catch CSVParseError.quotation(let message) {
            throw ListError(list, line: number, "misplaced quotes: \(message)")
        } catch {
            throw ListError(list, line: number, "not CSV: \(error)")
        }
    }

    private static func header(
        _ fields: [String], _ named: NamedColumns, _ list: String, _ number: Int
    ) throws -> Header {
        var places = [Int?](repeating: nil, count: ListColumn.allCases.count)
        for (place, field) in fields.enumerated() {
            guard let column = ListColumn(name: field) else { continue }
            guard places[column.number] == nil else {
                throw ListError(list, line: number, "the header names \(column.rawValue) twice")
            }
            places[column.number] = place
        }
        guard places[ListColumn.path.number] != nil else {
            throw ListError(list, line: number, "the header does not name image_path")
        }
        return Header(
            places: places, lot: try place(of: named.lot, fields, list, number),
            group: try named.group.map { try requiredPlace(of: $0, fields, list, number) }, width: fields.count)
    }

    /// The place of a column that the user names; nil where there is none.
    private static func place(of name: String, _ fields: [String], _ list: String, _ number: Int) throws -> Int? {
        let places = fields.indices.filter { ListColumn.canonical(fields[$0]) == ListColumn.canonical(name) }
        guard places.count < 2 else { throw ListError(list, line: number, "the header names \(name) twice") }
        return places.first
    }

    private static func requiredPlace(of name: String, _ fields: [String], _ list: String, _ number: Int) throws -> Int
    {
        if let place = try place(of: name, fields, list, number) { return place }
        let known = fields.map { "'\(ListColumn.trimmed($0))'" }.joined(separator: ", ")
        throw ListError(list, line: number, "the header has no column '\(name)'; its columns are \(known)")
    }
}
