import Foundation
import Gaussian
import Imaging
import Journal
import Settings
import Storage
import TestProcesses
import Testing

/// From a false-alarm rate to flagged images, with real processes.
@Suite(.serialized) struct FalseAlarmTests {
    static let rate = ["--false-alarm-rate", "10%"]
    static let size = ["--features", "20", "--input-size", "96", "--shard-size", "8"]
    let workspace: Workspace
    let normal: String
    let today: String

    init() throws {
        workspace = try Workspace()
        normal = try workspace.makeImages(60)
        _ = try workspace.makeImages(40, named: "today", seed: 2)
        // Five that are unlike all others.
        for number in 0..<5 {
            let flat = RGBImage(
                width: 64, height: 64, pixels: [UInt8](repeating: UInt8(50 * number), count: 3 * 64 * 64))
            try DurableFile.write(PNGEncoder.encode(flat), to: workspace.file("today/flat-\(number).png"))
        }
        today = try workspace.makeList(
            "today.txt", (0..<40).map { "today/\($0).png" } + (0..<5).map { "today/flat-\($0).png" })
    }

    /// - Returns: the model's path.
    private func fit(_ job: String = "fit", _ more: [String] = []) throws -> String {
        let result = try run(
            "padim-coord",
            [
                "fit", "--images", normal, "--backbone", "efficientnet_lite0", "--weights", Workspace.weights, "--job",
                workspace.file(job),
            ] + Self.size + more)
        try #require(result.status == 0, "\(result.errors)")
        return workspace.file("\(job)/model.safetensors")
    }

    private func inspect(_ job: String, _ model: String, _ more: [String]) -> [String] {
        [
            "inspect", "--images", today, "--model", model, "--weights", Workspace.weights, "--job",
            workspace.file(job), "--shard-size", "8",
        ] + more
    }

    private func table(_ job: String) throws -> [[String]] {
        try String(contentsOfFile: workspace.file("\(job)/results.csv"), encoding: .utf8).split(separator: "\n")
            .dropFirst().map { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
    }

    private func digest(_ job: String) throws -> Digest { try Digest(ofFile: workspace.file("\(job)/results.csv")) }

    /// A finished job is flagged as one that knew the rate from its start, and a stopped one goes on with its threshold.
    @Test func oneTableHoweverTheRateIsGiven() throws {
        let model = try fit()
        let byImage = Self.rate + ["--calibration", "image"]
        let atOnce = try run("padim-coord", inspect("rated", model, byImage))
        #expect(
            atOnce.status == 0 && atOnce.errors.contains("at most 10% will be flagged on average"), "\(atOnce.errors)")
        // The rank is ceil(61 * 0.9) = 55.
        let scores = try #require(GaussianModel(path: model).calibration?.scores(.max)?.sorted())
        let threshold = scores[54].nextUp
        let rows = try table("rated")
        for row in rows {
            let score = try #require(Float(row[2]))
            #expect(row[5] == (score >= threshold ? "1" : "0") && Float(row[10]) == threshold)
            #expect(Double(row[11]) == Double(1 + scores.count { $0 >= score }) / 61)
        }
        let flagged = rows.count { $0[5] == "1" }
        #expect(rows.count == 45 && flagged >= 5 && flagged < 45)
        let overlays = FileManager.default.subpaths(atPath: workspace.file("rated/overlays")) ?? []
        #expect(overlays.count { $0.hasSuffix(".png") } == flagged)
        let report = try String(contentsOfFile: workspace.file("rated/report.html"), encoding: .utf8)
        #expect(report.contains("at most 10% will be flagged on average") && report.contains("threshold \(threshold)"))

        let plain = try run("padim-coord", inspect("plain", model, []))
        #expect(plain.status == 0, "\(plain.errors)")
        let later = try run("padim", ["flag", workspace.file("plain")] + byImage)
        #expect(later.status == 0, "\(later.errors)")
        #expect(later.output.contains("\(flagged) of 45 images flagged at \(threshold)"))
        #expect(later.output.contains("at most 10% will be flagged on average"))
        #expect(try digest("plain") == digest("rated"))

        let arguments = inspect("killed", model, byImage + ["--local-workers", "1", "--threads", "1"])
        let first = try RunningProgram("padim-coord", arguments)
        #expect(first.waitUntil { $0.contains("at most 10% will be flagged") })
        kill(first.id, SIGKILL)
        _ = first.wait()
        let second = try run("padim-coord", arguments)
        #expect(second.status == 0, "\(second.errors)")
        #expect(try digest("killed") == digest("rated"))
        // The same command keeps what was flagged since.
        let other = try run("padim", ["flag", workspace.file("killed"), "--threshold", "1000"])
        #expect(other.status == 0 && other.output.contains("0 of 45 images"), "\(other.errors)")
        #expect(try run("padim-coord", arguments).status == 0)
        #expect(try table("killed").allSatisfy { $0[5] == "0" && $0[10] == "1000.0" })
    }

