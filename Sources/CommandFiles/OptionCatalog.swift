import ArgumentParser
import Foundation

/// The options that a program's commands have, as the command line's own description of itself says.
public struct OptionCatalog: Sendable {
    public struct Option: Equatable, Sendable {
        /// The long name, without dashes.
        public let name: String
        public let isFlag: Bool
        /// Whether it may be given more than once.
        public let isRepeating: Bool
        /// Whether its values name files or folders, which a shell's completion offers for it.
        public let isPath: Bool

        public init(name: String, isFlag: Bool = false, isRepeating: Bool = false, isPath: Bool = false) {
            (self.name, self.isFlag, self.isRepeating, self.isPath) = (name, isFlag, isRepeating, isPath)
        }
    }

    /// By the command's name.
    private let commands: [String: [Option]]
    /// Long names by their one-letter names, of all commands.
    private let short: [String: String]

    public init(commands: [String: [Option]], short: [String: String] = [:]) {
        (self.commands, self.short) = (commands, short)
    }

    /// Of one command of a program. The description of all of them takes 10 ms.
    /// - Parameter name: of the command; where the program has none of that name the catalogue is empty.
    /// - Throws: where the description cannot be read.
    public init(of root: (some ParsableCommand).Type, command name: String?) throws {
        guard let name, let type = root.configuration.subcommands.first(where: { $0._commandName == name }) else {
            self.init(commands: [:])
            return
        }
        let command = try JSONDecoder().decode(Description.self, from: Data(type._dumpHelp().utf8)).command
        var short: [String: String] = [:]
        let options: [Option] = (command.arguments ?? []).compactMap { argument in
            guard let name = argument.names?.first(where: { $0.kind == "long" })?.name else { return nil }
            for other in argument.names ?? [] where other.kind == "short" { short[other.name] = name }
            return Option(
                name: name, isFlag: argument.kind == "flag", isRepeating: argument.isRepeating,
                isPath: argument.completionKind.map { $0.name == "file" || $0.name == "directory" } ?? false)
        }
        self.init(commands: [name: options], short: short)
    }

    /// Nil where there is no such command.
    public func options(of command: String) -> [Option]? { commands[command] }

    func longName(ofShort letter: String) -> String? { short[letter] }

    private struct Description: Decodable { let command: Command }

    private struct Command: Decodable { let arguments: [Argument]? }

    private struct Argument: Decodable {
        struct Name: Decodable {
            let kind: String
            let name: String
        }
        let kind: String
        let isRepeating: Bool
        let names: [Name]?
        let completionKind: CompletionKind?
    }

    /// What a shell offers for the value: a word, with details that do not matter here.
    private struct CompletionKind: Decodable {
        struct Word: CodingKey {
            let stringValue: String
            var intValue: Int? { nil }
            init?(stringValue: String) { self.stringValue = stringValue }
            init?(intValue: Int) { nil }
        }
        let name: String?

        init(from decoder: any Decoder) throws {
            name = try decoder.container(keyedBy: Word.self).allKeys.first?.stringValue
        }
    }
}
