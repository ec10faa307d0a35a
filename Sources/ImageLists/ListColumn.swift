/// The columns of a list that mean something by their names, whatever the form of the list: columns of a CSV list, keys of JSON lines.
enum ListColumn: String, CaseIterable {
    case path = "image_path"
    case index = "label_index"
    case label
    case mask = "mask_path"
    case region = "roi_path"
    case split
    case category

    /// - Parameter name: as the list has it; capitals and blanks make no difference.
    init?(name: String) { self.init(rawValue: Self.canonical(name)) }

    /// Its number among all of them.
    var number: Int {
        switch self {
        case .path: 0
        case .index: 1
        case .label: 2
        case .mask: 3
        case .region: 4
        case .split: 5
        case .category: 6
        }
    }

    /// The name of the column with the lot unless another is given.
    static let usualLot = "lot"

    /// All names, for messages.
    static let known = (allCases.map(\.rawValue) + [usualLot]).joined(separator: ",")

    /// One spelling for each name: lower case, without blanks around it, and with `_` for blanks within.
    static func canonical(_ name: String) -> String {
        // Most names are spelt so, and each line of JSON has them.
        let isCanonical = name.utf8.allSatisfy { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || byte == UInt8(ascii: "_")
        }
        return isCanonical ? name : trimmed(name).lowercased().replacing(" ", with: "_")
    }

    /// Without blanks and tabs at both ends. By bytes: a blank and an accent that follows it would be one `Character`.
    static func trimmed(_ text: String) -> String {
        let blank: (UInt8) -> Bool = { $0 == 32 || $0 == 9 }
        guard let first = text.utf8.first, let last = text.utf8.last, blank(first) || blank(last) else { return text }
        return String(decoding: text.utf8.drop(while: blank).reversed().drop(while: blank).reversed(), as: UTF8.self)
    }
}

/// The columns that the user names, beside those of ``ListColumn``.
struct NamedColumns {
    /// The column with each image's lot. A list need not have it.
    var lot: String
    /// The column whose values become the rows' groups; a list that lacks it is refused. Nil: rows have no group.
    var group: String?
}

/// What was found in a list beside its rows.
struct FoundColumns {
    /// The names of columns that are passed over, each once.
    private(set) var unused: [String] = []
    /// Whether the list has the column with lots.
    var hasLots = false

    /// Lists of JSON lines may have other keys in each line: the first so many are named.
    private static let mostUnused = 64

    mutating func addUnused(_ name: String) {
        guard !name.isEmpty, unused.count < Self.mostUnused, !unused.contains(name) else { return }
        unused.append(name)
    }
}

extension ListRow {
    /// The row that values of columns make; one that is nil or empty says nothing.
    /// - Throws: `ListError` with the line where there is no path, or a value is not understood.
    init(_ list: String, line: Int, _ value: (ListColumn) -> String?) throws {
        func text(_ column: ListColumn) -> String? { value(column).flatMap { $0.isEmpty ? nil : $0 } }
        func word(_ column: ListColumn) -> String? {
            text(column).map(ListColumn.trimmed).flatMap { $0.isEmpty ? nil : $0 }
        }
        guard let path = text(.path) else { throw ListError(list, line: line, "no image_path") }
        self.init(path: try TextList.checkedPath(path, list, line), line: line)
        mask = try text(.mask).map { try TextList.checkedPath($0, list, line) }
        region = try text(.region).map { try TextList.checkedPath($0, list, line) }
        split = word(.split)
        category = word(.category)
        label = try ListLabel.read(index: word(.index), name: word(.label), list, line)
        kind = word(.label).flatMap(ListLabel.kind)
    }
}
