import Foundation
import Gaussian
import Storage
import TestProcesses
import Testing

/// A model that is there is calibrated as the fit would have done it; images that it does not have are told by their contents.
@Suite(.serialized) struct CalibrateTests {
    let workspace: Workspace
    let list: String
    let names: [String]

    init() throws {
        workspace = try Workspace()
        list = try workspace.makeImages(60)
        names = try String(contentsOfFile: list, encoding: .utf8).split(separator: "\n").map(String.init)
    }

    @discardableResult
    private func fit(_ job: String, _ images: String, _ more: [String] = []) throws -> String {
        let result = try run(
            "padim-coord",
            [
                "fit", "--images", images, "--backbone", "efficientnet_lite0", "--weights", Workspace.weights,
                "--features", "20", "--input-size", "96", "--shard-size", "8", "--job", workspace.file(job),
                "--local-workers", "2",
            ] + more)
        #expect(result.status == 0, "\(result.errors)")
        return workspace.file("\(job)/model.safetensors")
    }

    private func command(
        _ job: String, model: String, statistics: String, images: String, _ more: [String] = []
    ) -> [String] {
        [
            "calibrate", "--images", images, "--model", model, "--statistics", statistics, "--weights",
            Workspace.weights, "--shard-size", "8", "--job", workspace.file(job),
        ] + (more.contains("--local-workers") ? more : more + ["--local-workers", "2"])
    }

    private func sums(_ job: String) -> String { workspace.file("\(job)/statistics.safetensors") }

    private func bytes(_ path: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path)) }

    private func calibration(_ job: String) throws -> Calibration {
        try #require(GaussianModel(path: workspace.file("\(job)/model.safetensors")).calibration)
    }

    @Test(arguments: [[], ["--calibrate", "25"], ["--lots", "none"]])
    func theModelIsThatOfAFitWithACalibration(_ more: [String]) throws {
        let whole = try fit("whole", list, more)
        let plain = try fit("plain", list, ["--calibrate", "none"])
        for (job, workers) in [("one", "1"), ("three", "3")] {
            let result = try run(
                "padim-coord",
                command(
                    job, model: plain, statistics: sums("plain"), images: list, more + ["--local-workers", workers]))
            #expect(result.status == 0, "\(result.errors)")
            #expect(try bytes(workspace.file("\(job)/model.safetensors")) == bytes(whole))
        }
    }

    @Test func otherImagesAreScoredByTheModelAsItIs() throws {
        let known = try workspace.makeList("known.txt", Array(names.prefix(40)))
        let plain = try fit("plain", known, ["--calibrate", "none"])
        try fit("own", known, ["--lots", "none"])
        let result = try run("padim-coord", command("mixed", model: plain, statistics: sums("plain"), images: list))
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.errors.contains("20 of the calibration's 60 images are not in the model"), "\(result.errors)")
        let (own, mixed) = (try calibration("own"), try calibration("mixed"))
        #expect(mixed.images.count == 60 && mixed.lots.isEmpty)
        let members = Set(own.images.map(\.digest))
        #expect(mixed.images.filter { members.contains($0.digest) } == own.images)
        // Scores of the others are those of an inspection, but for the precision of its distances.
        let others = try workspace.makeList("others.txt", Array(names.suffix(20)))
        let inspected = try run(
            "padim-coord",
            [
                "inspect", "--images", others, "--model", plain, "--weights", Workspace.weights, "--maps", "none",
                "--job", workspace.file("inspected"),
            ])
        #expect(inspected.status == 0, "\(inspected.errors)")
        let rows = try String(contentsOfFile: workspace.file("inspected/results.csv"), encoding: .utf8)
            .split(separator: "\n").dropFirst()
        let scores = rows.compactMap { Double($0.split(separator: ",", omittingEmptySubsequences: false)[2]) }.sorted()
        let found = mixed.images.filter { !members.contains($0.digest) }.map { Double($0.scores[0]) }.sorted()
        #expect(scores.count == 20 && zip(scores, found).allSatisfy { abs($0 / $1 - 1) < 1e-3 }, "\(scores), \(found)")
        // Overlays of suspects of both kinds are of the maps that the scores are of.
        let shown = try run(
            "padim",
            ["suspects", workspace.file("mixed"), "--report", "--weights", Workspace.weights, "--overlays", "60"])
        #expect(shown.status == 0 && !shown.output.contains("note:"), "\(shown.errors) \(shown.output)")
    }

    @Test(arguments: ["ready for stage 1", "ready for stage 2"])
    func killedItGoesOnToTheSameModel(moment: String) throws {
        let whole = try fit("whole", list)
        let plain = try fit("plain", list, ["--calibrate", "none"])
        let arguments = command(
            "killed", model: plain, statistics: sums("plain"), images: list, ["--local-workers", "1", "--threads", "1"])
        let first = try RunningProgram("padim-coord", arguments)
        #expect(first.waitUntil { $0.contains(moment) })
        kill(first.id, SIGKILL)
        _ = first.wait()
        let second = try run("padim-coord", arguments)
        #expect(second.status == 0, "\(second.errors)")
        #expect(try bytes(workspace.file("killed/model.safetensors")) == bytes(whole))
        let third = try run("padim-coord", arguments)
        #expect(third.status == 0 && third.output.contains("(fitted before)"), "\(third.errors)")
    }

    @Test func addedSumsAreCalibratedOnBothSitesImages() throws {
        let (one, two) = (
            try workspace.makeList("one.txt", Array(names.prefix(25))),
            try workspace.makeList("two.txt", Array(names.suffix(35)))
        )
        try fit("a", one, ["--calibrate", "none"])
        try fit("b", two, ["--calibrate", "none"])
        let whole = try fit("whole", list)
        let (both, model) = (workspace.file("both"), workspace.file("both-model"))
        #expect(try run("padim", ["statistics", "add", sums("a"), sums("b"), "--output", both]).status == 0)
        #expect(try run("padim", ["model", "build", both, "--output", model]).status == 0)
        let result = try run("padim-coord", command("job", model: model, statistics: both, images: list))
        #expect(result.status == 0, "\(result.errors)")
        #expect(try bytes(workspace.file("job/model.safetensors")) == bytes(whole))
    }

    @Test func aModelOfOtherSumsIsRefusedBeforeAnythingBegins() throws {
        let part = try workspace.makeList("part.txt", Array(names.prefix(30)))
        let other = try workspace.makeList("other.txt", Array(names.suffix(30)))
        let model = try fit("part", part, ["--calibrate", "none"])
        try fit("other", other, ["--calibrate", "none"])
        try fit("all", list, ["--calibrate", "none"])
        for (statistics, words) in [("other", "does not follow from"), ("all", "is of 30 images")] {
            let result = try run(
                "padim-coord", command("job", model: model, statistics: sums(statistics), images: list))
            #expect(result.status == 2 && result.errors.contains(words), "\(result.errors)")
            #expect(!FileManager.default.fileExists(atPath: workspace.file("job")))
        }
        let none = try run(
            "padim-coord",
            command("job", model: model, statistics: sums("part"), images: part, ["--calibrate", "none"]))
        #expect(none.status == 2 && none.errors.contains("leaves nothing to do"), "\(none.errors)")
    }
}
