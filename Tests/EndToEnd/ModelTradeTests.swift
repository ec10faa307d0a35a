import Foundation
import TestProcesses
import Testing

/// Models for other programs, and from them.
@Suite struct ModelTradeTests {
    let workspace: Workspace
    let model: String

    init() throws {
        workspace = try Workspace()
        let list = try workspace.makeImages(12)
        let fitted = try run(
            "padim-coord",
            [
                "fit", "--images", list, "--backbone", "efficientnet_lite0", "--weights", Workspace.weights,
                "--recipe", "anomalib", "--features", "10", "--input-size", "64", "--calibrate", "none", "--job",
                workspace.file("fit"),
            ])
        try #require(fitted.status == 0, "\(fitted.errors)")
        model = workspace.file("fit/model.safetensors")
    }

    private struct Line: Decodable { let score: Float }

    private func scores(_ model: String, _ weights: String) throws -> [Float] {
        let images = (0..<4).map { workspace.file("good/\($0).png") }
        let scored = try run("padim", ["score", model, "--weights", weights] + images)
        #expect(scored.status == 0, "\(scored.errors)")
        return try scored.output.split(separator: "\n").map {
            try JSONDecoder().decode(Line.self, from: Data($0.utf8)).score
        }
    }

    /// To anomalib and back: a model that scores as the first one does.
    @Test func aModelGoesToAnomalibAndBack() throws {
        let checkpoint = workspace.file("model.ckpt")
        let exported = try run(
            "padim",
            [
                "model", "export", model, "--to", "anomalib", "--weights", Workspace.weights, "--threshold", "3",
                "--output", checkpoint,
            ])
        #expect(exported.status == 0, "\(exported.errors)")
        #expect(exported.output.contains("wrote \(checkpoint)"))
        let back = workspace.file("back.safetensors")
        let imported = try run("padim", ["model", "import", checkpoint, "--images", "12", "--output", back])
        #expect(imported.status == 0, "\(imported.errors)")
        #expect(imported.output.contains("anomalib's threshold is "))
        let before = try scores(model, Workspace.weights)
        let after = try scores(back, workspace.file("back.weights.safetensors"))
        #expect(before.count == 4 && Set(before).count == 4)
        for (one, other) in zip(before, after) { #expect(abs(other / one - 1) < 1e-3, "\(before) \(after)") }
        // A model that has no sums behind it cannot be calibrated by them, and no rate gives a threshold.
        let asked = try run(
            "padim",
            [
                "score", back, "--weights", workspace.file("back.weights.safetensors"), "--false-alarm-rate", "1%",
                workspace.file("good/0.png"),
            ])
        #expect(asked.status == 2 && asked.errors.contains("calibrat"), "\(asked.status) \(asked.errors)")
    }

    @Test func aModelBecomesArrays() throws {
        let arrays = workspace.file("model.npz")
        let exported = try run("padim", ["model", "export", model, "--to", "npz", "--output", arrays])
        #expect(exported.status == 0 && exported.output.contains("wrote \(arrays)"), "\(exported.errors)")
        #expect(try Data(contentsOf: URL(fileURLWithPath: arrays)).starts(with: Data("PK".utf8)))
        // Not over what it reads, nor over the sums of a fit.
        for place in [model, workspace.file("fit/statistics.safetensors"), workspace.file("fit")] {
            let refused = try run("padim", ["model", "export", model, "--to", "npz", "--output", place])
            #expect(refused.status == 2 && refused.errors.contains(place), "\(refused.status) \(refused.errors)")
        }
    }

    @Test func whatIsNoCheckpointIsRefusedAndNothingWritten() throws {
        let output = workspace.file("none.safetensors")
        for file in [model, Workspace.weights, workspace.file("good/0.png"), workspace.file("missing.ckpt")] {
            let refused = try run("padim", ["model", "import", file, "--images", "12", "--output", output])
            #expect(refused.status != 0 && refused.errors.contains(file), "\(refused.status) \(refused.errors)")
        }
        let left = try FileManager.default.contentsOfDirectory(atPath: workspace.path)
        #expect(!left.contains { $0.hasPrefix("none.") }, "\(left)")
    }
}
