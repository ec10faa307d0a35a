import Foundation
import Imaging
import Journal
import Storage
import TestProcesses
import TestSupport
import Testing

/// The fixed-point grid and the sums on it are of the same images, whenever and by whomever these could be read.
@Suite(.serialized) struct GridTests {
    let workspace: Workspace
    let list: String

    init() throws {
        workspace = try Workspace()
        list = try workspace.makeImages(96)
    }

    private func fit(_ job: String, _ more: [String]) -> [String] {
        [
            "fit", "--images", list, "--backbone", "efficientnet_lite0", "--weights", Workspace.weights, "--features",
            "20", "--input-size", "96", "--shard-size", "8", "--checkpoint-images", "24", "--worker-deadline", "2",
            "--max-bad-images", "5", "--job", workspace.file(job),
        ] + more
    }

    private func calmDigest() throws -> String {
        let calm = try run("padim-coord", fit("calm", ["--local-workers", "1"]))
        #expect(calm.status == 0, "\(calm.errors)")
        return try #require(Workspace.modelDigest(calm.output))
    }

    /// Fixes the grid, and is killed when it begins to fold: the first image behind those that fix it is opened then.
    private func beginAndKill(_ arguments: [String]) throws {
        let first = try RunningProgram("padim-coord", arguments)
        let id = first.id
        let watch = try OpenWatch(workspace.file("good")) { name in if name == "8.png" { kill(id, SIGKILL) } }
        #expect(first.wait() == 128 + SIGKILL)
        watch.stop()
    }

    /// What is in a model is known to its grid: an image that was not there when the grid was fixed stays out, though a second worker
    /// can read it.
    @Test(.enabled(if: Mounting.isAllowed, "mounting needs root"))
    func anImageThatOneWorkerCannotReadIsInNoPartOfTheModel() throws {
        let broken = try workspace.makeList("broken.txt", ["no picture"])
        let coordinator = try RunningProgram(
            "padim-coord", fit("blind", ["--bind", "tcp://127.0.0.1:0"]))
        let address = try #require(coordinator.endpoint)
        let program = try RunningProgram.path(of: "padim-worker")
        let blind = try RunningProgram(
            "/usr/bin/unshare",
            [
                "--mount", "/bin/sh", "-c",
                "mount --bind '\(broken)' '\(workspace.file("good/2.png"))' && exec '\(program)' --connect \(address) --threads 1",
            ])
        #expect(blind.waitUntil { $0.contains("ready for stage 2") }, "\(blind.standardError)")
        kill(blind.id, SIGKILL)
        #expect(coordinator.waitUntil { $0.contains("is gone") })
        let able = try RunningProgram(
            "padim-worker", ["--connect", address, "--threads", "1", "--name", "able", "--give-up", "20"])
        #expect(coordinator.wait() == 0, "\(coordinator.standardError)")
        #expect(able.wait() == 0)
        #expect(coordinator.standardOutput.contains("fitted 95 images, 1 unusable"))
        // The same as where it is broken for everybody.
        let sound = try Data(contentsOf: URL(fileURLWithPath: workspace.file("good/2.png")))
        try Data("no picture".utf8).write(to: URL(fileURLWithPath: workspace.file("good/2.png")))
        let without = try run("padim-coord", fit("without", ["--local-workers", "1"]))
        #expect(without.status == 0, "\(without.errors)")
        try sound.write(to: URL(fileURLWithPath: workspace.file("good/2.png")))
        #expect(Workspace.modelDigest(coordinator.standardOutput) == Workspace.modelDigest(without.output))
        #expect(Workspace.modelDigest(without.output) != (try calmDigest()))
    }

    /// It was there when the grid was fixed, and outshone all others; when it is to be folded it is gone.
    @Test func anImageThatGoesAwayIsInNoPartOfTheModel() throws {
        let path = workspace.file("good/2.png")
        var random = SeededGenerator(seed: 11)
        let pixels = (0..<3 * 64 * 64).map { _ in random.below(2) == 0 ? UInt8(0) : 255 }
        let noise = try PNGEncoder.encode(RGBImage(width: 64, height: 64, pixels: pixels))
        try DurableFile.write(noise, to: path)
        let arguments = fit("away", ["--local-workers", "1", "--threads", "1"])
        try beginAndKill(arguments)
        unlink(path)
        let second = try run("padim-coord", arguments)
        #expect(second.status == 0 && second.output.contains("fitted 95 images, 1 unusable"), "\(second.errors)")
        #expect(second.errors.contains("folded again"), "\(second.errors)")
        let without = try run("padim-coord", fit("without", ["--local-workers", "1"]))
        #expect(without.status == 0 && !without.errors.contains("folded again"), "\(without.errors)")
        #expect(Workspace.modelDigest(second.output) == Workspace.modelDigest(without.output))
    }

    /// It was away when the grid was fixed, and is there when the job goes on, before anything was counted.
    @Test func anImageThatComesBackIsInAllOfTheModel() throws {
        let (path, away) = (workspace.file("good/2.png"), workspace.file("away.png"))
        try FileManager.default.moveItem(atPath: path, toPath: away)
        let arguments = fit("back", ["--local-workers", "1", "--threads", "1"])
        try beginAndKill(arguments)
        let journal = try Journal.read(JobDirectory(workspace.file("back")))
        #expect(try journal.partials().isEmpty)
        try journal.close()
        try FileManager.default.moveItem(atPath: away, toPath: path)
        let second = try run("padim-coord", arguments)
        #expect(second.status == 0 && second.output.contains("fitted 96 images, 0 unusable"), "\(second.errors)")
        #expect(Workspace.modelDigest(second.output) == (try calmDigest()))
    }
}
