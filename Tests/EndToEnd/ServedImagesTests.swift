import Foundation
import Imaging
import Journal
import Settings
import Storage
import TestProcesses
import TestSupport
import Testing

/// Workers that do not have the images, and get them from the coordinator.
@Suite(.serialized, .enabled(if: Mounting.isAllowed, "mounting needs root")) struct ServedImagesTests {
    let workspace: Workspace
    /// Images in a folder and in an archive, one of them damaged; some have regions of their own.
    let list: String

    init() throws {
        workspace = try Workspace()
        _ = try workspace.makeImages(70, named: "data/images")
        try DurableFile.write(Array("no image".utf8), to: workspace.file("data/images/7.png"))
        // Larger than one message's piece.
        var random = SeededGenerator(seed: 9)
        let pixels = (0..<900 * 700 * 3 / 8).flatMap { _ in withUnsafeBytes(of: random.next(), Array.init) }
        let large = RGBImage(width: 900, height: 700, pixels: pixels)
        try DurableFile.write(PNGEncoder.encode(large), to: workspace.file("data/images/70.png"))
        let tar = Process()
        tar.executableURL = URL(fileURLWithPath: "/bin/tar")
        tar.arguments = [
            "cf", workspace.file("data/more.tar"), "-C", workspace.file("data"), "images/1.png", "images/2.png",
        ]
        try tar.run()
        tar.waitUntilExit()
        let white = (0..<64 * 64).map { $0 % 64 >= 20 }
        try DurableFile.write(
            MaskEncoder.encode(Mask(width: 64, height: 64, defective: white)), to: workspace.file("data/mask.png"))
        let rows = (0...70).map { "data/images/\($0).png,\($0 % 5 == 0 && $0 < 70 ? "data/mask.png" : "")" }
        list = try workspace.makeList("list.csv", ["image_path,roi_path"] + rows + ["data/more.tar,"])
    }

    private func fit(_ job: String, _ more: [String]) -> [String] {
        [
            "fit", "--images", workspace.file("data"), "--backbone", "efficientnet_lite0", "--weights",
            Workspace.weights, "--features", "12", "--input-size", "64", "--trust-folders", "--job",
            workspace.file(job), "--shard-size", "8", "--max-bad-images", "5",
        ] + more
    }

    private func inspect(_ job: String, _ more: [String]) -> [String] {
        [
            "inspect", "--images", list, "--model", workspace.file("here/model.safetensors"), "--weights",
            Workspace.weights, "--job", workspace.file(job), "--shard-size", "8", "--overlays", "all",
            "--max-bad-images", "5",
        ] + more
    }

    /// A worker that sees nothing of the folder of images, nor of the jobs.
    private func blindWorker(_ address: String, _ name: String) throws -> RunningProgram {
        let program = try RunningProgram.path(of: "padim-worker")
        return try RunningProgram(
            "/usr/bin/unshare",
            [
                "--mount", "/bin/sh", "-c",
                "mount -t tmpfs tmpfs '\(workspace.path)' && exec '\(program)' --connect \(address) --threads 2 --name \(name)",
            ])
    }

    private let bound = ["--bind", "tcp://127.0.0.1:0", "--local-workers"]

    private func results(_ job: String) throws -> [String] {
        try String(contentsOfFile: workspace.file("\(job)/results.csv"), encoding: .utf8).split(separator: "\n").map(
            String.init
        ).sorted()
    }

    @Test func theModelIsThatOfWorkersThatSeeTheImages() throws {
        let here = try run("padim-coord", fit("here", ["--local-workers", "2"]))
        #expect(here.status == 0, "\(here.errors)")
        let expected = try #require(Workspace.modelDigest(here.output))

        // One worker sees the images; of the other two, one is killed in the midst.
        let coordinator = try RunningProgram(
            "padim-coord", fit("sent", bound + ["0", "--serve-images", "--worker-deadline", "2"]))
        let address = try #require(coordinator.endpoint)
        let doomed = try blindWorker(address, "doomed")
        #expect(coordinator.waitUntil { $0.contains("doomed") }, "\(coordinator.standardError)")
        let blind = try blindWorker(address, "blind")
        usleep(400_000)
        kill(doomed.id, SIGKILL)
        let seeing = try RunningProgram("padim-worker", ["--connect", address, "--threads", "1", "--name", "seeing"])
        #expect(coordinator.wait() == 0, "\(coordinator.standardError) \(blind.standardError)")
        #expect(Workspace.modelDigest(coordinator.standardOutput) == expected)
        #expect(blind.wait() == 0 && seeing.wait() == 0)
        try scoresAreTheSame()
    }

    private func scoresAreTheSame() throws {
        let here = try run("padim-coord", inspect("inspected", ["--local-workers", "2"]))
        #expect(here.status == 0, "\(here.errors)")
        let coordinator = try RunningProgram("padim-coord", inspect("inspected-sent", bound + ["0", "--serve-images"]))
        let address = try #require(coordinator.endpoint)
        let workers = try [blindWorker(address, "a"), blindWorker(address, "b")]
        #expect(coordinator.wait() == 0, "\(coordinator.standardError) \(workers[0].standardError)")
        let (sent, expected) = (try results("inspected-sent"), try results("inspected"))
        #expect(sent == expected)
        // The damaged one has the same reason, and all maps are there.
        #expect(expected.count == 74 && expected.filter { $0.contains("unreadable") }.count == 1)
        try Journal.read(JobDirectory(workspace.file("inspected-sent"))).forEachImage(.inspect) { row in
            guard row.score != nil, let map = row.mapPath else { return }
            let (sent, here) = (workspace.file("inspected-sent/\(map)"), workspace.file("inspected/\(map)"))
            #expect(FileManager.default.contentsEqual(atPath: sent, andPath: here), "\(map)")
        }
    }

    /// As before, where nobody asked for it.
    @Test func withoutTheOptionAWorkerThatSeesNothingIsFound() throws {
        let coordinator = try RunningProgram("padim-coord", fit("blind", bound + ["0"]))
        let worker = try blindWorker(try #require(coordinator.endpoint), "blind")
        #expect(coordinator.wait() != 0)
        #expect(coordinator.standardError.contains("No such file"), "\(coordinator.standardError)")
        _ = worker.wait()
    }

    @Test func servingIsForWorkersElsewhere() throws {
        let result = try run("padim-coord", fit("none", ["--serve-images"]))
        #expect(result.status == 2 && result.errors.contains("--bind"), "\(result.errors)")
    }
}
