import Foundation
import TestProcesses
import Testing

/// Keys as a user handles them: made, allowed, used, and seen by nobody.
@Suite(.serialized) struct SecrecyTests {
    let workspace: Workspace
    let list: String
    var keys: String { workspace.file("keys") }

    init() throws {
        workspace = try Workspace()
        list = try workspace.makeImages(64)
        for command in [["new", "coordinator"], ["new", "w"], ["allow", workspace.file("keys/w.pub")]] {
            let result = try run("padim", ["keys"] + command + ["--keys", workspace.file("keys")])
            try #require(result.status == 0, "\(result.errors)")
        }
    }

    private func fit(_ job: String, _ more: [String]) -> [String] {
        [
            "fit", "--images", list, "--backbone", "efficientnet_lite0", "--weights", Workspace.weights, "--features",
            "10",
            "--input-size", "96", "--shard-size", "4", "--job", workspace.file(job), "--keys", keys, "--verbose",
        ] + more
    }

    /// The secrets, in hexadecimal and as bytes.
    private func secrets() throws -> [Data] {
        try ["coordinator", "w"].flatMap { name in
            let line = try String(contentsOfFile: keys + "/\(name).key", encoding: .utf8)
            let digits = try #require(line.split(separator: " ").last).trimmingCharacters(in: .newlines)
            try #require(digits.count == 64)
            let bytes = stride(from: 0, to: 64, by: 2).compactMap { UInt8(digits.dropFirst($0).prefix(2), radix: 16) }
            return [Data(digits.utf8), Data(digits.uppercased().utf8), Data(bytes)]
        }
    }

    /// What anybody can read of a process and of those that it started.
    private func publicly(_ id: Int32) -> Data {
        var seen = Data()
        let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        for process in processes.compactMap({ Int32($0) }) {
            let status = (try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)) ?? ""
            guard process == id || status.contains("PPid:\t\(id)\n") else { continue }
            for name in ["cmdline", "environ"] {
                seen += (try? Data(contentsOf: URL(fileURLWithPath: "/proc/\(process)/\(name)"))) ?? Data()
            }
        }
        return seen
    }

    @Test func secretsAreInNoLogAndNoProcessList() throws {
        let secrets = try secrets()
        let job = try RunningProgram("padim-coord", fit("job", ["--local-workers", "2", "--threads", "1"]))
        var seen = Data()
        #expect(job.waitUntil { $0.contains("ready for stage") })
        // The processes as they are now, workers among them.
        seen += publicly(job.id)
        #expect(String(decoding: seen, as: UTF8.self).contains("--exit-with-parent"))
        #expect(job.wait() == 0, "\(job.standardError)")
        seen += Data((job.standardOutput + job.standardError).utf8)
        for name in try FileManager.default.subpathsOfDirectory(atPath: workspace.file("job")) {
            seen += (try? Data(contentsOf: URL(fileURLWithPath: workspace.file("job/" + name)))) ?? Data()
        }
        for secret in secrets { #expect(seen.range(of: secret) == nil) }
    }

    @Test func workersThatAreNotAllowedDoNothing() throws {
        let other = workspace.file("other")
        for name in ["coordinator", "stranger"] {
            try #require(try run("padim", ["keys", "new", name, "--keys", other]).status == 0)
        }
        // A key that this coordinator does not know, and one that it knows, meant for another coordinator.
        try copy("keys/coordinator.pub", to: "strange/coordinator.pub")
        try copy("other/stranger.key", to: "strange/stranger.key")
        try copy("other/coordinator.pub", to: "misled/coordinator.pub")
        try copy("keys/w.key", to: "misled/w.key")
        let job = try RunningProgram("padim-coord", fit("job", ["--bind", "tcp://127.0.0.1:0"]))
        #expect(job.waitUntil { $0.contains("listening on ") })
        let address = String(job.standardOutput.split(separator: "\n")[0].dropFirst("listening on ".count))
        for keys in [["--keys", workspace.file("strange")], ["--keys", workspace.file("misled")], []] {
            let worker = try run("padim-worker", ["--connect", address, "--give-up", "2"] + keys)
            #expect(worker.status != 0)
            #expect(worker.errors.contains("refused"), "\(worker.errors)")
        }
        #expect(!(job.standardOutput + job.standardError).contains("joined"))
        let friend = try run("padim-worker", ["--connect", address, "--keys", keys])
        #expect(friend.status == 0, "\(friend.errors)")
        #expect(job.wait() == 0, "\(job.standardError)")
    }

    @Test func aKeyThatOthersMayReadIsNotUsed() throws {
        for (file, program) in [("coordinator.key", "padim-coord"), ("w.key", "padim-worker")] {
            chmod(keys + "/" + file, 0o644)
            let arguments =
                program == "padim-coord"
                ? fit("open", ["--bind", "tcp://127.0.0.1:0"]) : ["--connect", "tcp://127.0.0.1:9", "--keys", keys]
            let result = try run(program, arguments)
            #expect(result.status != 0)
            #expect(result.errors.contains("chmod 600") && result.errors.contains(file), "\(result.errors)")
            chmod(keys + "/" + file, 0o600)
        }
        // Whatever the user's mask, a secret is made for its owner only.
        #expect(try FileManager.default.attributesOfItem(atPath: keys + "/w.key")[.posixPermissions] as? Int == 0o600)
    }

    private func copy(_ from: String, to: String) throws {
        let target = workspace.file(to)
        try FileManager.default.createDirectory(
            atPath: (target as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        try FileManager.default.copyItem(atPath: workspace.file(from), toPath: target)
    }
}
