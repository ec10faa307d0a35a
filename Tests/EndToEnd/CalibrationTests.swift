import Foundation
import Gaussian
import Imaging
import Settings
import Storage
import TestProcesses
import Testing

/// A fit tries its model on its own images. Whatever happens meanwhile, the model is one.
@Suite(.serialized) struct CalibrationTests {
    let workspace: Workspace
    let list: String

    init() throws {
        workspace = try Workspace()
        list = try workspace.makeImages(60)
    }

    private func fit(_ job: String, _ more: [String] = [], images: String? = nil) -> [String] {
        [
            "fit", "--images", images ?? list, "--backbone", "efficientnet_lite0", "--weights", Workspace.weights,
            "--features", "20", "--input-size", "96", "--shard-size", "8", "--job", workspace.file(job),
        ] + more
    }

    private func calibrated(_ job: String, _ more: [String], images: String? = nil) throws -> String? {
        let result = try run("padim-coord", fit(job, more, images: images))
        #expect(result.status == 0, "\(result.errors)")
        return Workspace.modelDigest(result.output)
    }

    private func model(_ job: String) throws -> GaussianModel {
        try GaussianModel(path: workspace.file("\(job)/model.safetensors"))
    }

    @Test func oneModelWhateverTheWorkersAndShards() throws {
        let one = try calibrated("one", ["--local-workers", "1", "--threads", "1"])
        let three = try calibrated("three", ["--local-workers", "3", "--threads", "2"])
        #expect(one != nil && one == three)
        let calibration = try #require(model("one").calibration)
        #expect(calibration.images.count == 60 && calibration.lots.map(\.images) == Array(repeating: 6, count: 10))
        #expect(calibration.rules == [.max, .top(percent: 1)])
        // Without lots nothing depends on the list's order.
        let names = try String(contentsOfFile: list, encoding: .utf8).split(separator: "\n").map(String.init)
        let reversed = try workspace.makeList("reversed.txt", names.reversed())
        let byImage = try calibrated("byimage", ["--lots", "none", "--local-workers", "2", "--shard-size", "13"])
        #expect(try calibrated("turned", ["--lots", "none", "--local-workers", "1"], images: reversed) == byImage)
        let without = try #require(model("byimage").calibration)
        #expect(without.lots.isEmpty && without.images.map(\.scores) == calibration.images.map(\.scores))
        #expect(without.meanSquares == calibration.meanSquares)
        // The calibration changes nothing else.
        let plain = try #require(try calibrated("plain", ["--calibrate", "none", "--local-workers", "1"]))
        #expect(try model("plain").calibration == nil)
        let stripped = workspace.file("stripped")
        #expect(try model("one").write(with: nil, to: stripped, crew: .init(threads: 1)).hex == plain)
    }

