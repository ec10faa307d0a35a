import Foundation
import TestProcesses
import TestSupport
import Testing

@Suite struct DoctorTests {
    private struct Finding: Decodable {
        let name: String
        let state: String
        let text: String
    }

    private func findings(_ arguments: [String], status: Int32) throws -> [String: Finding] {
        let result = try run("padim", ["doctor", "--json"] + arguments)
        #expect(result.status == status, "\(result.errors)")
        let found = try JSONDecoder().decode([Finding].self, from: Data(result.output.utf8))
        return Dictionary(found.map { ($0.name, $0) }) { first, _ in first }
    }

    @Test func aMachineThatBuiltThisCanRunIt() throws {
        let folder = try TemporaryFolder()
        let found = try findings(["--jobs", folder.path], status: 0)
        for name in ["processor", "memory", "ZeroMQ", "cache", "weights", "jobs"] {
            #expect(found[name]?.state != "failure" && found[name] != nil, "\(name): \(found[name]?.text ?? "")")
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    }

    @Test func whatIsMissingIsSaid() throws {
        let folder = try TemporaryFolder()
        let found = try findings(
            ["--jobs", folder["none"], "--keys", folder["none"], "--connect", "tcp://127.0.0.1:1"], status: 1)
        for name in ["jobs", "keys", "coordinator"] { #expect(found[name]?.state == "failure", "\(name)") }
        let wrong = try run("padim", ["doctor", "--connect", "10.0.0.5"])
        #expect(wrong.status == 2 && wrong.errors.contains("tcp://"), "\(wrong.errors)")
    }

    /// A coordinator without workers, and one that asks for keys.
    @Test func aCoordinatorThatIsAskedSeesNoWorker() throws {
        let workspace = try Workspace()
        let list = try workspace.makeImages(4)
        let keys = workspace.file("keys")
        #expect(try run("padim", ["keys", "new", "coordinator", "--keys", keys]).status == 0)
        for (asked, words) in [([], "answers in"), (["--keys", keys], "asks for keys")] {
            let coordinator = try RunningProgram(
                "padim-coord",
                [
                    "fit", "--images", list, "--backbone", "efficientnet_lite0", "--weights", Workspace.weights,
                    "--job",
                    workspace.file("job\(asked.count)"), "--bind", "tcp://127.0.0.1:0", "--local-workers", "0",
                    "--input-size", "64",
                ] + asked)
            defer { kill(coordinator.id, SIGKILL) }
            #expect(coordinator.waitUntil { $0.contains("listening on") })
            let text = coordinator.standardOutput + coordinator.standardError
            let address = try #require(text.firstMatch(of: #/listening on (\S+)/#)).1
            let found = try findings(["--connect", String(address)], status: 0)
            #expect(found["coordinator"]?.text.contains(words) == true, "\(found["coordinator"]?.text ?? "")")
            #expect(!coordinator.waitUntil({ $0.contains("1 workers") }, atMost: 1))
        }
    }
}
