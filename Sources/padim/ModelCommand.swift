import ArgumentParser
import Gaussian
import Settings
import Terminal

struct ModelCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "model", abstract: "Makes models of exact sums, and says what a model is.",
        discussion: """
            Examples:
              padim model build jobs/fit/statistics.safetensors --output jobs/fit/model-60.safetensors --features 60
              padim model show jobs/fit/model.safetensors
            """,
        subcommands: [Build.self, Show.self])

    struct Build: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes a model of a file of statistics, as `padim-coord fit` does at its end, without any image.",
            discussion: """
                The channels may be some of those that the sums have, and epsilon, shrinkage and the rules for inspections any: the model has \\
                the same bytes as one that was fitted so. Another patch grid, other layers, or channels that the sums lack need the images: \\
                then fit again.

                Examples:
                  padim model build both.safetensors --output both-model.safetensors
                  padim model build fit/statistics.safetensors --output model.safetensors --shrinkage pooled:30
                """)

        @OptionGroup var building: ModelBuilding

        func validate() throws { try building.check() }

        func run() throws { try building.run() }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Says what a model is, and checks its content.",
            discussion: """
                Example:
                  padim model show jobs/fit/model.safetensors
                """)

        @Argument(help: "The file.")
        var file: String

        func run() throws {
            let model = try readingCommand { try GaussianModel(path: file) }
            let settings = model.settings
            Columns.write(
                [
                    ["images", "\(model.count)"], ["epsilon", "\(settings.epsilon)"],
                    ["shrinkage", settings.shrinkage.description],
                    ["blur border", settings.blurBorder == .mirror ? "mirror" : "repeating-edge"],
                    ["image score", settings.imageScore.description],
                ] + model.space.lines)
        }
    }
}
