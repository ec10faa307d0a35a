import Foundation
import Storage
import TestProcesses
import Testing

/// The exit statuses of the three programs: 2 where the command has to be given otherwise, 1 where it is right and failed.
@Suite(.serialized) struct ExitStatusTests {
    let workspace: Workspace
    let list: String

    init() throws {
        workspace = try Workspace()
        list = try workspace.makeImages(8)
    }

    private func fit(_ more: [String], job: String? = nil) -> [String] {
        [
            "fit", "--images", list, "--backbone", "efficientnet_lite0", "--weights", Workspace.weights, "--features",
            "10", "--input-size", "64", "--job", job ?? workspace.file("j"),
        ] + more
    }

    private func expect(
        _ status: Int32, _ program: String, _ arguments: [String], sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let result = try run(program, arguments)
        #expect(
            result.status == status, "\(program) \(arguments): \(result.output) \(result.errors)",
            sourceLocation: sourceLocation)
        #expect(!result.errors.isEmpty, sourceLocation: sourceLocation)
    }

    @Test func whatTheCommandNamesIsWrong() throws {
        let (none, text) = (workspace.file("none"), list)
        try Folder.create(workspace.file("folder"))
        for keys in [none, text, workspace.file("folder")] {
            try expect(2, "padim-coord", fit(["--keys", keys]))
            try expect(2, "padim-worker", ["--connect", "tcp://127.0.0.1:1", "--give-up", "1", "--keys", keys])
        }
        for keys in [none, text] { try expect(2, "padim", ["keys", "list", "--keys", keys]) }
        try expect(2, "padim", ["keys", "allow", none, "--keys", workspace.file("folder")])
        try expect(2, "padim-worker", ["--connect", "nowhere"])
        try expect(2, "padim-coord", fit([], job: text))
        for command in [["evaluate", none, "--truth", list], ["report", none], ["export", none, "--csv", none]] {
            try expect(2, "padim", command)
        }
        try expect(2, "padim", ["manifest", none, "--output", workspace.file("m.csv")])
        for command in [["weights", "show"], ["statistics", "show"]] {
            try expect(2, "padim", command + [none])
            try expect(2, "padim", command + [text])
        }
        try expect(2, "padim", ["statistics", "model", text, "--output", workspace.file("m")])
        try expect(2, "padim", ["weights", "convert", Workspace.weights, none + "/deep/x.safetensors"])
        try expect(2, "padim", ["weights", "convert", Workspace.weights, workspace.file("folder")])
    }

    @Test func theCommandIsRightAndNobodyAnswers() throws {
        try expect(1, "padim-worker", ["--connect", "tcp://127.0.0.1:1", "--give-up", "1"])
    }

    /// On a disk without space, whoever is to write there: a job, a file, a key.
    @Test(.enabled(if: Mounting.isAllowed, "mounting needs root")) func aFullDiskIsNoWrongCommand() throws {
        let full = workspace.file("full")
        try Folder.create(full)
        func fill(_ program: String, _ arguments: [String]) throws {
            let quoted = ([try RunningProgram.path(of: program)] + arguments).map { "'\($0)'" }.joined(separator: " ")
            try expect(
                1, "/usr/bin/unshare",
                [
                    "--mount", "/bin/sh", "-c",
                    """
                    mount -t tmpfs -o size=64k,nr_inodes=64 tmpfs '\(full)' && cat /dev/zero > '\(full)/all' 2>&1
                    \(quoted)
                    """,
                ])
        }
        try fill("padim-coord", fit(["--worker-timeout", "20"], job: full + "/job"))
        try fill("padim-coord", fit([], job: full + "/deeper/job"))
        try fill("padim", ["weights", "convert", Workspace.weights, full + "/w.safetensors"])
        try fill("padim", ["keys", "new", "here", "--keys", full + "/keys"])
    }
}
