import Foundation
import Storage
import Yams

/// Options in a file of YAML: a key is an option's name without dashes, its value what would stand behind it.
public struct CommandFile: Equatable, Sendable {
    public struct Entry: Equatable, Sendable {
        public let option: OptionCatalog.Option
        /// Of a flag that is set: none.
        public let values: [String]
        public let line: Int
    }

    public let path: String
    public let entries: [Entry]

    /// In bytes.
    public static let longest = 64 << 10
    private static let mostValues = 1_000
    /// Where a value would begin with the sign of an anchor or an alias. A few lines of these can stand for more values than memory holds.
    nonisolated(unsafe) private static let references = /(?m)(^\s*|[:,\[{]\s*|[?\-]\s+)[&*]/

    /// - Throws: `CommandFileError`.
    public init(path: String, options: [OptionCatalog.Option]) throws {
        let text: String
        do {
            let file = try RegularFile(path: path)
            guard file.status.st_size <= Self.longest else {
                throw CommandFileError(
                    path, "is longer than \(Self.longest) bytes", remedy: "put long lists into files of their own")
            }
            let handle = FileHandle(fileDescriptor: file.descriptor, closeOnDealloc: false)
            let bytes = try handle.read(upToCount: Self.longest + 1) ?? Data()
            guard bytes.count <= Self.longest, let decoded = String(data: bytes, encoding: .utf8) else {
                throw CommandFileError(
                    path, "is no UTF-8 text of at most \(Self.longest) bytes", remedy: "save it as UTF-8")
            }
            text = decoded
        } catch let error as StorageError {
            throw CommandFileError(
                path, "cannot be read (\(error.reason))", remedy: "give the path of a file with options")
        }
        try self.init(text: text, path: path, options: options)
    }

    /// - Parameter options: what there is.
    /// - Throws: `CommandFileError`.
    public init(text: String, path: String, options: [OptionCatalog.Option]) throws {
        self.path = path
        guard text.utf8.count <= Self.longest else {
            throw CommandFileError(
                path, "is longer than \(Self.longest) bytes", remedy: "put long lists into files of their own")
        }
        if let found = text.firstMatch(of: Self.references) {
            let line = text[..<found.range.upperBound].count { $0.isNewline } + 1
            throw CommandFileError(
                path, line: line, "a value begins with & or *, which in YAML refers to other values",
                remedy: "write it in quotes, behind its key")
        }
        let root: Node?
        do {
            root = try Yams.compose(yaml: text)
        } catch let error as YamlError {
            throw Self.fault(error, path)
        }
        guard let root, root != Node("", Tag(.null)) else {
            entries = []
            return
        }
        guard let mapping = root.mapping else {
            throw CommandFileError(
                path, line: root.mark?.line, "holds no options", remedy: "write lines as shard-size: 32")
        }
        let known = Dictionary(options.map { ($0.name, $0) }) { first, _ in first }
        entries = try mapping.map { key, value in try Self.entry(key, value, known, path) }
    }

    private static func entry(
        _ key: Node, _ value: Node, _ known: [String: OptionCatalog.Option], _ path: String
    ) throws -> Entry {
        let line = key.mark?.line ?? 1
        if let name = key.scalar?.string, forbidden.contains(name) {
            throw CommandFileError(
                path, line: line, "\(name) stands on the command line only", remedy: "leave the line out")
        }
        guard let name = key.scalar?.string, let option = known[name] else {
            let said = key.scalar.map { "'\($0.string.prefix(80))'" } ?? "a key that is no word"
            let nearest = nearest(
                to: key.scalar?.string ?? "", among: known.keys.filter { !forbidden.contains($0) })
            throw CommandFileError(
                path, line: line, "\(said) is no option of this command",
                remedy: nearest.map { "did you mean \($0)?" } ?? "keys are names of options without dashes, see --help")
        }
        if option.isFlag {
            guard let word = value.scalar?.string, ["true", "false"].contains(word) else {
                throw CommandFileError(path, line: line, "\(name) is a switch", remedy: "write \(name): true, or false")
            }
            return Entry(option: option, values: word == "true" ? [] : ["false"], line: line)
        }
        let nodes = value.sequence.map(Array.init) ?? [value]
        guard option.isRepeating || value.sequence == nil else {
            throw CommandFileError(
                path, line: line, "\(name) has one value, not a list", remedy: "write \(name): VALUE")
        }
        guard !nodes.isEmpty, nodes.count <= mostValues else {
            throw CommandFileError(
                path, line: line, "\(name) has \(nodes.count) values",
                remedy: "give 1 to \(mostValues), or a list in a file")
        }
        let values = try nodes.map { node in
            guard let scalar = node.scalar, node.tag != Tag(.null), !scalar.string.utf8.contains(0) else {
                throw CommandFileError(
                    path, line: node.mark?.line ?? line, "\(name) has no value that is a text or a number",
                    remedy: option.isRepeating ? "write a value, or a list with a value a line" : "write \(name): VALUE"
                )
            }
            return scalar.string
        }
        return Entry(option: option, values: values, line: line)
    }

    /// Options that are about the command line itself.
    static let forbidden: Set<String> = ["config", "help", "version", "generate-completion-script"]

    private static func fault(_ error: YamlError, _ path: String) -> CommandFileError {
        let remedy = "write lines as shard-size: 32, and texts with signs in quotes"
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            return CommandFileError(path, line: mark.line, "is no YAML (\(problem))", remedy: remedy)
        case .duplicatedKeysInMapping(let duplicates, let context):
            return CommandFileError(
                path, line: context.mark.line,
                "\(duplicates.map { "\($0)" }.sorted().joined(separator: ", ")) stands there twice",
                remedy: "leave one of them; several values are a list")
        default: return CommandFileError(path, "is no YAML", remedy: remedy)
        }
    }

    /// The name that differs least, if it differs little.
    private static func nearest(to name: String, among names: some Sequence<String>) -> String? {
        guard name.utf8.count <= 64 else { return nil }
        let found = names.map { ($0, distance(Array($0.utf8), Array(name.utf8))) }.min { ($0.1, $0.0) < ($1.1, $1.0) }
        return found.flatMap { $0.1 <= max(1, name.utf8.count / 4) ? $0.0 : nil }
    }

    /// How many letters must be changed, added or left out.
    private static func distance(_ one: [UInt8], _ other: [UInt8]) -> Int {
        var row = Array(0...other.count)
        for (place, letter) in one.enumerated() {
            var diagonal = row[0]
            row[0] = place + 1
            for (column, second) in other.enumerated() {
                let changed = diagonal + (letter == second ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(changed, row[column] + 1, diagonal + 1)
            }
        }
        return row[other.count]
    }
}
