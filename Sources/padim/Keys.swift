import ArgumentParser
import Terminal
import Transport

struct Keys: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Makes keys, and lists the workers that may connect to a coordinator.",
        discussion: """
            Beyond loopback, coordinator and workers know each other by keys. On the coordinator's machine make its key; on \
            each worker's its own; then bring the public halves (.pub) to the other side.

            Examples:
              padim keys new coordinator --keys ~/padim-keys
              padim keys new line-2 --keys ~/padim-keys
              padim keys allow line-2.pub --keys ~/padim-keys
            """,
        subcommands: [New.self, Allow.self, Revoke.self, List.self])

    struct Options: ParsableArguments {
        @Option(help: "The directory of keys.", completion: .directory)
        var keys: String

        var directory: KeyDirectory { KeyDirectory(path: keys) }
    }

    struct New: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Makes a key pair, NAME.key and NAME.pub; the coordinator's is called \(KeyDirectory.serverName).",
            discussion: """
                Example:
                  padim keys new line-2 --keys ~/padim-keys
                """)

        @Argument(help: "Letters, digits, '-', '_' and '.'.")
        var name: String

        @OptionGroup var options: Options

        func run() throws {
            let key = try readingCommand { try options.directory.create(name) }
            Output.printLine("\(options.keys)/\(name).pub \(key)")
        }
    }

    struct Allow: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lets the worker in whose public key a file holds.",
            discussion: """
                Example:
                  padim keys allow line-2.pub --keys ~/padim-keys
                """)

        @Argument(help: "The worker's .pub file.", completion: .file(extensions: ["pub"]))
        var file: String

        @OptionGroup var options: Options

        func run() throws {
            let name = try readingCommand { try options.directory.allow(publicKeyFile: file) }
            Output.printLine("\(name) is allowed")
        }
    }

    struct Revoke: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lets a worker in no more.",
            discussion: """
                A coordinator that runs hears of it within a second, and drops what the worker says.

                Example:
                  padim keys revoke line-2 --keys ~/padim-keys
                """)

        @Argument(help: "The worker's name, or its public key.")
        var worker: String

        @OptionGroup var options: Options

        func run() throws {
            try readingCommand { try options.directory.revoke(worker) }
            Output.printLine("\(worker) is allowed no more")
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists the workers that are let in.",
            discussion: """
                Example:
                  padim keys list --keys ~/padim-keys
                """)

        @OptionGroup var options: Options

        func run() throws {
            let allowed = try readingCommand { try options.directory.list() }
            Columns.write(allowed.map { [$0.name, $0.key.hex] })
        }
    }
}
