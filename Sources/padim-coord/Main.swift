import CommandFiles
import Terminal

@main
enum Main {
    static func main() async {
        let invocation = Result {
            let given = Array(CommandLine.arguments.dropFirst())
            return try CommandWords(given, OptionCatalog(of: CoordinatorCommand.self, command: given.first))
        }
        await Invocation.$words.withValue(try? invocation.get()) { () -> Void in
            await Program.run(
                CoordinatorCommand.self, words: { try invocation.get().words },
                origin: { (try? invocation.get())?.origin(of: $0) })
        }
    }
}

/// The command that is carried out, with the options of its file.
enum Invocation {
    @TaskLocal static var words: CommandWords?

    /// The file that would repeat the command.
    /// - Parameter path: where it will be.
    static func repetition(at path: String) throws -> String? {
        try words?.repetition(program: "padim-coord", path: path)
    }
}
