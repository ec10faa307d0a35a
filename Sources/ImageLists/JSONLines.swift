import Foundation

/// A list of JSON lines: each line an object, `{"image_path": "a.png", "label": "good"}`, whose keys mean what the columns of a CSV list
/// mean. Foundation's decoder reads the JSON.
enum JSONLines {
    private static let endings: Set<String> = ["jsonl", "ndjson"]

    /// Whether the first line begins an object, or the file's name promises JSON lines.
    /// - Throws: `ListError` for a file of JSON that is not of this form, with what helps.
    static func recognises(_ file: ListFile) throws -> Bool {
        var first = ""
        var number = 1
        try file.forEachLine { line, place in
            (first, number) = (ListColumn.trimmed(line), place)
            return first.isEmpty
        }
        let ending = FilePath.fileExtension(file.name)
        let rest = ListColumn.trimmed(String(first.utf8.dropFirst()) ?? "")
        let isObject = first.utf8.first == UInt8(ascii: "{")
        // A path may begin with a brace, but hardly goes on so.
        if isObject, rest.utf8.first == UInt8(ascii: "\"") || rest == "}" { return true }
        guard ending == "json" else { return endings.contains(ending) }
        let remedy = "write each image as an object on a line of its own"
        switch first.utf8.first {
        case UInt8(ascii: "["):
            throw ListError(file.name, line: number, "an array of JSON; \(remedy): jq -c '.[]' FILE > FILE.jsonl")
        case UInt8(ascii: "{"):
            throw ListError(file.name, line: number, "JSON over several lines; \(remedy): jq -c . FILE > FILE.jsonl")
        default: return false
        }
    }

    /// - Throws: `ListError` with the line that is malformed, or where no line has the key of groups.
    static func read(
        _ file: ListFile, _ named: NamedColumns, _ add: (ListRow) throws -> Void
    ) throws -> FoundColumns {
        var columns = FoundColumns()
        var hasGroups = named.group == nil
        let roles = Roles(named)
        let decoder = JSONDecoder()
        try file.forEachLine { line, number in
            guard !line.utf8.allSatisfy({ $0 == 32 || $0 == 9 }) else { return true }
            let object: Object
            do {
                object = try decoder.decode(Object.self, from: Data(line.utf8), configuration: roles)
            } catch let fault as Object.Fault {
                throw ListError(file.name, line: number, fault.reason)
            } catch {
                throw ListError(file.name, line: number, Self.reason(error))
            }
            var row = try ListRow(file.name, line: number) { object.values[$0.rawValue] ?? nil }
            row.lot = object.value(roles.lot)
            row.group = roles.group.flatMap(object.value)
            columns.hasLots = columns.hasLots || object.values.keys.contains(roles.lot)
            hasGroups = hasGroups || roles.group.map(object.values.keys.contains) ?? true
            object.unused.forEach { columns.addUnused($0) }
            try add(row)
            return true
        }
        if let group = named.group, !hasGroups {
            let known = columns.unused.map { "'\($0)'" }.joined(separator: ", ")
            throw ListError(
                file.name,
                "no line has the key '\(group)'; keys that are not used otherwise: \(known.isEmpty ? "none" : known)")
        }
        return columns
    }

    private static func reason(_ error: any Error) -> String {
        guard case DecodingError.dataCorrupted(let context) = error else {
            return "not a JSON object such as {\"image_path\": \"a.png\", \"label\": \"good\"}"
        }
        let detail = (context.underlyingError as NSError?)?.userInfo["NSDebugDescription"] as? String
        return "not JSON: \(detail ?? context.debugDescription)"
    }
}

/// The keys whose values are taken, in their canonical spelling.
private struct Roles: Sendable {
    let lot: String
    let group: String?
    let all: Set<String>

    init(_ named: NamedColumns) {
        lot = ListColumn.canonical(named.lot)
        group = named.group.map(ListColumn.canonical)
        all = Set(ListColumn.allCases.map(\.rawValue) + [lot] + [group].compactMap { $0 })
    }
}

/// One line.
private struct Object: DecodableWithConfiguration {
    /// The texts of the keys that are taken, by their canonical spelling; nil: `null`.
    private(set) var values: [String: String?] = [:]
    private(set) var unused: [String] = []

    /// The value without blanks around it; nil where there is none.
    func value(_ name: String) -> String? {
        (values[name] ?? nil).map(ListColumn.trimmed).flatMap { $0.isEmpty ? nil : $0 }
    }

    struct Fault: Error {
        let reason: String
    }

    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { return nil }
    }

    init(from decoder: any Decoder, configuration roles: Roles) throws {
        let object = try decoder.container(keyedBy: Key.self)
        for key in object.allKeys {
            let name = ListColumn.canonical(key.stringValue)
            guard roles.all.contains(name) else {
                unused.append(ListColumn.trimmed(key.stringValue))
                continue
            }
            let text = try Self.text(object, key)
            guard values.updateValue(text, forKey: name) == nil else {
                throw Fault(reason: "the key '\(name)' is there twice")
            }
        }
    }

    /// A string as it is, and a number or a truth value as a CSV list would have it.
    private static func text(_ object: KeyedDecodingContainer<Key>, _ key: Key) throws -> String? {
        if try object.decodeNil(forKey: key) { return nil }
        let name = key.stringValue
        // Mostly a number: to try a string first takes longer than all the rest.
        if ListColumn(name: name) == .index, let number = try? object.decode(Int64.self, forKey: key) {
            return String(number)
        }
        do { return try object.decode(String.self, forKey: key) } catch DecodingError.typeMismatch {}
        guard ListColumn(name: name) != .path, ListColumn(name: name) != .mask else {
            throw Fault(reason: "\(name) is not a string")
        }
        if let truth = try? object.decode(Bool.self, forKey: key) { return String(truth) }
        if let number = try? object.decode(Int64.self, forKey: key) { return String(number) }
        if let number = try? object.decode(UInt64.self, forKey: key) { return String(number) }
        guard let number = try? object.decode(Double.self, forKey: key) else {
            throw Fault(reason: "\(name) is neither a string nor a number")
        }
        // Beyond this, numbers that differ may be read as one.
        guard number.magnitude < 0x1p53 else {
            throw Fault(reason: "\(name) is a number too large to be told from others; write it in quotes")
        }
        return String(number)
    }
}
