import Foundation
import Gaussian
import Journal
import Storage
import TestProcesses
import Testing

/// The same images in a folder and in archives.
@Suite(.serialized) struct ArchiveTests {
    let workspace: Workspace

    init() throws {
        workspace = try Workspace()
        _ = try workspace.makeImages(90, named: "images/a")
        _ = try workspace.makeImages(40, named: "images/b", seed: 2)
        try pack("tar cf plain.tar -C images .")
        try pack("tar czf packed.tar.gz --sort=name -C images a b")
        // Members in another order than their names.
        try pack("cd images; tar cJf ../mixed.tar.xz b/9.png a b")
        try pack(
            "python3 -c \"import shutil; shutil.make_archive('zipped', 'zip', 'images')\"; cat plain.tar | head -c 400000 > cut.tar"
        )
    }

    private func pack(_ command: String) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = ["-euc", "cd '\(workspace.path)'; \(command)"]
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
    }

    private func fit(_ images: String, _ job: String, workers: Int = 2) -> [String] {
        [
            "fit", "--images", workspace.file(images), "--backbone", "efficientnet_lite0", "--weights",
            Workspace.weights, "--features", "12", "--input-size", "64", "--trust-folders", "--job",
            workspace.file(job), "--local-workers", "\(workers)", "--shard-size", "16",
        ]
    }

    private func fitted(_ images: String, _ job: String, workers: Int = 2) throws -> String {
        let result = try run("padim-coord", fit(images, job, workers: workers))
        #expect(result.status == 0, "\(result.errors)")
        return try #require(Workspace.modelDigest(result.output))
    }

    /// Sums and model have no path in them.
    @Test func oneModelWhereverTheImagesAre() throws {
        let plain = try fitted("images", "folder")
        for archive in ["plain.tar", "packed.tar.gz", "mixed.tar.xz", "zipped.zip"] {
            #expect(
                try fitted(archive, archive + ".job", workers: archive == "plain.tar" ? 3 : 2) == plain, "\(archive)")
            #expect(
                try Digest(ofFile: workspace.file(archive + ".job/statistics.safetensors"))
                    == Digest(ofFile: workspace.file("folder/statistics.safetensors")))
        }
        try scoresAreThoseOfTheFolder()
    }

    private func scoresAreThoseOfTheFolder() throws {
        func scores(_ images: String, _ job: String) throws -> [Float] {
            let result = try run(
                "padim-coord",
                [
                    "inspect", "--images", workspace.file(images), "--model",
                    workspace.file("folder/model.safetensors"),
                    "--weights", Workspace.weights, "--job", workspace.file(job), "--local-workers", "2", "--overlays",
                    "all",
                ])
            #expect(result.status == 0, "\(result.errors)")
            var scores: [Float] = []
            try Journal.read(JobDirectory(workspace.file(job))).forEachImage(.inspect) { row in
                scores.append(row.score ?? 0)
                let map = workspace.file("\(job)/\(row.mapPath ?? "none")")
                #expect(FileManager.default.fileExists(atPath: map), "\(map)")
            }
            return scores
        }
        let expected = try scores("images", "inspected")
        #expect(expected.count == 130)
        for archive in ["plain.tar", "packed.tar.gz"] {
            #expect(try scores(archive, "inspected-" + archive) == expected)
            let place = workspace.file("inspected-\(archive)/maps/\(archive)/a/7.png")
            #expect(FileManager.default.fileExists(atPath: place))
        }
    }

    @Test(arguments: ["plain.tar", "packed.tar.gz"]) func killedItGoesOnToTheSameModel(_ archive: String) throws {
        let calm = try fitted(archive, "calm")
        let first = try RunningProgram("padim-coord", fit(archive, "killed") + ["--checkpoint-images", "20"])
        #expect(first.waitUntil { $0.contains("ready for stage 1") })
        usleep(300_000)
        kill(first.id, SIGKILL)
        _ = first.wait()
        let second = try run("padim-coord", fit(archive, "killed") + ["--checkpoint-images", "20"])
        #expect(second.status == 0 && Workspace.modelDigest(second.output) == calm, "\(second.errors)")
    }

    /// What is before the cut is fitted, and that something is missing counts as an image that cannot be read.
    @Test func aCutArchiveIsSaidAndTheRestIsUsed() throws {
        let strict = try run("padim-coord", fit("cut.tar", "strict") + ["--max-bad-images", "0"])
        #expect(strict.status != 0 && strict.errors.contains("cut.tar"), "\(strict.errors)")
        let result = try run("padim-coord", fit("cut.tar", "cut") + ["--max-bad-images", "5"])
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.errors.contains("members behind it are not known"), "\(result.errors)")
        let model = try StatisticsFile(path: workspace.file("cut/statistics.safetensors"))
        #expect(model.header.count > 20 && model.header.count < 130)
    }
}
