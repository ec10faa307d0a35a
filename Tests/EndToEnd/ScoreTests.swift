import Foundation
import Journal
import Storage
import TestProcesses
import Testing

/// Images scored in one process, without a job.
@Suite(.serialized) struct ScoreTests {
    let workspace: Workspace

    init() throws {
        workspace = try Workspace()
        let list = try workspace.makeImages(40)
        let fitted = try run(
            "padim-coord",
            [
                "fit", "--images", list, "--backbone", "efficientnet_lite0", "--weights", Workspace.weights,
                "--features", "12", "--input-size", "64", "--job", workspace.file("fit"), "--local-workers", "2",
            ])
        try #require(fitted.status == 0, "\(fitted.errors)")
        _ = try workspace.makeImages(20, named: "today", seed: 9)
        try Data("no image".utf8).write(to: URL(fileURLWithPath: workspace.file("today/7.png")))
    }

    private var model: String { workspace.file("fit/model.safetensors") }

    private struct Line: Decodable {
        let path: String
        let score: Float?
        let p_value: Double?
        let flagged: Bool?
        let max_row: Int?
        let image_col: Int?
        let error: String?
    }

    private func lines(_ text: String) throws -> [Line] {
        try text.split(separator: "\n").map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)) }
    }

    /// The numbers of an inspection, in the order that was asked for, and what cannot be read with its reason.
    @Test func linesSayWhatAnInspectionSays() throws {
        let paths = (0..<20).reversed().map { workspace.file("today/\($0).png") }
        let scored = try run(
            "padim", ["score", model, "--weights", Workspace.weights, "--false-alarm-rate", "20%"] + paths)
        #expect(scored.status == 1 && scored.errors.contains("1 images could not be scored"), "\(scored.errors)")
        let lines = try lines(scored.output)
        #expect(lines.map(\.path) == paths)
        #expect(lines.filter { $0.error != nil }.map(\.path) == [workspace.file("today/7.png")])
        let inspected = try run(
            "padim-coord",
            [
                "inspect", "--images", workspace.file("today"), "--model", model, "--weights", Workspace.weights,
                "--false-alarm-rate", "20%", "--max-bad-images", "50", "--maps", "none", "--local-workers", "2",
                "--job",
                workspace.file("job"),
            ])
        #expect(inspected.status == 0, "\(inspected.errors)")
        var compared = 0
        try Journal.read(JobDirectory(workspace.file("job"))).forEachImage(.inspect) { row in
            let line = try #require(lines.first { $0.path == row.record.location.text })
            #expect(line.score == row.score && line.flagged == row.flagged && line.max_row == row.maxRow)
            #expect((line.p_value != nil) == (row.score != nil))
            compared += 1
        }
        #expect(compared == 20)
    }

    @Test func pathsThatComeInAreAnsweredOneByOne() throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        let program = try RunningProgram.path(of: "padim")
        process.arguments = [
            "-c",
            "printf '%s\\n' '\(workspace.file("today/1.png"))' '' none.png | '\(program)' score '\(model)' --weights '\(Workspace.weights)' --stdin",
        ]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        let lines = try lines(text)
        #expect(lines.count == 2 && lines[0].score != nil && lines[1].error != nil)
        #expect(process.terminationStatus == 1)
    }

    @Test func wrongCommandsAreSaid() throws {
        for (arguments, words) in [
            ([model], "give images, or --stdin"), ([model, "a.png", "--stdin"], "goes without images"),
            ([workspace.file("good.txt"), "a.png"], "good.txt"),
            ([model, "a.png", "--threshold", "3", "--false-alarm-rate", "1%"], "give one of them"),
        ] {
            let result = try run("padim", ["score"] + arguments)
            #expect(result.status == 2 && result.errors.contains(words), "\(result.errors)")
        }
    }
}
