import Foundation
import TestProcesses
import Testing

/// What shells offer for options. Without a word of the program they offer nothing: not even files.
@Suite struct CompletionTests {
    private struct Program: Decodable { let command: Command }

    private struct Command: Decodable {
        let commandName: String
        let subcommands: [Command]?
        let arguments: [Argument]?

        /// Of this command and those below it.
        var allArguments: [(command: String, argument: Argument)] {
            (arguments ?? []).map { (commandName, $0) }
                + (subcommands ?? []).flatMap { command in
                    command.allArguments.map { (commandName + " " + $0.command, $0.argument) }
                }
        }
    }

    private struct Argument: Decodable {
        struct Name: Decodable { let name: String }
        struct Details: Decodable { init(from decoder: any Decoder) throws {} }

        let names: [Name]?
        let valueName: String?
        let kind: String
        /// One kind, with details that do not matter here.
        let completionKind: [String: Details]?

        /// The long name of an option, the placeholder of an argument.
        var name: String { names?.map(\.name).max { $0.count < $1.count } ?? valueName ?? "" }
    }

    /// What names a file or a folder, whichever command has it.
    private static let paths: Set<String> = [
        "images", "normal", "model", "models", "weights", "statistics", "exclude", "channels", "continue", "roi",
        "ignore", "job",
        "jobs", "keys", "output", "weights-output", "csv", "truth", "config", "cache", "map", "status-token-file",
        "file", "files",
        "folder", "whole", "part",
    ]
    /// Placeholders that say so.
    private static let placeholders: Set<String> = ["file", "files", "folder", "directory", "mask"]

    @Test(arguments: ["padim", "padim-coord", "padim-worker"]) func pathsAreCompletedAsPaths(program: String) throws {
        let help = try run(program, ["--experimental-dump-help"])
        #expect(help.status == 0)
        let all = try JSONDecoder().decode(Program.self, from: Data(help.output.utf8)).command.allArguments
        let expected = all.filter { _, argument in
            argument.kind != "flag" && argument.completionKind?["list"] == nil
                && (Self.paths.contains(argument.name) || Self.placeholders.contains(argument.valueName ?? ""))
        }
        #expect(expected.count > 1)
        for (command, argument) in expected where !Self.numbers.contains("\(command) \(argument.name)") {
            let kind = argument.completionKind?.keys.first
            #expect(kind == "file" || kind == "directory", "\(command) \(argument.name): \(kind ?? "nothing")")
        }
    }

    /// Options with such a name whose values are numbers.
    private static let numbers: Set<String> = ["padim model import images"]

    /// The scripts themselves, as packages have them.
    @Test(arguments: ["padim", "padim-coord", "padim-worker"], ["bash", "zsh", "fish"])
    func scriptsAreWritten(program: String, shell: String) throws {
        let script = try run(program, ["--generate-completion-script", shell])
        #expect(script.status == 0 && script.errors.isEmpty)
        #expect(script.output.contains(program) && script.output.contains("instruction-set"))
    }
}
