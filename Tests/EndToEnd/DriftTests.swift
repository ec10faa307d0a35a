import Foundation
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