    /// The sample follows from the images' contents.
    @Test func aSampleIsOfTheLowestDigests() throws {
        _ = try calibrated("all", ["--lots", "none", "--local-workers", "1"])
        _ = try calibrated("some", ["--calibrate", "20", "--lots", "none", "--local-workers", "2"])
        let (all, some) = (try #require(model("all").calibration), try #require(model("some").calibration))
        #expect(some.images == Array(all.images.prefix(20)))
        // The whole lot is left out, also where only some of its images are scored.
        _ = try calibrated("lots", ["--calibrate", "20", "--local-workers", "2"])
        _ = try calibrated("whole", ["--local-workers", "2"])
        let (lots, whole) = (try #require(model("lots").calibration), try #require(model("whole").calibration))
        #expect(lots.images == Array(whole.images.prefix(20)) && lots.lots.map(\.images) == whole.lots.map(\.images))
    }

    @Test(arguments: [SIGKILL, SIGTERM])
    func killedInMidCalibrationItGoesOnToTheSameModel(signal: Int32) throws {
        let calm = try calibrated("calm", ["--local-workers", "1"])
        let arguments = fit("killed", ["--local-workers", "1", "--threads", "1"])
        let first = try RunningProgram("padim-coord", arguments)
        #expect(first.waitUntil { $0.contains("ready for stage 3") })
        kill(first.id, signal)
        _ = first.wait()
        #expect(!FileManager.default.fileExists(atPath: workspace.file("killed/model.safetensors")))
        #expect(FileManager.default.fileExists(atPath: workspace.file("killed/model-uncalibrated.safetensors")))
        let second = try run("padim-coord", arguments)
        #expect(second.status == 0, "\(second.errors)")
        #expect(Workspace.modelDigest(second.output) == calm)
        #expect(!FileManager.default.fileExists(atPath: workspace.file("killed/model-uncalibrated.safetensors")))
        // A finished job has its model, and nothing is done again.
        let third = try run("padim-coord", arguments)
        #expect(third.status == 0 && third.output.contains("(fitted before)"), "\(third.errors)")
    }

    @Test func aLostModelIsMadeAgainWithItsCalibration() throws {
        let calm = try calibrated("job", ["--local-workers", "1"])
        let path = workspace.file("job/model.safetensors")
        try FileManager.default.removeItem(atPath: path)
        let again = try run("padim-coord", fit("job", ["--local-workers", "1"]))
        #expect(again.status == 0, "\(again.errors)")
        #expect(Workspace.modelDigest(again.output) == calm)
    }

    @Test func aModelThatWaitsIsExamined() throws {
        let calm = try calibrated("calm", ["--local-workers", "1"])
        let arguments = fit("damaged", ["--local-workers", "1", "--threads", "1"])
        let first = try RunningProgram("padim-coord", arguments)
        #expect(first.waitUntil { $0.contains("ready for stage 3") })
        kill(first.id, SIGKILL)
        _ = first.wait()
        let path = workspace.file("damaged/model-uncalibrated.safetensors")
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        bytes[bytes.count / 2] ^= 1
        try bytes.write(to: URL(fileURLWithPath: path))
        let second = try run("padim-coord", arguments)
        #expect(second.status == 0 && second.errors.contains("the model is made again"), "\(second.errors)")
        #expect(Workspace.modelDigest(second.output) == calm)
    }

    /// One that should not be among the normal images is the first suspect.
    @Test func aDefectAmongTheImagesIsTheFirstSuspect() throws {
        var pixels = [UInt8](repeating: 120, count: 3 * 64 * 64)
        for row in 20..<30 { for place in 3 * (64 * row + 20)..<3 * (64 * row + 40) { pixels[place] = 255 } }
        let odd = RGBImage(width: 64, height: 64, pixels: pixels)
        try DurableFile.write(try PNGEncoder.encode(odd), to: workspace.file("good/33.png"))
        _ = try calibrated("job", ["--local-workers", "2"])
        let table = workspace.file("suspects.csv")
        let listed = try run("padim", ["suspects", workspace.file("job"), "--limit", "5", "--csv", table])
        #expect(listed.status == 0, "\(listed.errors)")
        let rows = try String(contentsOfFile: table, encoding: .utf8).split(separator: "\n")
        #expect(rows.count == 6 && rows[1].hasPrefix("good/33.png,"))
        #expect(listed.output.split(separator: "\n")[0].hasSuffix("p 0.0167, lot 5  good/33.png"))
        // The page has a picture of each of the first ones, and says which image is not what it was.
        let page = { try String(contentsOfFile: workspace.file("job/suspects.html"), encoding: .utf8) }
        let shown = ["suspects", workspace.file("job"), "--report", "--weights", Workspace.weights, "--overlays", "3"]
        let written = try run("padim", shown)
        #expect(written.status == 0 && !written.output.contains("note:"), "\(written.errors)")
        #expect(try page().matches(of: /data:image\/png/).count == 3)
        #expect(
            try page().contains("good/33.png") && page().contains("<b>\(rows[1].split(separator: ",")[1].prefix(4))"))
        try DurableFile.write(
            try PNGEncoder.encode(RGBImage(width: 8, height: 8, pixels: [UInt8](repeating: 1, count: 192))),
            to: workspace.file("good/33.png"))
        let changed = try run("padim", shown)
        #expect(changed.status == 0 && changed.output.contains("1 images have no overlay"), "\(changed.errors)")
        #expect(try page().matches(of: /data:image\/png/).count == 2 && page().contains("content is another"))
        _ = try calibrated("plain", ["--calibrate", "none", "--local-workers", "1"])
        let none = try run("padim", ["suspects", workspace.file("plain")])
        #expect(none.status == 2 && none.errors.contains("has no calibration"), "\(none.errors)")
    }

    @Test func sumsKnowTheirImages() throws {
        _ = try calibrated("job", ["--calibrate", "none", "--local-workers", "2"])
        let file = try StatisticsFile(path: workspace.file("job/statistics.safetensors"))
        let digests = try (0..<60).map { number in
            try Data(contentsOf: URL(fileURLWithPath: workspace.file("good/\(number).png"))).withUnsafeBytes {
                ContentDigest(of: $0)
            }
        }
        #expect(try file.images() == ImageMultiset(digests))
    }
}
