import Foundation
import TestProcesses
import Testing

/// Wrong input gives words and the right exit status: 2 where the command is wrong, 1 where the job fails.
@Suite(.serialized) struct WrongInputTests {
    let workspace: Workspace

    init() throws { workspace = try Workspace() }

    private func fit(_ job: String, _ images: String, _ more: [String] = []) -> [String] {
        [
            "fit", "--images", images, "--backbone", "efficientnet_lite0", "--weights", Workspace.weights, "--features",
            "10",
            "--input-size", "64", "--shard-size", "4", "--job", workspace.file(job),
        ] + more
    }

    private func expect(
        _ arguments: [String], status: Int32, says words: String..., sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let result = try run("padim-coord", arguments)
        #expect(result.status == status, "\(result.errors)", sourceLocation: sourceLocation)
        for word in words {
            #expect(
                (result.output + result.errors).contains(word), "no '\(word)' in: \(result.errors)",
                sourceLocation: sourceLocation)
        }
    }

    @Test func commandsThatAreWrong() throws {
        let list = try workspace.makeImages(8)
        try expect(["fit"], status: 2, says: "--images")
        try expect(fit("j", list, ["--input-size", "many"]), status: 2, says: "many")
        try expect(fit("j", list, ["--bind", "here"]), status: 2, says: "here")
        // Also without a worker that could refuse it.
        for command in ["fit", "inspect"] {
            let unknown =
                command == "fit" ? fit("j", list) : ["inspect", "--images", list, "--model", list, "--job", "j"]
            try expect(
                unknown + ["--instruction-set", "foo", "--bind", "tcp://127.0.0.1:0"], status: 2,
                says: "'foo'", "auto", "baseline", "avx2", "avx512", "neon")
        }
        let worker = try run(
            "padim-worker", ["--connect", "tcp://127.0.0.1:1", "--give-up", "1", "--instruction-set", "foo"])
        #expect(worker.status == 2 && worker.errors.contains("'foo'") && worker.errors.contains("baseline"))
        try expect(fit("j", list, ["--bind", "tcp://0.0.0.0:0"]), status: 2, says: "--insecure")
        try expect(fit("j", workspace.file("none.txt")), status: 2, says: "none.txt")
        try expect(fit("j", try workspace.makeList("empty.txt", [])), status: 2, says: "empty.txt")
        try expect(fit("j", try workspace.makeList("gone.txt", ["a.png", "b.png"])), status: 2, says: "a.png")
        try expect(fit("j", list, ["--weights", list]), status: 2, says: "good.txt")
        try expect(
            ["inspect", "--images", list, "--model", list, "--job", workspace.file("j")], status: 2, says: "good.txt")
        #expect(!FileManager.default.fileExists(atPath: workspace.file("j")))
    }

    @Test func weightsOfAnotherNetworkAreNamed() throws {
        let list = try workspace.makeImages(8)
        try expect(
            [
                "fit", "--images", list, "--backbone", "resnet18", "--weights", Workspace.weights, "--job",
                workspace.file("j"),
            ], status: 2, says: "efficientnet_lite0")
    }

    @Test func unreadableImagesAreSkippedUpToALimit() throws {
        let good = try String(contentsOfFile: workspace.makeImages(20), encoding: .utf8).split(separator: "\n").map(
            String.init)
        try Data().write(to: URL(fileURLWithPath: workspace.file("empty.png")))
        let whole = try Data(contentsOf: URL(fileURLWithPath: workspace.file("good/3.png")))
        try whole.prefix(whole.count / 2).write(to: URL(fileURLWithPath: workspace.file("half.png")))
        let list = try workspace.makeList("mixed.txt", good + ["empty.png", "half.png", "missing.png"])
        // The fit ends at the first bad image that is reported, and which one that is depends on the workers' speed.
        try expect(fit("strict", list), status: 1, says: "--max-bad-images", "unreadable: ", "missing.png")
        try expect(fit("lenient", list, ["--max-bad-images", "20%"]), status: 0, says: "model.safetensors")
        // The images that fail leave no trace in the model.
        try expect(fit("clean", try workspace.makeList("clean.txt", good)), status: 0)
        let models = try ["lenient", "clean"].map {
            try Data(contentsOf: URL(fileURLWithPath: workspace.file("\($0)/model.safetensors")))
        }
        #expect(models[0] == models[1])
    }

    @Test func duplicatesAreLeftOutAloud() throws {
        let list = try workspace.makeImages(8)
        let names = try String(contentsOfFile: list, encoding: .utf8).split(separator: "\n").map(String.init)
        let twice = try workspace.makeList("twice.txt", names + [names[2]])
        try expect(fit("twice", twice), status: 0, says: "good/2.png")
        try expect(fit("once", list), status: 0)
        let models = try ["twice", "once"].map {
            try Data(contentsOf: URL(fileURLWithPath: workspace.file("\($0)/model.safetensors")))
        }
        #expect(models[0] == models[1])
    }

    @Test func aDirectoryOfAnotherJobIsLeftAlone() throws {
        let list = try workspace.makeImages(8)
        try expect(fit("j", list), status: 0)
        try expect(fit("j", list, ["--epsilon", "0.5"]), status: 2, says: "epsilon", "another directory")
        try expect(fit("j", list), status: 0, says: "fitted before")
    }

    @Test func aListThatHasChangedIsToldInImages() throws {
        let list = try workspace.makeImages(8)
        try expect(fit("j", list), status: 0)
        let more = try workspace.makeImages(3, named: "more", seed: 9)
        try expect(
            fit("j", list, ["--images", more]), status: 2, says: "3 images more than this job has", "'more/0.png'",
            "another directory")
        let names = try String(contentsOfFile: list, encoding: .utf8).split(separator: "\n").map(String.init)
        let fewer = try workspace.makeList("fewer.txt", Array(names.dropLast()))
        try expect(fit("j", fewer), status: 2, says: "1 image fewer than this job has", "'good/7.png'")
    }

    /// Paths that lead nowhere are told with the cause, which is looked for.
    @Test func pathsThatLeadNowhereAreExplained() throws {
        let list = try workspace.makeImages(8)
        let names = try String(contentsOfFile: list, encoding: .utf8).split(separator: "\n").map(String.init)
        let blanks = try workspace.makeList("blanks.txt", names.map { $0 + " " })
        try expect(
            fit("j", blanks), status: 2, says: "/good/0.png ': it begins or ends with blanks", "'good/0.png' is there")
        let some = try workspace.makeList("some.txt", names + ["good\\0.png"])
        try expect(
            fit("j", some, ["--max-bad-images", "50"]), status: 0, says: "1 of 9 files are not there",
            "it has backslashes")
        try expect(fit("k", "hdfs://bucket/good"), status: 2, says: "hdfs://", "copy the images")
    }

    @Test func aPortInUseIsNamed() throws {
        let list = try workspace.makeImages(8)
        let first = try RunningProgram("padim-coord", fit("a", list, ["--bind", "tcp://127.0.0.1:0"]))
        #expect(first.waitUntil { $0.contains("listening on ") })
        let endpoint = first.standardOutput.split(separator: "\n")[0].dropFirst("listening on ".count)
        try expect(fit("b", list, ["--bind", String(endpoint)]), status: 1, says: String(endpoint), "in use")
        kill(first.id, SIGTERM)
        #expect(first.wait() == 1)
    }

    @Test func defectiveImagesAreNotLearntFrom() throws {
        _ = try workspace.makeImages(8)
        let rows = (0..<8).map { "good/\($0).png,\($0 == 5 ? 1 : 0)" }
        let list = try workspace.makeList("labelled.csv", ["image_path,label_index"] + rows)
        try expect(fit("j", list), status: 2, says: "1 of the 8 images", "good/5.png", "--split")
    }

    /// One list for all: what is to be fitted is fitted, and the others are inspected and judged.
    @Test func aManifestOfEverythingIsObeyed() throws {
        for (folder, count, seed) in [("mv/train/good", 8, 1), ("mv/test/good", 4, 2), ("mv/test/ko", 3, 3)] {
            _ = try workspace.makeImages(count, named: folder, seed: UInt64(seed))
        }
        try expect(
            fit("j", workspace.file("mv")), status: 2, says: "--images \(workspace.file("mv"))/train/good",
            "--trust-folders")
        #expect(!FileManager.default.fileExists(atPath: workspace.file("j")))
        try expect(fit("trusted", workspace.file("mv"), ["--trust-folders"]), status: 0, says: "fitted 15 images")
        let list = workspace.file("all.csv")
        #expect(try run("padim", ["manifest", workspace.file("mv"), "--output", list]).status == 0)
        let arguments = fit("j", list).map { $0 == "fit" ? "run" : $0 == "--images" ? "--normal" : $0 }
        try expect(
            arguments + ["--images", list, "--maps", "none"], status: 0,
            says: "7 of the list's 15 images are not fitted",
            "8 of the list's 15 images are not inspected", "fitted 8 images", "inspected 7 images")
        for (more, expected) in [([], "7, 3 of them anomalous"), (["--split", "test"], "7, 3 of them anomalous")] {
            let evaluation = try run("padim", ["evaluate", workspace.file("j"), "--truth", list] + more)
            #expect(evaluation.output.contains(expected), "\(evaluation.output) \(evaluation.errors)")
        }
    }

    @Test func localWorkersWithoutAKeyAreFoundAtTheStart() throws {
        let (list, keys) = (try workspace.makeImages(8), workspace.file("keys"))
        func make(_ arguments: String...) throws {
            #expect(try run("padim", ["keys"] + arguments + ["--keys", keys]).status == 0)
        }
        try make("new", "coordinator")
        let arguments = fit("j", list, ["--keys", keys, "--local-workers", "1"])
        try expect(arguments, status: 2, says: "padim keys new", "padim keys allow")
        try make("new", "local")
        try expect(arguments, status: 2, says: "padim keys allow", "local.pub")
        try make("allow", keys + "/local.pub")
        try expect(arguments, status: 0, says: "model.safetensors")
    }

    @Test func aShardThatIsTooLongForAMessageIsFoundAtTheStart() throws {
        _ = try workspace.makeImages(8)
        // A quotation mark takes two bytes in a message.
        let long = "good/" + String(repeating: "\"/", count: 1_900)
        let list = try workspace.makeList(
            "long.txt", (0..<8).map { "good/\($0).png" } + (0..<1_300).map { long + "\($0).png" })
        // Of a short list shards have a quarter of the size that is asked for.
        try expect(
            fit("j", list).map { $0 == "4" ? "4096" : $0 }, status: 2, says: "--shard-size 4096 is too large",
            "would do")
    }

    @Test func aJournalIsNotWrittenOver() throws {
        let list = try workspace.makeImages(8)
        try expect(fit("j", list), status: 0, says: "model.safetensors")
        let result = try run("padim", ["export", workspace.file("j"), "--csv", workspace.file("j/job.sqlite")])
        #expect(result.status == 2 && result.errors.contains("no text file"), "\(result.errors)")
        try expect(fit("j", list), status: 0, says: "fitted before")
    }

    @Test func noWorkerArriving() throws {
        let list = try workspace.makeImages(8)
        try expect(
            fit("j", list, ["--bind", "tcp://127.0.0.1:0", "--worker-timeout", "1"]), status: 1, says: "no worker",
            "padim-worker --connect tcp://127.0.0.1:")
    }

    @Test(.enabled(if: Mounting.isAllowed, "mounting needs root"))
    func aFullDiskLosesNothingThatWasDone() throws {
        let list = try workspace.makeImages(40)
        let small = workspace.file("small")
        try FileManager.default.createDirectory(atPath: small, withIntermediateDirectories: true)
        // The job's sums are some megabytes: the first partials fit, the merge does not.
        try #require(shell("mount -t tmpfs -o size=3m tmpfs '\(small)'") == 0)
        defer { _ = shell("umount '\(small)'") }
        let arguments = fit("small/job", list, ["--features", "60", "--input-size", "128"])
        try expect(arguments, status: 1, says: "No space left", "goes on with it")
        _ = shell("mount -o remount,size=200m '\(small)'")
        try expect(arguments, status: 0, says: "model.safetensors")
    }

    private func shell(_ command: String) -> Int32 {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", command]
        do { try process.run() } catch { return -1 }
        process.waitUntilExit()
        return process.terminationStatus
    }
}
