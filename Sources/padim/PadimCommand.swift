import ArgumentParser
import Terminal

struct PadimCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "padim",
        abstract: "Looks at what padim-coord's jobs made, and prepares what they need.",
        discussion: """
            Examples:
              padim manifest mvtec/bottle --output bottle.csv
              padim evaluate jobs/today --truth today.csv
              padim score jobs/fit/model.safetensors today/1.png
              padim flag jobs/today --threshold 17.5 --overlays flagged
              padim statistics add site-a/statistics.safetensors site-b/statistics.safetensors --output both.safetensors
              padim model build both.safetensors --output model.safetensors
              padim drift --model model.safetensors --statistics today/statistics.safetensors

            Exit status: 0 done; 1 it failed; 2 the command is wrong; 3 drift found.
            """,
        version: Release.line(of: "padim"),
        subcommands: [
            Evaluate.self, WriteReport.self, Export.self, FlagImages.self, ScoreImages.self, Prune.self, Doctor.self,
            ShowSuspects.self,
            MakeManifest.self, Weights.self, StatisticsCommand.self, ModelCommand.self, DriftCommand.self, Keys.self,
        ])
}
