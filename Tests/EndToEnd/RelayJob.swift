import Foundation
import Storage
import TestProcesses
import TestSupport

/// A job that is done through relays: its images, and the command lines of the programs that take part.
struct RelayJob {
    let workspace: Workspace
    private let images: String

    init(images count: Int) throws {
        workspace = try Workspace()
        images = try workspace.makeImages(count)
        try Folder.create(workspace.file("jobs"))
    }

    /// Where the coordinator and the relays listen, and how soon a worker counts as dead.
    static let bound = ["--bind", "tcp://127.0.0.1:0", "--worker-deadline", "2"]

    /// The path of a job's directory.
    func directory(_ name: String) -> String { workspace.file("jobs/\(name)") }

    /// Where relays keep sums, if nothing else is said.
    var scratch: String { workspace.file("scratch") }

    func fit(_ name: String, _ options: [String]) -> [String] {
        [
            "fit", "--images", images, "--backbone", "efficientnet_lite0", "--weights", Workspace.weights, "--features",
            "20", "--input-size", "224", "--shard-size", "4", "--job", directory(name),
        ] + options
    }

    func inspect(_ name: String, modelOf fit: String, _ options: [String]) -> [String] {
        [
            "inspect", "--images", images, "--model", "\(directory(fit))/model.safetensors", "--weights",
            Workspace.weights, "--shard-size", "4", "--overlays", "all", "--job", directory(name),
        ] + options
    }

    /// Starts a relay.
    /// - Parameters:
    ///   - parent: the endpoint of the coordinator, or of another relay.
    ///   - endpoint: on which it listens.
    func relay(
        _ name: String, _ parent: String, bind endpoint: String = "tcp://127.0.0.1:0", _ options: [String] = []
    ) throws -> RunningProgram {
        let scratch = options.contains("--scratch") ? [] : ["--scratch", scratch]
        return try RunningProgram(
            "padim-coord",
            [
                "relay", "--connect", parent, "--bind", endpoint, "--name", name, "--cache",
                workspace.file("cache-\(name)"), "--worker-deadline", "2",
            ] + scratch + options)
    }

    /// Ends programs that still run.
    static func kill(_ programs: [RunningProgram]) {
        for program in programs where program.isRunning { Foundation.kill(program.id, SIGKILL) }
    }
}
