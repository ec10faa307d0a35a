import ArgumentParser
import Foundation
import Terminal
import Transport

/// Says what a machine has and lacks.
struct Doctor: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Says what this machine has and lacks for a coordinator or a worker.",
        discussion: """
            Looks at the processor, the memory, the clock, ZeroMQ, the cache and the weights in it; and, where they are named, at a folder for jobs, \
            a directory of keys, and whether a coordinator answers. Nothing is changed; a coordinator that is asked logs a connection that was not completed, and sees no worker.

            Examples:
              padim doctor
              padim doctor --jobs /mnt/jobs --keys keys --connect tcp://10.0.0.5:5570

            Exit status: 0 all is there, perhaps with warnings; 1 something is missing; 2 the command is wrong.
            """)

    @Option(
        help:
            "A folder in which jobs are to be: whether results can be made durable there, and how much room there is.",
        completion: .directory)
    var jobs: String?

    @Option(help: "A directory of keys: whether its keys can be used.", completion: .directory)
    var keys: String?

    @Option(help: "A coordinator's address, as tcp://HOST:PORT: whether it answers, and whether it asks for keys.")
    var connect: String?

    @Flag(help: "Print the findings as JSON.")
    var json = false

    func run() throws {
        let endpoint = try connect.map { text in try readingCommand { try Endpoint(text) } }
        var findings = MachineChecks.all + [FolderChecks.cache] + FolderChecks.weights
        if let jobs { findings.append(FolderChecks.jobs(jobs)) }
        if let keys { findings.append(FolderChecks.keys(keys)) }
        if let endpoint { findings.append(coordinator(endpoint)) }
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            Output.printLine(String(decoding: try encoder.encode(findings), as: UTF8.self))
        } else {
            Columns.write(findings.map { [$0.name, $0.state == .good ? "" : $0.state.rawValue, $0.text] })
        }
        let failures = findings.count { $0.state == .failure }
        guard failures == 0 else { throw CommandFailure("\(failures) of \(findings.count) checks failed") }
    }

    private func coordinator(_ endpoint: Endpoint) -> CheckResult {
        .of("coordinator") {
            let answer = try GreetingProbe.ask(endpoint)
            let text = String(format: "\(endpoint) answers in %.1f ms", answer.milliseconds)
            switch answer.mechanism {
            case "CURVE" where keys == nil:
                return .warning("coordinator", text + ", and asks for keys: a worker needs --keys")
            case "NULL" where keys != nil:
                return .warning("coordinator", text + ", and uses no keys: leave --keys out")
            default: return .good("coordinator", text)
            }
        }
    }
}
