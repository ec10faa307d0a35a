import SwiftCSV

/// A list with a header: `image_path[,label_index,label,mask_path,split,lot]`, columns in any order and case. The lot may have a column of
/// another name.
enum CSVList {
    private enum Column: String, CaseIterable {
        case path = "image_path"
        case index = "label_index"
        case label
        case mask = "mask_path"
        case split

        /// - Parameter field: of the header; capitals and blanks make no difference.
        init?(field: String) { self.init(rawValue: CSVList.columnName(field)) }
    }

    /// The name of the column with the lot unless another is given.
    static let usualLotColumn = "lot"

    /// What was found in a list beside its rows.
    struct Columns {
        /// Those that are passed over.
        var unused: [String] = []
        var hasLots = false
    }

    private static func columnName(_ field: String) -> String { trimmed(field).lowercased().replacing(" ", with: "_") }

    private static let quote = UInt8(ascii: "\"")

    /// Whether the first line is a header that names `image_path`.
    /// - Throws: `ListError` where it is not and the file's name promises a CSV.
    static func recognises(_ file: ListFile) throws -> Bool {
        var first = ""
        try file.forEachLine { line, _ in
            first = line
            return line.isEmpty
        }
        func names(separatedBy separator: Character) -> Bool {
            first.split(separator: separator).contains { Column(field: $0.filter { $0 != "\"" }) == .path }
        }
        if names(separatedBy: ",") { return true }
        for (separator, name) in [(Character(";"), "';'"), ("\t", "tabs")] where names(separatedBy: separator) {
            throw ListError(
                file.name, line: 1, "its columns are separated by \(name); save it with commas, which are understood")
        }
        guard FilePath.fileExtension(file.name) != "csv" else {
            let known = (Column.allCases.map(\.rawValue) + [usualLotColumn]).joined(separator: ",")
            throw ListError(
                file.name, line: 1,
                "a CSV list begins with a header of comma-separated columns that names image_path (\(known)); "
                    + "for one path a line, name the file .txt")
        }
        return false
    }

    /// - Parameters:
    ///   - lotColumn: the name of the column with each image's lot.
    ///   - groupColumn: the column whose values become the rows' groups; nil: rows have none.
    static func read(
        _ file: ListFile, lotColumn: String, groupColumn: String?, _ add: (ListRow) throws -> Void
    ) throws -> Columns {
        var header: (places: [Column: Int], lot: Int?, group: Int?, width: Int)?
        var columns = Columns()
        try file.forEachLine { line, number in
            guard !line.isEmpty else { return true }
            let fields = try fields(of: line, file.name, number)
            guard let known = header else {
                let lot = try place(of: lotColumn, fields, file.name, number)
                let group = try groupColumn.map { try requiredPlace(of: $0, fields, file.name, number) }
                header = (try places(fields, file.name, number), lot, group, fields.count)
                columns.hasLots = lot != nil
                columns.unused = fields.enumerated().filter { $0.offset != lot && $0.offset != group }
                    .map { trimmed($0.element) }
                    .filter { !$0.isEmpty && Column(field: $0) == nil }
                return true
            }
            guard fields.count == known.width else {
                throw ListError(
                    file.name, line: number,
                    "\(fields.count) fields, where the header has \(known.width); a path with a comma in it needs quotes"
                )
            }
            var row = try row(fields, known.places, file.name, number)
            func value(_ place: Int?) -> String? { place.map { trimmed(fields[$0]) }.flatMap { $0.isEmpty ? nil : $0 } }
            (row.lot, row.group) = (value(known.lot), value(known.group))
            try add(row)
            return true
        }
        return columns
    }

    private static func fields(of line: String, _ list: String, _ number: Int) throws -> [String] {
        let quotes = line.utf8.count { $0 == quote }
        guard quotes > 0 else {
            // Most lines have none, and taken apart so they take a tenth of the time.
            return line.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).map {
                String(Substring($0.drop { $0 == 32 || $0 == 9 }))
            }
        }
        guard quotes.isMultiple(of: 2) else { throw ListError(list, line: number, "a quote that is not closed") }
        do {
            return try EnumeratedCSV(string: line + "\n", delimiter: .comma, loadColumns: false, rowLimit: 1).header
        } catch CSVParseError.quotation(let message) {
            throw ListError(list, line: number, "misplaced quotes: \(message)")
        } catch {
            throw ListError(list, line: number, "not CSV: \(error)")
        }
    }

    private static func places(_ fields: [String], _ list: String, _ number: Int) throws -> [Column: Int] {
        var places: [Column: Int] = [:]
        for (place, field) in fields.enumerated() {
            guard let column = Column(field: field) else { continue }
            guard places.updateValue(place, forKey: column) == nil else {
                throw ListError(list, line: number, "the header names \(column.rawValue) twice")
            }
        }
        guard places[.path] != nil else { throw ListError(list, line: number, "the header does not name image_path") }
        return places
    }

    /// The place of a column that the user names; nil where there is none.
    private static func place(of name: String, _ fields: [String], _ list: String, _ number: Int) throws -> Int? {
        let places = fields.indices.filter { columnName(fields[$0]) == columnName(name) }
        guard places.count < 2 else { throw ListError(list, line: number, "the header names \(name) twice") }
        return places.first
    }

    private static func requiredPlace(of name: String, _ fields: [String], _ list: String, _ number: Int) throws -> Int
    {
        if let place = try place(of: name, fields, list, number) { return place }
        let known = fields.map { "'\(trimmed($0))'" }.joined(separator: ", ")
        throw ListError(list, line: number, "the header has no column '\(name)'; its columns are \(known)")
    }

    private static func row(
        _ fields: [String], _ places: [Column: Int], _ list: String, _ number: Int
    ) throws -> ListRow {
        func field(_ column: Column) -> String? {
            places[column].map { fields[$0] }.flatMap { $0.isEmpty ? nil : $0 }
        }
        guard let path = field(.path) else { throw ListError(list, line: number, "no image_path") }
        var row = ListRow(path: try TextList.checkedPath(path, list, number), line: number)
        row.mask = try field(.mask).map { try TextList.checkedPath($0, list, number) }
        row.split = field(.split).map { trimmed($0) }.flatMap { $0.isEmpty ? nil : $0 }
        row.label = try ListLabel.read(
            index: field(.index).map { trimmed($0) }, name: field(.label).map { trimmed($0) }, list, number)
        row.kind = field(.label).flatMap { ListLabel.kind(trimmed($0)) }
        return row
    }

    private static func trimmed(_ text: some StringProtocol) -> String {
        let blank: (UInt8) -> Bool = { $0 == 32 || $0 == 9 }
        guard let first = text.utf8.first, let last = text.utf8.reversed().first, blank(first) || blank(last) else {
            return String(text)
        }
        return String(decoding: text.utf8.drop(while: blank).reversed().drop(while: blank).reversed(), as: UTF8.self)
    }
}
