import Foundation
import Yams

/// A command line together with the file of options that it names: what stands on the line wins.
public struct CommandWords: Equatable, Sendable {
    /// What the parser gets.
    public let words: [String]
    /// The options with their values, in the order of their names; of a flag that is set, none.
    public let options: [(option: OptionCatalog.Option, values: [String])]
    /// Nil where none is named.
    public let file: CommandFile?

    /// - Parameters:
    ///   - given: the command line, without the program's name.
    ///   - readFile: reads the file of options that it names.
    /// - Throws: `CommandFileError`.
    public init(
        _ given: [String], _ catalog: OptionCatalog,
        readFile: (_ path: String, _ options: [OptionCatalog.Option]) throws -> CommandFile = {
            try CommandFile(path: $0, options: $1)
        }
    ) throws {
        guard let command = given.first, let known = catalog.options(of: command) else {
            (words, options, file) = (given, [], nil)
            return
        }
        let said = Self.options(in: given.dropFirst(), known, catalog)
        let path = said.last { $0.name == "config" }?.value
        let file = try path.map { try readFile($0, known) }
        let named = Set(said.map(\.name))
        var all: [String: [String]] = [:]
        var fromFile: [String] = []
        for entry in file?.entries ?? [] where !named.contains(entry.option.name) {
            if entry.option.isFlag {
                guard entry.values.isEmpty else { continue }
                fromFile.append("--\(entry.option.name)")
            } else {
                fromFile += entry.values.map { "--\(entry.option.name)=\($0)" }
            }
            all[entry.option.name] = entry.values
        }
        let byName = Dictionary(known.map { ($0.name, $0) }) { first, _ in first }
        for (name, value) in said {
            guard let option = byName[name] else { continue }
            all[name] = (option.isRepeating ? all[name] ?? [] : []) + (value.map { [$0] } ?? [])
        }
        words = [command] + fromFile + given.dropFirst()
        options = all.sorted { $0.key < $1.key }.compactMap { name, values in byName[name].map { ($0, values) } }
        self.file = file
    }

    /// The options on a command line, with their values, as far as they can be told.
    private static func options(
        in words: ArraySlice<String>, _ known: [OptionCatalog.Option], _ catalog: OptionCatalog
    ) -> [(name: String, value: String?)] {
        let flags = Set(known.filter(\.isFlag).map(\.name))
        var found: [(String, String?)] = []
        var rest = words
        while let word = rest.popFirst(), word != "--" {
            if word.hasPrefix("--") {
                let parts = word.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                let name = String(parts[0])
                found.append((name, parts.count > 1 ? String(parts[1]) : flags.contains(name) ? nil : rest.popFirst()))
            } else if word.hasPrefix("-") {
                for letter in word.dropFirst() {
                    if let name = catalog.longName(ofShort: String(letter)) { found.append((name, nil)) }
                }
            }
        }
        return found
    }

    /// Where in the file the options stand that an error of the parser is about; nil where it is about none of them.
    public func origin(of error: String) -> String? {
        guard let file else { return nil }
        let lines = file.entries.filter { error.contains("--\($0.option.name)") }.map {
            "line \($0.line): \($0.option.name)"
        }
        return lines.isEmpty
            ? nil : "The options of \(file.path) count as well (\(lines.prefix(4).joined(separator: ", ")))."
    }

    public static func == (left: CommandWords, right: CommandWords) -> Bool {
        left.words == right.words && left.file == right.file
            && left.options.map(\.option) == right.options.map(\.option)
            && left.options.map(\.values) == right.options.map(\.values)
    }
}

/// The file that would repeat a command.
extension CommandWords {
    /// Options of one run that are no part of what it does.
    private static let passing: Set<String> = ["config", "json", "quiet", "verbose", "help", "version"]

    /// - Parameters:
    ///   - program: its name.
    ///   - path: where the file will be. Paths in it are absolute.
    /// - Returns: nil where the command has no options.
    public func repetition(program: String, path: String) throws -> String? {
        guard let command = words.first, !options.isEmpty else { return nil }
        var pairs: [(Node, Node)] = []
        for (option, values) in options where !Self.passing.contains(option.name) {
            let shown = option.isPath ? values.map(Self.absolute) : values
            let value: Node
            if option.isFlag {
                value = Node("true", Tag(.bool))
            } else if option.isRepeating {
                value = Node(shown.map { Node($0, Tag(.str), Self.style(of: $0)) })
            } else {
                let one = shown.last ?? ""
                value = Node(one, Tag(.str), Self.style(of: one))
            }
            pairs.append((Node(option.name), value))
        }
        let yaml = try Yams.serialize(node: Node(pairs), width: -1, allowUnicode: true)
        let oneLine = path.contains { $0.isNewline } ? "job.yaml" : path
        return "# \(program) \(command) --config \(oneLine)\n" + yaml
    }

    /// Quoted, unless nothing in it could mean anything but itself.
    private static func style(of text: String) -> Node.Scalar.Style {
        let plain = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._/+%")
        return !text.isEmpty && text.lowercased() != "null" && text.allSatisfy(plain.contains) ? .plain : .doubleQuoted
    }

    private static func absolute(_ path: String) -> String {
        let isAddress = path.contains("://")
        guard !isAddress, !path.isEmpty else { return path }
        // As the shell's own: links stay what they are, and a slash at the end too.
        return path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
    }
}
