import Foundation
import Gaussian
import Settings
import TestProcesses
import Testing

/// Recipes with real processes: what a fit was told, its model remembers, and inspections follow.
@Suite(.serialized) struct RecipeTests {
    let workspace: Workspace
    let list: String

    init() throws {
        workspace = try Workspace()
        list = try workspace.makeImages(20)
    }

    private func fit(_ job: String, _ more: [String]) throws -> (status: Int32, output: String, errors: String) {
        try run(
            "padim-coord",
            [
                "fit", "--images", list, "--backbone", "efficientnet_lite0", "--weights", Workspace.weights,
                "--features", "12", "--input-size", "64", "--job", workspace.file(job),
            ] + more)
    }

    private func scores(_ job: String, _ model: String, _ more: [String] = []) throws -> String {
        let result = try run(
            "padim-coord",
            [
                "inspect", "--images", list, "--model", workspace.file("\(model)/model.safetensors"), "--weights",
                Workspace.weights, "--maps", "none", "--job", workspace.file(job),
            ] + more)
        #expect(result.status == 0, "\(result.errors)")
        return try String(contentsOfFile: workspace.file("\(job)/results.csv"), encoding: .utf8)
    }

    @Test func theModelRemembersTheRecipe() throws {
        let named = try fit("named", ["--recipe", "anomalib"])
        #expect(named.status == 0, "\(named.errors)")
        let spelled = try fit(
            "spelled",
            [
                "--epsilon", "0.01001", "--resize-precision", "float", "--mean", "0.485,0.456,0.406", "--deviation",
                "imagenet", "--blur-border", "mirror", "--grid-exponent", "13",
            ])
        #expect(spelled.status == 0, "\(spelled.errors)")
        #expect(
            Workspace.modelDigest(named.output) != nil
                && Workspace.modelDigest(named.output) == Workspace.modelDigest(spelled.output))
        let model = try GaussianModel(path: workspace.file("named/model.safetensors"))
        #expect(model.blurBorder == .mirror && model.epsilon == 0.01001)
        #expect(
            model.space.input
                == InputSettings(height: 64, width: 64, resizePrecision: .float, normalization: .imageNet))
        // The model's border unless another is asked for.
        #expect(try scores("one", "named") == scores("two", "named", ["--blur-border", "mirror"]))
        #expect(try scores("one", "named") != scores("three", "named", ["--blur-border", "repeating-edge"]))
        // The sums lead to the same model where they are told the recipe.
        let again = try run(
            "padim",
            [
                "statistics", "model", workspace.file("named/statistics.safetensors"), "--recipe", "anomalib",
                "--output",
                workspace.file("again"),
            ])
        #expect(again.status == 0 && again.output.contains(Workspace.modelDigest(named.output) ?? "none"))
        let shown = try run("padim", ["statistics", "show", workspace.file("named/statistics.safetensors")])
        #expect(shown.output.contains("64x64, resized in floats, mean [0.485, 0.456, 0.406]"))
    }

    @Test func theUsualRecipeChangesNothing() throws {
        let bare = try fit("bare", [])
        let paper = try fit("paper", ["--recipe", "paper", "--mean", "backbone", "--deviation", "backbone"])
        #expect(bare.status == 0 && paper.status == 0, "\(paper.errors)")
        #expect(Workspace.modelDigest(bare.output) == Workspace.modelDigest(paper.output))
    }

    @Test(arguments: [
        (["--mean", "0.5,0.5,0.5"], "--mean and --deviation go together"),
        (["--mean", "0.5", "--deviation", "imagenet"], "--mean takes three numbers"),
        (["--mean", "imagenet", "--deviation", "1,1,0"], "deviation 0.0001 to 1000"),
        (["--mean", "backbone", "--deviation", "imagenet"], "--mean backbone goes with"),
        (["--recipe", "anomaly"], "anomalib"), (["--resize-precision", "half"], "float"),
    ])
    func wrongValuesAreExplained(options: [String], words: String) throws {
        let result = try fit("wrong", options)
        #expect(result.status == 2 && result.errors.contains(words), "\(result.errors)")
        #expect(!FileManager.default.fileExists(atPath: workspace.file("wrong/job.sqlite")))
    }
}
