import Foundation
import Storage
import TestProcesses
import Testing

/// Sums of images are added, taken apart and gone on with, exactly: whichever way leads to a set of images, it has one model.
@Suite(.serialized) struct SumsTests {
    let workspace: Workspace
    let (morning, evening, both): (String, String, String)

    init() throws {
        workspace = try Workspace()
        (morning, evening) = (
            try workspace.makeImages(24, named: "morning"), try workspace.makeImages(16, named: "evening", seed: 2)
        )
        let names = try [morning, evening].flatMap {
            try String(contentsOfFile: $0, encoding: .utf8).split(separator: "\n").map(String.init)
        }
        both = try workspace.makeList("both.txt", names)
    }

    /// Fits, and returns the model's digest.
    private func fit(_ job: String, _ list: String, _ more: [String] = []) throws -> String {
        let result = try run(
            "padim-coord",
            [
                "fit", "--images", list, "--backbone", "efficientnet_lite0", "--weights", Workspace.weights,
                "--features", "12", "--input-size", "64", "--shard-size", "8", "--local-workers", "1", "--job",
                workspace.file(job),
            ] + more)
        #expect(result.status == 0, "\(result.errors)")
        return try #require(Workspace.modelDigest(result.output))
    }

    private func sums(_ job: String) -> String { workspace.file("\(job)/statistics.safetensors") }

    private func model(of sums: String, _ name: String) throws -> String {
        let result = try run("padim", ["statistics", "model", sums, "--output", workspace.file(name)])
        #expect(result.status == 0, "\(result.errors)")
        return try Digest(ofFile: workspace.file(name)).hex
    }

    @Test func everyWayLeadsToOneModel() throws {
        let first = try fit("morning", morning)
        let second = try fit("evening", evening)
        let whole = try fit("both", both)
        #expect(Set([first, second, whole]).count == 3)
        #expect(try fit("later", evening, ["--continue", sums("morning")]) == whole)
        let (added, left) = (workspace.file("added"), workspace.file("left"))
        #expect(
            try run("padim", ["statistics", "add", sums("evening"), sums("morning"), "--output", added]).output
                == "40 images in \(added)\n")
        #expect(try model(of: added, "added-model") == whole)
        #expect(try run("padim", ["statistics", "subtract", added, sums("evening"), "--output", left]).status == 0)
        #expect(try model(of: left, "left-model") == first)
    }

    @Test func whatDoesNotAddIsRefused() throws {
        _ = try fit("morning", morning)
        _ = try fit("coarse", evening, ["--grid-exponent", "8"])
        _ = try fit("other", evening, ["--seed", "7"])
        let output = workspace.file("sum")
        for (files, reason) in [
            ([sums("morning"), sums("morning")], "the same sums"),
            ([sums("morning"), sums("coarse")], "fixed-point exponents (9,9,9 and 8,8,8)"),
            ([sums("morning"), sums("other")], "channels"), ([sums("morning"), sums("none")], "No such file"),
        ] {
            let result = try run("padim", ["statistics", "add"] + files + ["--output", output])
            #expect(result.status == 2)
            #expect(result.errors.contains(reason) && result.errors.contains(files[1]), "\(result.errors)")
            #expect(!FileManager.default.fileExists(atPath: output))
        }
    }
}
