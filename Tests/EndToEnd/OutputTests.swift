import Foundation
import Journal
import TestProcesses
import Testing

/// What programs print: to a reader that has seen enough, to a disk that is full, and of themselves.
@Suite struct OutputTests {
    /// Runs a line of bash, in which `$padim`, `$coord` and `$worker` are the programs.
    private func bash(_ line: String) throws -> (status: Int32, output: String, errors: String) {
        let names = ["padim": "padim", "coord": "padim-coord", "worker": "padim-worker"]
        let programs = try names.mapValues { try RunningProgram.path(of: $0) }.map { "\($0)='\($1)'" }
        return try run("/bin/bash", ["-c", "set -o pipefail; \(programs.joined(separator: "; ")); \(line)"])
    }

    @Test(arguments: [
        "$padim weights show '\(Workspace.weights)'", "$padim --help", "$coord fit --help", "$worker --version",
        "$padim --generate-completion-script bash",
    ])
    func aReaderThatHasSeenEnoughIsNoFault(_ command: String) throws {
        // One line is read, or none; the first write, or a later one, finds nobody.
        for reader in ["head -1", "true", "sleep 0.2"] {
            let result = try bash("\(command) | \(reader)")
            #expect(result.status == 0 && result.errors.isEmpty, "\(reader): \(result.errors)")
        }
        let closed = try bash("{ sleep 0.2; \(command); } | true")
        #expect(closed.status == 0 && closed.errors.isEmpty, "\(closed.errors)")
    }

    @Test(arguments: ["$padim weights show '\(Workspace.weights)'", "$coord --help", "$worker --version"])
    func whatIsLostIsSaid(_ command: String) throws {
        let result = try bash("\(command) > /dev/full")
        #expect(result.status == 1 && result.errors.contains("is lost: No space left"), "\(result.errors)")
    }

    @Test func aJobGoesOnWithoutAReader() throws {
        let workspace = try Workspace()
        let list = try workspace.makeImages(8)
        let result = try bash(
            """
            $coord fit --images '\(list)' --backbone efficientnet_lite0 --weights '\(Workspace.weights)' --features 10 \
            --input-size 64 --job '\(workspace.file("fit"))' 2>&1 | true
            """)
        #expect(result.status == 0 && result.errors.isEmpty, "\(result.errors)")
        #expect(FileManager.default.fileExists(atPath: workspace.file("fit/model.safetensors")))
        // The journal knows which release it was, and so does the report.
        let version = try run("padim-coord", ["--version"]).output.split(separator: "\n").map(String.init)
        let number = try #require(version.first?.split(separator: " ").last.map(String.init))
        #expect(try Journal.read(JobDirectory(workspace.file("fit"))).value(.releases) == [number])
        #expect(try run("padim", ["report", workspace.file("fit")]).status == 0)
        #expect(try String(contentsOfFile: workspace.file("fit/report.html"), encoding: .utf8).contains(number))
    }

    @Test func allProgramsAreOfOneRelease() throws {
        let said = try ["padim", "padim-coord", "padim-worker"].map { name in
            let result = try run(name, ["--version"])
            #expect(result.status == 0)
            #expect(result.output.hasPrefix(name + " "))
            return result.output.dropFirst(name.count)
        }
        #expect(Set(said).count == 1)
    }
}
