import Foundation
import Journal
import Storage
import TestProcesses
import Testing

/// `padim flag` and `padim prune` on jobs of real processes.
@Suite(.serialized) struct FlagTests {
    let workspace: Workspace
    let list: String

    init() throws {
        workspace = try Workspace()
        list = try workspace.makeImages(20, named: "today", seed: 2)
        let fitted = try run(
            "padim-coord",
            [
                "fit", "--images", workspace.makeImages(24), "--backbone", "efficientnet_lite0", "--weights",
                Workspace.weights, "--features", "12", "--input-size", "96", "--job", workspace.file("fit"),
            ])
        try #require(fitted.status == 0, "\(fitted.errors)")
    }

    private func inspect(_ job: String, _ more: [String]) -> [String] {
        [
            "inspect", "--images", list, "--model", workspace.file("fit/model.safetensors"), "--weights",
            Workspace.weights, "--job", workspace.file(job), "--maps", "npy",
        ] + more
    }

    private func files(_ job: String, _ folder: String) throws -> [String: Digest] {
        let root = workspace.file("\(job)/\(folder)")
        let names = (FileManager.default.subpaths(atPath: root) ?? []).filter { $0.hasSuffix(".png") }
        return try Dictionary(uniqueKeysWithValues: names.map { ($0, try Digest(ofFile: "\(root)/\($0)")) })
    }

    /// The overlays, flags and table are those of the job that had the threshold from the start.
    @Test func flaggingLaterIsAsFlaggingAtOnce() throws {
        let scored = try run("padim-coord", inspect("plain", ["--threshold", "1000"]))
        #expect(scored.status == 0, "\(scored.errors)")
        let threshold = try #require(
            Journal.read(JobDirectory(workspace.file("plain"))).highestScores(limit: 5).last?.score)
        // The colours follow the threshold.
        let all = try run("padim-coord", inspect("all", ["--threshold", "\(threshold)", "--overlays", "all"]))
        #expect(all.status == 0, "\(all.errors)")
        let flagged = try run(
            "padim",
            [
                "flag", workspace.file("plain"), "--threshold", "\(threshold)", "--overlays", "flagged", "--masks",
                "--regions",
            ])
        #expect(flagged.status == 0, "\(flagged.errors)")
        #expect(flagged.output.contains("5 of 20 images flagged at \(threshold)"))
        let (overlays, every) = (try files("plain", "overlays"), try files("all", "overlays"))
        #expect(overlays.count == 5 && every.count == 20)
        for (name, digest) in overlays { #expect(every[name] == digest) }
        #expect(try files("plain", "masks").count == 5)
        let rows = try String(contentsOfFile: workspace.file("plain/regions.csv"), encoding: .utf8).split(
            separator: "\n")
        #expect(rows.count > 5)
        // The job's own command keeps the flags.
        let table = try Digest(ofFile: workspace.file("plain/results.csv"))
        let again = try run("padim-coord", inspect("plain", ["--threshold", "1000"]))
        #expect(again.status == 0, "\(again.errors)")
        #expect(try Digest(ofFile: workspace.file("plain/results.csv")) == table)
        try pruned()
    }

    private func pruned() throws {
        let maps = workspace.file("plain/maps")
        let names = { (FileManager.default.subpaths(atPath: maps) ?? []).filter { $0.hasSuffix(".npy") } }
        #expect(names().count == 20)
        let pruned = try run("padim", ["prune", workspace.file("plain"), "--maps"])
        #expect(pruned.status == 0, "\(pruned.errors)")
        #expect(pruned.output.contains("removed 15 maps of images that are not flagged"))
        #expect(names().count == 5)
        let fit = try run("padim", ["prune", workspace.file("fit")])
        #expect(fit.status == 0, "\(fit.errors)")
        #expect(fit.output.contains("partial sums"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: workspace.file("fit/partials")).isEmpty)
        // The job has all that it needs.
        let again = try run(
            "padim-coord",
            [
                "fit", "--images", workspace.makeImages(24), "--backbone", "efficientnet_lite0", "--weights",
                Workspace.weights, "--features", "12", "--input-size", "96", "--job", workspace.file("fit"),
            ])
        #expect(again.status == 0, "\(again.errors)")
    }

    @Test func wrongCommandsAreRefused() throws {
        #expect(try run("padim", ["flag", workspace.file("none"), "--threshold", "1"]).status == 2)
        #expect(try run("padim", ["flag", workspace.file("fit"), "--threshold", "nan"]).status == 2)
        #expect(try run("padim", ["flag", workspace.file("fit"), "--threshold", "1"]).status == 1)
        #expect(try run("padim", ["prune", workspace.file("none")]).status == 2)
        #expect(try run("padim", ["prune", workspace.file("fit"), "--maps"]).status == 2)
        let lock = try JobLock(JobDirectory(workspace.file("fit")))
        let locked = try run("padim", ["prune", workspace.file("fit")])
        #expect(locked.status == 1 && locked.errors.contains("is being run by"))
        _ = lock
    }
}
