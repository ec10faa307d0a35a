import ArgumentParser
import Foundation
import ProcessControl

/// Plays many workers in one process.
struct PlayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "play",
        abstract: "Plays workers that compute nothing.",
        discussion: """
            They hold the shards that they are dealt until a line 'work' comes on standard input. Standard output has a line of counts \
            every tenth of a second: sessions begun, stages made ready, shards dealt, reports acknowledged.
            """)

    @Option(help: "The coordinator's address.")
    var connect: String
    @Option(help: "How many workers.")
    var workers: Int
    @Option(help: "What their names begin with.")
    var name: String
    @Option(help: "Plays relays, each of which can hold so many shards.")
    var leases: Int?
    @Option(help: "A directory of keys with that of 'worker', where the coordinator uses keys.")
    var keys: String?

    func run() throws {
        OpenFiles.raiseLimit()
        try Crowd(
            name: name, workers: workers, leases: leases, endpoint: connect,
            keys: try keys.map { try CrowdKeys(directory: $0) }
        ).run()
    }
}
