import Foundation
import Journal
import Storage
import TestProcesses
import Testing

/// `padim drift` and `padim model show`, on what a fit leaves.
@Suite(.serialized) struct DriftTests {
    let workspace: Workspace

    init() throws { workspace = try Workspace() }

    private func fit(_ job: String, images: Int, seed: UInt64, _ more: [String] = []) throws {
        let list = try workspace.makeImages(images, named: job + "-images", seed: seed)
        let result = try run(
            "padim-coord",
            [
                "fit", "--images", list, "--backbone", "efficientnet_lite0", "--weights", Workspace.weights,
                "--features", "12", "--input-size", "64", "--shard-size", "8", "--local-workers", "1", "--job",
                workspace.file(job),
            ] + more)
        #expect(result.status == 0, "\(result.errors)")
    }

    private func drift(_ model: String, _ batch: String, _ more: [String] = []) throws -> (
        status: Int32, output: String, errors: String
    ) {
        try run(
            "padim",
            [
                "drift", "--model", workspace.file(model + "/model.safetensors"), "--statistics",
                workspace.file(batch + "/statistics.safetensors"),
            ] + more)
    }

    /// `inspect --drift`: what it finds is what `padim drift` finds in the sums of the same images, whatever the workers do.
    @Test func anInspectionComparesWhatItDoesNotFlag() throws {
        try fit("fit", images: 60, seed: 1)
        let today = try workspace.makeImages(70, named: "today", seed: 2)
        func inspect(_ job: String, _ more: [String]) -> [String] {
            [
                "inspect", "--images", today, "--model", workspace.file("fit/model.safetensors"), "--weights",
                Workspace.weights, "--maps", "none", "--overlays", "none", "--shard-size", "8", "--job",
                workspace.file(job),
            ] + more
        }
        func found(_ job: String) throws -> String {
            try String(contentsOfFile: workspace.file(job + "/drift.json"), encoding: .utf8)
        }
        let options = ["--false-alarm-rate", "30%", "--drift", "--drift-images", "32"]
        let calm = try run("padim-coord", inspect("calm", options + ["--local-workers", "1"]))
        #expect(calm.status == 0 && calm.errors.contains("drift of 32 images that are not flagged"), "\(calm.errors)")
        let report = try String(contentsOfFile: workspace.file("calm/report.html"), encoding: .utf8)
        #expect(report.contains("drift of 32 images") && report.contains("\"drift\":{\"limit\":"))
        let many = try run(
            "padim-coord", inspect("many", options + ["--local-workers", "3", "--threads", "1", "--shard-size", "3"]))
        #expect(many.status == 0, "\(many.errors)")
        #expect(try found("many") == found("calm"))

        // The sample is of images that are not flagged; their sums say the same.
        let journal = try Journal.read(JobDirectory(workspace.file("calm")))
        var (sample, flagged) = ([String](), Set<String>())
        try journal.forEachImage(.inspect) { if $0.flagged == true { flagged.insert($0.record.path) } }
        try journal.forEachImage(.drift) { sample.append($0.record.path) }
        #expect(sample.count == 32 && !flagged.isEmpty && flagged.isDisjoint(with: sample))
        let list = try workspace.makeList("sample.txt", sample)
        let batch = try run(
            "padim-coord",
            [
                "fit", "--images", list, "--backbone", "efficientnet_lite0", "--weights", Workspace.weights,
                "--features", "12", "--input-size", "64", "--calibrate", "none", "--job", workspace.file("batch"),
            ])
        #expect(batch.status == 0, "\(batch.errors)")
        let verdict = try drift("fit", "batch", ["--json", "--map", workspace.file("map.npy")])
        #expect(verdict.output == (try found("calm")))
        #expect(
            try Digest(ofFile: workspace.file("map.npy")) == Digest(ofFile: workspace.file("calm/drift.npy")))

        // Killed while it folds, and asked once more; then asked again when all is done and its partials are gone.
        let arguments = inspect("killed", options + ["--local-workers", "1", "--threads", "1"])
        let first = try RunningProgram("padim-coord", arguments)
        #expect(first.waitUntil { $0.contains("ready for stage 2") })
        kill(first.id, SIGKILL)
        _ = first.wait()
        let second = try run("padim-coord", arguments)
        #expect(second.status == 0, "\(second.errors)")
        #expect(try found("killed") == found("calm"))
        #expect(try run("padim", ["prune", workspace.file("killed")]).status == 0)
        let third = try run("padim-coord", arguments)
        #expect(third.status == 0 && !third.errors.contains("folded again"), "\(third.errors)")
        #expect(try found("killed") == found("calm"))

        let few = try run("padim-coord", inspect("few", ["--threshold", "0", "--drift", "--local-workers", "1"]))
        #expect(few.status == 0 && few.errors.contains("no answer whether there is drift"), "\(few.errors)")
        #expect(try found("few").contains("obstacle"))
        func refusal(_ arguments: [String], _ words: String) throws {
            let result = try run("padim-coord", arguments)
            #expect(result.status == 2 && result.errors.contains(words), "\(result.status) \(result.errors)")
        }
        try refusal(inspect("no", ["--drift"]), "--drift needs a --threshold")
        try refusal(inspect("no", ["--threshold", "1", "--drift-images", "50"]), "goes with --drift")
        try refusal(inspect("no", options + ["--drift-images", "5"]), "a number from 20")
        try refusal(
            inspect("no", options.dropLast(2) + ["--model", workspace.file("batch/model.safetensors")]), "calibrated")
    }

    @Test func theExitStatusSaysWhatWasFound() throws {
        try fit("fit", images: 60, seed: 1)
        try fit("batch", images: 24, seed: 2, ["--calibrate", "none"])
        let alike = try drift("fit", "batch", ["--limit", "1000000"])
        #expect(alike.status == 0 && alike.output.contains("\nno drift: ") && alike.errors.isEmpty, "\(alike)")
        let map = workspace.file("map.npy")
        let found = try drift("fit", "batch", ["--limit", "0.000001", "--map", map])
        #expect(found.status == 3 && found.output.contains("\ndrift: ") && found.errors.isEmpty, "\(found)")
        #expect(try Data(contentsOf: URL(fileURLWithPath: map)).count == 128 + 16 * 16 * 4)
        let numbers = try drift("fit", "batch", ["--json"])
        #expect(numbers.output.contains("\"isDrift\"") && numbers.output.contains("\"inBatch\""))
        #expect(try drift("fit", "fit").output.contains("note: 60 images of the batch are images of the model"))
        // What cannot be compared is the command's fault.
        let uncalibrated = try drift("batch", "fit")
        #expect(uncalibrated.status == 2 && uncalibrated.errors.contains("no calibration"), "\(uncalibrated)")
        #expect(try drift("fit", "batch", ["--map", "map.png"]).status == 2)
        try fit("few", images: 12, seed: 3, ["--calibrate", "none"])
        #expect(try drift("fit", "few").errors.contains("too few"))

        let shown = try run("padim", ["model", "show", workspace.file("fit/model.safetensors")])
        #expect(shown.status == 0 && shown.output.contains("calibration of 60 images:"), "\(shown)")
        #expect(shown.output.contains("5% false alarms: threshold "))
        let json = try run("padim", ["model", "show", "--json", workspace.file("batch/model.safetensors")])
        let object = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any]
        #expect(object?["images"] as? Int == 24 && object?["spectrum"] != nil && object?["calibration"] == nil)
    }
}
