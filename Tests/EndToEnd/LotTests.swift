import Foundation
import Gaussian
import Journal
import Settings
import Storage
import TestProcesses
import Testing

/// Lots with sums of their own beside small ones: of three folders the first has more images than are dealt as one.
@Suite(.serialized) struct LotTests {
    let workspace: Workspace
    private static let folders = [("a", 205), ("b", 30), ("c", 12)]

    init() throws {
        workspace = try Workspace()
        for (number, (name, images)) in Self.folders.enumerated() {
            _ = try workspace.makeImages(images, named: "good/\(name)", seed: UInt64(number + 1))
        }
    }

    private func fit(_ job: String, _ more: [String], images: String = "good") -> [String] {
        [
            "fit", "--images", workspace.file(images), "--backbone", "efficientnet_lite0", "--weights",
            Workspace.weights, "--features", "12", "--input-size", "64", "--trust-folders", "--job",
            workspace.file(job),
        ] + more
    }

    private func fitted(_ job: String, _ more: [String], images: String = "good") throws -> String? {
        let result = try run("padim-coord", fit(job, more, images: images))
        #expect(result.status == 0, "\(result.errors)")
        let left = try FileManager.default.contentsOfDirectory(atPath: workspace.file(job))
        #expect(!left.contains { $0.hasPrefix("without-lot") })
        return Workspace.modelDigest(result.output)
    }

    private func model(_ job: String) throws -> GaussianModel {
        try GaussianModel(path: workspace.file("\(job)/model.safetensors"))
    }

    private func statistics(_ job: String) throws -> StatisticsFile {
        try StatisticsFile(path: workspace.file("\(job)/statistics.safetensors"))
    }

    @Test func oneModelWhateverTheWorkersTheShardsAndHowLotsAreSaid() throws {
        let one = try fitted("one", ["--lots", "folders", "--local-workers", "1", "--threads", "1"])
        let three = try fitted(
            "three", ["--lots", "folders", "--local-workers", "3", "--shard-size", "7", "--checkpoint-images", "40"])
        #expect(one != nil && one == three)
        let calibration = try #require(model("one").calibration)
        #expect(calibration.lots.map(\.images) == [205, 30, 12] && calibration.images.count == 247)
        // The same lots, named by a column.
        let rows = try FileManager.default.subpathsOfDirectory(atPath: workspace.file("good")).sorted()
            .filter { $0.hasSuffix(".png") }.map { "good/\($0),\($0.prefix(1))" }
        _ = try workspace.makeList("list.csv", ["image_path,module"] + rows)
        #expect(try fitted("column", ["--lot-column", "module", "--local-workers", "2"], images: "list.csv") == one)
        // The sums are those of a fit without lots, and what is scored by image is, too.
        _ = try fitted("none", ["--lots", "none", "--local-workers", "2"])
        #expect(
            try Digest(ofFile: statistics("none").path) == Digest(ofFile: statistics("one").path))
        let plain = try #require(model("none").calibration)
        #expect(plain.images.map(\.scores) == calibration.images.map(\.scores))
        #expect(plain.meanSquares == calibration.meanSquares)
    }

    /// Scores by lot and the lot's drift are those of a model that was fitted without the lot.
    @Test func theLotsModelIsTheOneThatIsFittedWithoutIt() throws {
        _ = try fitted("all", ["--lots", "folders", "--local-workers", "2"])
        let without = workspace.file("without")
        let folders = ["--images", workspace.file("good/c"), "--calibrate", "none", "--local-workers", "2"]
        _ = try fitted("rest", folders, images: "good/b")
        _ = try fitted("lot", ["--calibrate", "none", "--local-workers", "2"], images: "good/a")
        let inspected = try run(
            "padim-coord",
            [
                "inspect", "--images", workspace.file("good/a"), "--model", workspace.file("rest/model.safetensors"),
                "--weights", Workspace.weights, "--maps", "none", "--local-workers", "2", "--job", without,
            ])
        #expect(inspected.status == 0, "\(inspected.errors)")
        let calibration = try #require(model("all").calibration)
        var byDigest: [ContentDigest: Float] = [:]
        for image in calibration.images where image.lot == 0 { byDigest[image.digest] = image.lotScores?[0] }
        #expect(byDigest.count == 205)
        var compared = 0
        try Journal.read(JobDirectory(without)).forEachImage(.inspect) { row in
            guard case .file(let path) = row.record.location, let score = row.score else { return }
            let digest = try Data(contentsOf: URL(fileURLWithPath: path)).withUnsafeBytes { ContentDigest(of: $0) }
            let found = byDigest[digest] ?? 0
            #expect(abs(found / score - 1) < 1e-5, "\(path): \(found) beside \(score)")
            compared += 1
        }
        #expect(compared == 205)
        let squares = try Drift.squares(of: statistics("lot"), from: model("rest"))
        let ratios = Drift.ratios(
            of: squares, spread: 1 / 42.0 + 1 / 205.0, meanSquares: calibration.meanSquares, count: 247)
        #expect(calibration.lots[0].drift == ratios.reduce(0, +) / Double(ratios.count))
    }

    /// In the sums of the lot, and while it is left out.
    @Test(arguments: [2, 5]) func killedAtALotItGoesOnToTheSameModel(stage: Int) throws {
        let calm = try fitted("calm", ["--lots", "folders", "--local-workers", "1"])
        let arguments = fit("killed", ["--lots", "folders", "--local-workers", "1", "--threads", "1"])
        let first = try RunningProgram("padim-coord", arguments)
        #expect(first.waitUntil { $0.contains("ready for stage \(stage)") })
        kill(first.id, SIGKILL)
        _ = first.wait()
        #expect(try fitted("killed", ["--lots", "folders", "--local-workers", "1", "--threads", "1"]) == calm)
    }

    @Test func twoWaysToSayLotsAreRefused() throws {
        let both = try run("padim-coord", fit("job", ["--lots", "folders", "--lot-column", "module"]))
        #expect(both.status == 2 && both.errors.contains("give one of them"), "\(both.errors)")
        let none = try run("padim-coord", fit("job", ["--lot-column", "module"]))
        #expect(none.status == 2 && none.errors.contains("no column 'module'"), "\(none.errors)")
        let unknown = try run("padim-coord", fit("job", ["--lots", "halves"]))
        #expect(unknown.status == 2 && unknown.errors.contains("tenths"), "\(unknown.errors)")
    }
}
