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
                "--features", "12", "--input-size", "64", "--shard-size", "8", "--local-workers", "1",
                // Models of sums have none.
                "--calibrate", "none", "--job", workspace.file(job),
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

    private func subtract(_ images: String, _ more: [String] = []) throws -> (
        status: Int32, output: String, errors: String
    ) {
        try run(
            "padim",
            ["statistics", "subtract", sums("both"), "--images", images, "--output", workspace.file("rest")] + more)
    }

    /// What should not have been among the good ones is taken out by its pictures alone, and nothing of it is left.
    @Test func imagesAreTakenOutByTheirList() throws {
        _ = try fit("both", both)
        let names = try String(contentsOfFile: both, encoding: .utf8).split(separator: "\n").map(String.init)
        let wrong = Set([2, 17, 18, 33])
        let list = try workspace.makeList("wrong.txt", names.indices.filter(wrong.contains).map { names[$0] })
        let others = try workspace.makeList(
            "others.txt", names.indices.filter { !wrong.contains($0) }.map { names[$0] })
        let whole = try fit("without", others)
        for weights in [[], ["--weights", Workspace.weights]] {
            let result = try subtract(list, weights)
            #expect(result.status == 0, "\(result.errors)")
            #expect(result.output.contains("36 images in \(workspace.file("rest"))"))
            #expect(result.output.contains("padim model build"))
            #expect(try Digest(ofFile: workspace.file("rest")) == Digest(ofFile: sums("without")))
            unlink(workspace.file("rest"))
        }
        #expect(try subtract(list).status == 0)
        #expect(try model(of: workspace.file("rest"), "rest-model") == whole)
        // Of all that was computed on the way nothing is left.
        let left = try FileManager.default.contentsOfDirectory(atPath: workspace.path)
        #expect(!left.contains { $0.hasPrefix("rest.") }, "\(left)")
    }

    @Test func whatCannotBeTakenOutIsRefused() throws {
        _ = try fit("both", both)
        func expect(
            _ status: Int32, _ images: String, _ more: [String] = [], says words: String,
            sourceLocation: SourceLocation = #_sourceLocation
        ) throws {
            let result = try subtract(images, more)
            #expect(
                result.status == status && result.errors.contains(words), "\(result.errors)",
                sourceLocation: sourceLocation)
            let left = try FileManager.default.contentsOfDirectory(atPath: workspace.path)
            #expect(!left.contains { $0.hasPrefix("rest") }, "\(left)", sourceLocation: sourceLocation)
        }
        // Of the same kind, and never among them.
        let strangers = try workspace.makeImages(41, named: "strangers", seed: 5)
        let one = try workspace.makeList("one.txt", ["strangers/3.png"])
        try expect(1, one, says: "not in \(sums("both"))")
        try expect(2, strangers, says: "41 images")
        try DurableFile.write(Array("no picture".utf8), to: workspace.file("strangers/3.png"))
        try expect(1, one, says: "strangers/3.png")
        try expect(2, workspace.file("none.txt"), says: "none.txt")
        try expect(2, morning, ["--weights", both], says: "is not the file of weights")
        try expect(2, morning, [sums("both")], says: "once")
    }

    /// What cannot be made again is not written over, and nothing is written over by itself.
    @Test func noInputIsLostToAnOutput() throws {
        _ = try fit("morning", morning)
        let other = workspace.file("other.safetensors")
        try FileManager.default.copyItem(atPath: sums("morning"), toPath: other)
        let digest = try Digest(ofFile: other)
        let image = try #require(
            try String(contentsOfFile: morning, encoding: .utf8).split(separator: "\n").first.map {
                workspace.file(String($0))
            })
        let photograph = try Digest(ofFile: image)
        for arguments in [
            ["statistics", "model", other, "--output", other],
            ["statistics", "model", sums("morning"), "--output", other],
            ["statistics", "add", other, sums("morning"), "--output", other],
            ["statistics", "subtract", other, other, "--output", other], ["weights", "convert", other, other],
            ["export", workspace.file("morning"), "--images", "normal", "--csv", image],
        ] {
            let result = try run("padim", arguments)
            #expect(result.status == 2, "\(arguments)")
            #expect(result.errors.contains("name another file"), "\(result.errors)")
        }
        #expect(try Digest(ofFile: other) == digest && Digest(ofFile: image) == photograph)
    }

    @Test func aGridThatIsTooCoarseIsWarnedOf() throws {
        let result = try run(
            "padim-coord",
            [
                "fit", "--images", morning, "--backbone", "efficientnet_lite0", "--weights", Workspace.weights,
                "--features",
                "12", "--input-size", "64", "--local-workers", "1", "--grid-exponent=-10", "--job",
                workspace.file("coarse"),
            ])
        #expect(result.status == 0 && result.errors.contains("a larger --grid-exponent"), "\(result.errors)")
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