    /// A job that fits its model has the threshold that its model gives to others.
    @Test func aJobThatFitsFindsItTooForTheLargerOfBoth() throws {
        let whole = try run(
            "padim-coord",
            [
                "run", "--normal", normal, "--images", today, "--backbone", "efficientnet_lite0", "--weights",
                Workspace.weights, "--job", workspace.file("whole"),
            ] + Self.size + Self.rate)
        #expect(whole.status == 0, "\(whole.errors)")
        let model = workspace.file("whole/model.safetensors")
        let calibration = try #require(GaussianModel(path: model).calibration)
        let larger = try [false, true].map { byLot in
            try #require(calibration.scores(.max, byLot: byLot)).sorted()[54].nextUp
        }.max()
        #expect(try Journal.read(JobDirectory(workspace.file("whole"))).value(.threshold) == larger)
        #expect(whole.errors.contains("not taken"))
        let apart = try run("padim-coord", inspect("apart", model, Self.rate))
        #expect(apart.status == 0, "\(apart.errors)")
        #expect(try digest("apart") == digest("whole"))
    }

    /// Only flagged images have maps; table, report, flags and pruning go on without the others.
    @Test func mapsOfFlaggedImagesAreKept() throws {
        let model = try fit()
        let some = try run("padim-coord", inspect("some", model, Self.rate + ["--maps", "flagged:npy"]))
        #expect(some.status == 0, "\(some.errors)")
        let all = try run("padim-coord", inspect("all", model, Self.rate + ["--maps", "npy"]))
        #expect(all.status == 0, "\(all.errors)")
        func maps(_ job: String) -> [String] {
            let found = FileManager.default.subpaths(atPath: workspace.file("\(job)/maps")) ?? []
            return found.filter { $0.hasSuffix(".npy") }.sorted().map { "maps/" + $0 }
        }
        let rows = try table("some")
        #expect(rows.allSatisfy { $0[6].isEmpty == ($0[5] == "0") })
        #expect(try rows.map { $0.prefix(6) } == table("all").map { $0.prefix(6) })
        #expect(maps("some") == rows.map { $0[6] }.filter { !$0.isEmpty }.sorted() && !maps("some").isEmpty)
        #expect(maps("all").count == 45)
        for map in maps("some") {
            #expect(try Digest(ofFile: workspace.file("some/" + map)) == Digest(ofFile: workspace.file("all/" + map)))
        }
        let lower = try run(
            "padim",
            ["flag", workspace.file("some"), "--false-alarm-rate", "40%", "--overlays", "flagged", "--regions"])
        #expect(lower.status == 0 && lower.output.contains("have no map"), "\(lower.errors) \(lower.output)")
        let pruned = try run("padim", ["prune", workspace.file("some"), "--maps"])
        #expect(pruned.status == 0 && pruned.output.contains("removed 0 maps"), "\(pruned.errors) \(pruned.output)")
        let legend = try String(contentsOfFile: workspace.file("some/legend.svg"), encoding: .utf8)
        #expect(legend.contains(">threshold "))

        let refused = try run("padim-coord", inspect("none", model, ["--maps", "flagged"]))
        #expect(refused.status == 2 && refused.errors.contains("--false-alarm-rate"), "\(refused.errors)")
    }

    @Test func whatGivesNoThresholdIsRefused() throws {
        func refusal(_ arguments: [String], _ words: String, from program: String = "padim-coord") throws {
            let result = try run(program, arguments)
            #expect(result.status == 2 && result.errors.contains(words), "\(result.status) \(result.errors)")
        }
        let (model, plain) = (try fit(), try fit("uncalibrated", ["--calibrate", "none"]))
        try refusal(inspect("a", plain, Self.rate), "\(plain) is not calibrated")
        try refusal(inspect("a", model, Self.rate + ["--threshold", "5"]), "give one of them")
        try refusal(inspect("a", model, Self.rate + ["--blur-border", "mirror"]), "blur border")
        try refusal(inspect("a", model, Self.rate + ["--image-score", "top:2"]), "max and top:1")
        try refusal(inspect("a", model, ["--confidence", "90%"]), "go with --false-alarm-rate")
        try refusal(inspect("a", model, ["--false-alarm-rate", "0"]), "is no false-alarm rate")
        try refusal(inspect("a", model, ["--false-alarm-rate", "1%", "--confidence", "90%"]), "3.77% at best")
        #expect(!FileManager.default.fileExists(atPath: workspace.file("a")))
        let whole = [
            "run", "--normal", normal, "--images", today, "--backbone", "efficientnet_lite0", "--weights",
            Workspace.weights, "--job", workspace.file("b"),
        ]
        try refusal(whole + Self.rate + ["--calibrate", "none"], "--calibrate none")
        try refusal(whole + Self.rate + ["--lots", "none", "--calibration", "lot"], "knows no lots")
        let inspected = try run("padim-coord", inspect("c", plain, ["--maps", "none"]))
        #expect(inspected.status == 0, "\(inspected.errors)")
        #expect(try table("c").allSatisfy { $0[11].isEmpty })
        try refusal(["flag", workspace.file("c")] + Self.rate, "no scores of normal images", from: "padim")
        try refusal(
            ["flag", workspace.file("c")] + Self.rate + ["--threshold", "1"], "--threshold, or", from: "padim")
    }
}
