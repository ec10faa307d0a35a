import Foundation
import TestProcesses
import Testing

/// What `--json` and `--quiet` leave on which stream, and the bar of a terminal.
@Suite struct JSONOutputTests {
    private func fit(_ workspace: Workspace, _ images: String, _ more: [String]) -> [String] {
        [
            "fit", "--images", images, "--backbone", "efficientnet_lite0", "--weights", Workspace.weights, "--features",
            "10",
            "--input-size", "64", "--shard-size", "4", "--threads", "1", "--job", workspace.file("job"),
        ] + more
    }

    private func events(_ output: String) throws -> [[String: Any]] {
        try output.split(separator: "\n").map {
            try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any], "\($0)")
        }
    }

    @Test func aJobIsToldInJSON() throws {
        let workspace = try Workspace()
        _ = try workspace.makeImages(8)
        try Data("no image".utf8).write(to: URL(fileURLWithPath: workspace.file("good/broken.png")))
        let result = try run(
            "padim-coord", fit(workspace, workspace.file("good"), ["--json", "--quiet", "--max-bad-images", "50"]))
        #expect(result.status == 0, "\(result.errors)")
        // Of the image that cannot be used a warning may be said.
        #expect(!result.errors.contains(" info ") && !result.errors.contains("images/s"), "\(result.errors)")
        let events = try events(result.output)
        let kinds = events.compactMap { $0["event"] as? String }
        #expect(kinds.first == "started" && kinds.last == "done" && events.last?["status"] as? Int == 0)
        #expect(
            kinds.filter { $0 == "stage" || $0 == "stage-ended" } == ["stage", "stage-ended", "stage", "stage-ended"])
        let failures = events.filter { $0["event"] as? String == "failure" }
        #expect(failures.compactMap { $0["image"] as? String } == ["broken.png"])
        let ended = events.first { $0["event"] as? String == "stage-ended" }
        #expect(ended?["done"] as? Int == 9 && ended?["unusable"] as? Int == 1 && ended?["stage"] as? String == "fit")
        let digest = try Data(contentsOf: URL(fileURLWithPath: workspace.file("job/model.safetensors"))).count
        #expect(digest > 0 && events.contains { ($0["text"] as? String)?.hasPrefix("model.safetensors ") == true })
    }

    @Test func aFailureIsToldInJSON() throws {
        let workspace = try Workspace()
        try Data("no image".utf8).write(to: URL(fileURLWithPath: workspace.file("1.png")))
        for (images, status) in [("/nowhere/at/all", 2), (try workspace.makeList("list.txt", ["1.png"]), 1)] {
            let result = try run("padim-coord", fit(workspace, images, ["--json"]))
            #expect(result.status == status, "\(result.errors)")
            let last = try #require(try events(result.output).last)
            #expect(last["event"] as? String == "done" && last["status"] as? Int == Int(status))
            let error = try #require(last["error"] as? String)
            #expect(result.errors.contains(error))
        }
    }

    @Test func oppositesAreRefused() throws {
        for program in ["padim-coord", "padim-worker"] {
            let workspace = try Workspace()
            let command =
                program == "padim-coord" ? fit(workspace, workspace.path, []) : ["--connect", "tcp://127.0.0.1:1"]
            let result = try run(program, command + ["--quiet", "--verbose"])
            #expect(result.status == 2 && result.errors.contains("--quiet"), "\(result.errors)")
        }
    }

    /// A terminal of 60 columns shows a bar that is redrawn; without colours where `NO_COLOR` is set.
    @Test(arguments: ["", "1"]) func aTerminalShowsABar(noColor: String) throws {
        let workspace = try Workspace()
        let list = try workspace.makeImages(8)
        let program = try RunningProgram.path(of: "padim-coord")
        let command = ([program] + fit(workspace, list, ["--calibrate", "none"])).map { "'\($0)'" }.joined(
            separator: " ")
        let job = try RunningProgram(
            "/usr/bin/script", ["-qec", "stty cols 60; \(command)", "/dev/null"],
            environment: ["NO_COLOR": noColor, "TERM": "xterm"])
        #expect(job.wait() == 0, "\(job.standardOutput)")
        let shown = job.standardOutput
        let bars = shown.split(separator: "\r").filter { $0.contains("fit ") && $0.contains("%") }
        #expect(bars.contains { $0.contains("100%") }, "\(shown)")
        #expect(bars.contains { $0.contains("\u{1B}[32m") } == noColor.isEmpty)
        for bar in bars {
            let plain = bar.replacing("\u{1B}[K", with: "").replacing("\u{1B}[32m", with: "").replacing(
                "\u{1B}[0m", with: "")
            #expect(plain.prefix { !$0.isNewline }.count < 60)
        }
    }
}
