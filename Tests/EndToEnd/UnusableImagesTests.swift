import Foundation
import Storage
import TestProcesses
import Testing

/// Images that cannot be read: what can be done without them is done, and the same command tries them, and no others, once more.
@Suite(.serialized) struct UnusableImagesTests {
    let workspace: Workspace
    /// Single ones of their shards of eight, and a whole shard.
    static let broken = [3, 8, 20, 21] + Array(24..<32)

    init() throws { workspace = try Workspace() }

    private var network: [String] {
        ["--backbone", "efficientnet_lite0", "--features", "12", "--input-size", "64", "--checkpoint-images", "16"]
    }

    private func coordinate(
        _ command: String, _ list: String, _ job: String, _ more: [String]
    ) throws -> (status: Int32, output: String, errors: String) {
        try run(
            "padim-coord",
            [
                command, "--images", list, "--weights", Workspace.weights, "--shard-size", "8", "--local-workers", "1",
                "--threads", "1", "--job", workspace.file(job),
            ] + more)
    }

    /// Cuts images short, as a full card does.
    private func cut(_ numbers: [Int], in folder: String) throws {
        for number in numbers where truncate(workspace.file("\(folder)/\(number).png"), 100) != 0 {
            throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO)
        }
    }

    private func results(_ job: String) throws -> [String: Digest] {
        var found: [String: Digest] = [:]
        for name in try FileManager.default.subpathsOfDirectory(atPath: workspace.file(job)) {
            guard name.hasSuffix(".png") || name == "results.csv" else { continue }
            found[name] = try Digest(ofFile: workspace.file(job) + "/" + name)
        }
        return found
    }

    @Test func anInspectionGoesOnToItsEndAndTriesThemAgain() throws {
        let fitted = try coordinate("fit", workspace.makeImages(16), "fit", network)
        try #require(fitted.status == 0, "\(fitted.errors)")
        let model = ["--model", workspace.file("fit/model.safetensors")]
        let list = try workspace.makeImages(40, named: "today", seed: 2)
        #expect(try coordinate("inspect", list, "calm", model).status == 0)
        let calm = try results("calm")

        try cut(Self.broken, in: "today")
        let first = try coordinate("inspect", list, "today-job", model)
        #expect(first.status == 1, "\(first.errors)")
        #expect(first.output.contains("inspected 28 images, 12 unusable"))
        #expect(first.errors.contains("12 of 40 images cannot be used, and --max-bad-images allows 0"))
        #expect(first.errors.contains("padim export \(workspace.file("today-job")) --unusable --csv FILE"))
        #expect(first.output.contains("today/31.png"))
        let part = try results("today-job")
        #expect(part.count == 28 + 1)
        #expect(FileManager.default.fileExists(atPath: workspace.file("today-job/report.html")))
        let listed = try run(
            "padim", ["export", workspace.file("today-job"), "--unusable", "--csv", workspace.file("bad.csv")])
        #expect(listed.status == 0 && listed.output.contains("12 rows"), "\(listed.errors)")
        let rows = try String(contentsOfFile: workspace.file("bad.csv"), encoding: .utf8).split(separator: "\n")
        #expect(rows.count == 1 + 12 && rows.dropFirst().allSatisfy { $0.contains(",unreadable,") })

        // Mended, and a few broken for good.
        _ = try workspace.makeImages(40, named: "today", seed: 2)
        try cut([20, 30], in: "today")
        let watch = try OpenWatch(workspace.file("today"))
        let second = try coordinate("inspect", list, "today-job", model)
        watch.stop()
        #expect(second.status == 1 && second.errors.contains("2 of 40 images cannot be used"), "\(second.errors)")
        #expect(second.errors.contains("12 images that could not be read are tried once more"))
        // The report opens an image once, for its picture. Who scores an image opens it as well.
        let stillBroken = [20, 30]
        let scored = Set(watch.openings.filter { $0.value > 1 }.keys)
        #expect(
            scored.subtracting(stillBroken.map { "\($0).png" })
                == Set(Self.broken.filter { !stillBroken.contains($0) }.map { "\($0).png" }))
        for image in stillBroken { #expect(watch.openings["\(image).png"] != nil) }
        for (name, digest) in part where name != "results.csv" { #expect(try results("today-job")[name] == digest) }

        _ = try workspace.makeImages(40, named: "today", seed: 2)
        let third = try coordinate("inspect", list, "today-job", model)
        #expect(third.status == 0, "\(third.errors)")
        #expect(try results("today-job") == calm)
        // Nothing is left to try.
        let fourth = try coordinate("inspect", list, "today-job", model)
        #expect(fourth.status == 0 && !fourth.errors.contains("tried once more"), "\(fourth.errors)")
    }

    @Test func whoWantsItEndsAtOnce() throws {
        let fitted = try coordinate("fit", workspace.makeImages(16), "fit", network)
        try #require(fitted.status == 0, "\(fitted.errors)")
        let list = try workspace.makeImages(64, named: "today", seed: 2)
        try cut([1], in: "today")
        let result = try coordinate(
            "inspect", list, "hasty", ["--model", workspace.file("fit/model.safetensors"), "--fail-fast"])
        #expect(result.status == 1 && result.errors.contains("--max-bad-images allows 0"), "\(result.errors)")
        #expect(result.output.contains("today/1.png"))
        #expect(!FileManager.default.fileExists(atPath: workspace.file("hasty/results.csv")))
    }

    /// A model of fewer images than it should have is none; what was folded stays.
    @Test func aFitFailsAndTriesThemAgain() throws {
        let list = try workspace.makeImages(40)
        // A calibration would open them all once more.
        let network = network + ["--calibrate", "none"]
        let clean = try coordinate("fit", list, "clean", network)
        try #require(clean.status == 0, "\(clean.errors)")
        try cut([20, 21, 35], in: "good")
        let first = try coordinate("fit", list, "fit", network)
        #expect(first.status == 1 && first.errors.contains("--max-bad-images allows 0"), "\(first.errors)")
        #expect(!FileManager.default.fileExists(atPath: workspace.file("fit/model.safetensors")))
        _ = try workspace.makeImages(40)
        let watch = try OpenWatch(workspace.file("good"))
        let second = try coordinate("fit", list, "fit", network)
        watch.stop()
        #expect(second.status == 0 && second.errors.contains("tried once more"), "\(second.errors)")
        // What the failed run had in its partials is not folded again; what it had in hand is.
        #expect(Set(["20.png", "21.png", "35.png"]).isSubset(of: watch.openings.keys))
        #expect(!watch.openings.keys.contains("0.png"))
        #expect(Workspace.modelDigest(second.output) == Workspace.modelDigest(clean.output))
    }
}
