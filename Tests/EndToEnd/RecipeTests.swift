import Foundation
import Gaussian
import Imaging
import Journal
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
                "--features", "12", "--input-size", "64", "--calibrate", "none", "--job", workspace.file(job),
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
        #expect(model.settings == ModelSettings(epsilon: 0.01001, blurBorder: .mirror))
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

    /// The recipe's settings are options, its model is one whoever worked, and sums alone lead to it.
    @Test func leanIsItsSettings() throws {
        let named = try fit("named", ["--recipe", "lean"])
        #expect(named.status == 0, "\(named.errors)")
        let digest = try #require(Workspace.modelDigest(named.output))
        let spelled = try fit(
            "spelled",
            [
                "--patch-grid", "coarsest", "--shrinkage", "pooled:30", "--image-score", "top:1", "--layers",
                "blocks.2,blocks.4,blocks.6", "--local-workers", "3", "--threads", "1", "--shard-size", "3",
            ])
        #expect(Workspace.modelDigest(spelled.output) == digest, "\(spelled.errors)")
        let model = try GaussianModel(path: workspace.file("named/model.safetensors"))
        #expect(model.settings == Recipe.lean.model)
        #expect(model.space.patchGrid == .coarsest && model.space.gridHeight == 4)
        // Inspections follow the model's rule unless told otherwise.
        let usual = try scores("one", "named")
        #expect(try scores("two", "named", ["--image-score", "top:1"]) == usual)
        #expect(try scores("three", "named", ["--image-score", "max"]) != usual)
        let sums = workspace.file("named/statistics.safetensors")
        for command in [["model", "build"], ["statistics", "model"]] {
            let again = try run("padim", command + [sums, "--output", workspace.file("again")])
            #expect(again.status == 0 && again.output.contains(digest), "\(again.errors)")
        }
        let shown = try run("padim", ["model", "show", workspace.file("named/model.safetensors")])
        #expect(shown.output.contains("pooled:30") && shown.output.contains("4x4, of the coarsest layer"))
        // The same command goes on with its job, another rule is another job.
        #expect(try fit("named", ["--recipe", "lean"]).status == 0)
        let other = try fit("named", ["--recipe", "lean", "--shrinkage", "none"])
        #expect(other.status == 2 && other.errors.contains("shrinkage is pooled:30.0 there"), "\(other.errors)")
    }

    /// A job that fits and inspects says its rule once, as jobs of earlier releases did: those go on.
    @Test func aJobOfBothHasOneRule() throws {
        let result = try run(
            "padim-coord",
            [
                "run", "--normal", list, "--images", list, "--backbone", "efficientnet_lite0", "--weights",
                Workspace.weights, "--features", "12", "--input-size", "64", "--maps", "none", "--image-score", "top:2",
                "--blur-border", "mirror", "--job", workspace.file("both"),
            ])
        #expect(result.status == 0, "\(result.errors)")
        let settings = try Journal.read(JobDirectory(workspace.file("both"))).job.settings
        #expect(settings["image-score"] == "top:2.0" && settings["blur-border"] == "mirror")
        #expect(!settings.keys.contains { $0.hasPrefix("model-") })
        #expect(
            try GaussianModel(path: workspace.file("both/model.safetensors")).settings
                == ModelSettings(epsilon: 0.01, blurBorder: .mirror, imageScore: .top(percent: 2)))
    }

    /// What follows from sums needs no image, and what does not is refused.
    @Test func aModelOfSomeChannelsIsThatOfAFitWithThem() throws {
        let channels = try workspace.makeList("channels.txt", ["3 7 30 100"])
        func fit(_ job: String, _ more: [String]) throws -> String? {
            let result = try run(
                "padim-coord",
                [
                    "fit", "--images", list, "--backbone", "efficientnet_lite0", "--weights", Workspace.weights,
                    "--recipe", "lean", "--input-size", "64", "--calibrate", "none", "--job", workspace.file(job),
                ] + more)
            return Workspace.modelDigest(result.output)
        }
        #expect(try fit("all", []) != nil)
        let sums = workspace.file("all/statistics.safetensors")
        func build(_ more: [String]) throws -> (status: Int32, output: String, errors: String) {
            try run("padim", ["model", "build", sums, "--output", workspace.file("model")] + more)
        }
        let few = try #require(try fit("few", ["--channels", channels, "--shrinkage", "pooled:5"]))
        let some = try #require(
            try fit("some", ["--features", "9", "--seed", "3", "--image-score", "max", "--epsilon", "0.1"]))
        #expect(try build(["--channels", channels, "--shrinkage", "pooled:5"]).output.contains(few))
        #expect(
            try build(["--features", "9", "--seed", "3", "--image-score", "max", "--epsilon", "0.1"]).output.contains(
                some))
        let lacking = try run(
            "padim",
            [
                "model", "build", workspace.file("few/statistics.safetensors"), "--features", "all", "--output",
                workspace.file("none"),
            ])
        #expect(lacking.status == 2 && lacking.errors.contains("only a fit of the images"), "\(lacking.errors)")
        for (options, words) in [
            (["--recipe", "paper"], "another grid needs the images"), (["--shrinkage", "some"], "pooled:V"),
            (["--features", "9", "--channels", channels], "one of them"), (["--features", "145"], "1 to 144"),
        ] {
            let result = try build(options)
            #expect(result.status == 2 && result.errors.contains(words), "\(result.errors)")
        }
        #expect(!FileManager.default.fileExists(atPath: workspace.file("none")))
    }

    /// Centred maps differ from the others by one number each, and scores by nothing.
    @Test func centredMapsAreWritten() throws {
        #expect(try fit("fit", ["--recipe", "lean"]).status == 0)
        func inspect(_ job: String, _ more: [String]) throws -> (results: String, map: [Float]) {
            let result = try run(
                "padim-coord",
                [
                    "inspect", "--images", list, "--model", workspace.file("fit/model.safetensors"), "--weights",
                    Workspace.weights, "--maps", "npy", "--job", workspace.file(job),
                ] + more)
            #expect(result.status == 0, "\(result.errors)")
            let map = try MapFormat.decode(file: workspace.file("\(job)/maps/good/7.npy")).map.values
            return (try String(contentsOfFile: workspace.file("\(job)/results.csv"), encoding: .utf8), map)
        }
        let (usual, centred) = (try inspect("usual", []), try inspect("centred", ["--center-maps"]))
        #expect(usual.results == centred.results)
        let shifts = zip(usual.map, centred.map).map { $0 - $1 }
        let level = try #require(shifts.max())
        #expect(level > 0 && shifts.allSatisfy { abs($0 - level) < 1e-4 * level })
        #expect(centred.map.contains { $0 < 0 })
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
        (["--recipe", "anomaly"], "anomalib"), (["--shrinkage", "pooled:0"], "pooled:V"),
        (["--patch-grid", "fine"], "coarsest"), (["--resize-precision", "half"], "float"),
    ])
    func wrongValuesAreExplained(options: [String], words: String) throws {
        let result = try fit("wrong", options)
        #expect(result.status == 2 && result.errors.contains(words), "\(result.errors)")
        #expect(!FileManager.default.fileExists(atPath: workspace.file("wrong/job.sqlite")))
    }
}
