import Foundation
import Journal
import Storage
import TestProcesses
import Testing

/// An image that ends whoever opens it: found by splitting, recorded, left out.
///
/// It is a picture that needs more memory than its workers are given, as a photograph may that is larger than a machine.
@Suite(.serialized) struct PoisonTests {
    let workspace: Workspace
    let healthy: [String]

    init() throws {
        workspace = try Workspace()
        healthy = try String(contentsOfFile: workspace.makeImages(56), encoding: .utf8).split(separator: "\n").map(
            String.init)
    }

    /// The healthy images with a large one among them: in the middle, where shards have their full size.
    private func poisonedList() throws -> String {
        try LargePicture.write(side: 12_000, to: workspace.file("good/poison.png"))
        return try workspace.makeList("poisoned.txt", healthy[..<20] + ["good/poison.png"] + healthy[20...])
    }

    private func fit(_ job: String, _ list: String, _ more: [String] = []) -> [String] {
        [
            "fit", "--images", list, "--backbone", "efficientnet_lite0", "--weights", Workspace.weights, "--features",
            "12", "--input-size", "64", "--shard-size", "8", "--threads", "1", "--local-workers", "2", "--job",
            workspace.file(job),
        ] + more
    }

    /// Built for a sanitizer, no program does anything with so little memory.
    static let littleIsEnough = (try? runWithLittleMemory(["--help"]))?.status == 0

    /// Runs the coordinator, and the workers that it starts, with so little memory that the large picture ends them.
    private static func runWithLittleMemory(
        _ arguments: [String]
    ) throws -> (status: Int32, output: String, errors: String) {
        let program = try RunningProgram.path(of: "padim-coord")
        return try run(
            "/bin/sh", ["-c", "ulimit -c 0; ulimit -d 300000; exec \"$0\" \"$@\"", program] + arguments)
    }

    private func images(
        _ job: String, _ role: ImageRole, isDone: Bool = true
    ) throws -> (poison: [String], ok: Int) {
        let journal = try Journal.read(JobDirectory(workspace.file(job)))
        let counts = try journal.counts(role)
        #expect((counts.pending == 0) == isDone)
        return (try journal.failures(role).filter { $0.status == .poison }.map(\.record.path), counts.ok)
    }

    @Test(.enabled(if: littleIsEnough)) func itIsFoundAndTheModelIsThatOfTheOthers() throws {
        let poisoned = try Self.runWithLittleMemory(fit("poisoned", poisonedList(), ["--max-bad-images", "2"]))
        #expect(poisoned.status == 0, "\(poisoned.errors)")
        #expect(poisoned.errors.contains("it is split to find the image"))
        let found = try images("poisoned", .normal)
        #expect(found.poison == ["good/poison.png"])
        #expect(found.ok == 56)
        let clean = try run("padim-coord", fit("clean", workspace.makeList("healthy.txt", healthy)))
        #expect(clean.status == 0, "\(clean.errors)")
        #expect(Workspace.modelDigest(poisoned.output) != nil)
        #expect(Workspace.modelDigest(poisoned.output) == Workspace.modelDigest(clean.output))
    }

    @Test(.enabled(if: littleIsEnough)) func itIsFoundAmongInspectedImages() throws {
        let clean = try run("padim-coord", fit("clean", workspace.makeList("healthy.txt", healthy)))
        #expect(clean.status == 0, "\(clean.errors)")
        func inspect(_ job: String, _ more: [String]) throws -> [String] {
            [
                "inspect", "--images", try poisonedList(), "--model", workspace.file("clean/model.safetensors"),
                "--weights", Workspace.weights, "--shard-size", "8", "--threads", "1", "--local-workers", "2", "--job",
                workspace.file(job),
            ] + more
        }
        let poisoned = try Self.runWithLittleMemory(try inspect("inspected", ["--max-bad-images", "2"]))
        #expect(poisoned.status == 0, "\(poisoned.errors)")
        #expect(try images("inspected", .inspect).poison == ["good/poison.png"])
        let rows = try String(contentsOfFile: workspace.file("inspected/results.csv"), encoding: .utf8).split(
            separator: "\n")
        #expect(rows.count == 1 + 57)
        #expect(rows.contains { $0.contains("good/poison.png") && $0.contains("poison,") })
        // One of 57 is more than the usual limit of a hundredth: the job ends, and says which.
        let strict = try Self.runWithLittleMemory(try inspect("strict", []))
        #expect(strict.status == 1)
        #expect((strict.output + strict.errors).contains("--max-bad-images"))
        #expect(strict.output.contains("good/poison.png"))
    }

    /// It takes the machine down, coordinator and all: every start leads nearer to it.
    @Test func itIsFoundThoughNobodySurvivesIt() throws {
        let list = try poisonedList()
        let arguments = fit("fatal", list, ["--max-bad-images", "2"])
        var starts = 0
        var last: Int32 = -1
        while last != 0, starts < 12 {
            starts += 1
            let machine = try RunningProgram("padim-coord", arguments)
            let id = machine.id
            let watch = try OpenWatch(workspace.file("good")) { name in
                if name == "poison.png" { killTree(id) }
            }
            last = machine.wait()
            watch.stop()
            #expect(last == 0 || last == 128 + SIGKILL, "\(machine.standardError)")
        }
        // Three times in the shard of eight, then once in each half.
        #expect(last == 0)
        // An end that comes before the disk has heard of the deal is not counted, as long as the shard is no suspect.
        #expect((7...9).contains(starts), "\(starts) starts")
        let found = try images("fatal", .normal)
        #expect(found.poison == ["good/poison.png"])
        #expect(found.ok == 56)
    }
}

/// Kills a process and its children at once, as a machine that goes down does.
private func killTree(_ id: Int32) {
    let ids = [id] + RunningProgram.children(of: id)
    for id in ids { kill(id, SIGSTOP) }
    for id in ids { kill(id, SIGKILL) }
}
