import ArgumentParser
import Terminal

struct CoordinatorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "padim-coord",
        abstract:
            "Fits PaDiM on normal images and inspects others, with any number of workers. The same command continues a job that was stopped.",
        discussion: """
            Examples:
              padim-coord run --normal good/ --images new/ --backbone resnet18 --weights resnet18.pth --job jobs/a
              padim-coord fit --images good.txt --backbone efficientnet_lite0 --job jobs/fit --local-workers 4
              padim-coord inspect --images today.csv --model jobs/fit/model.safetensors --job jobs/today \\
                --bind tcp://10.0.0.1:5570 --keys ~/padim-keys

              padim-coord calibrate --model m.safetensors --statistics sums.safetensors --images good/ --job jobs/calibrated

            Exit status: 0 done; 1 the job failed or was stopped; 2 the command is wrong.
            """,
        version: Release.line(of: "padim-coord"),
        subcommands: [Fit.self, Inspect.self, Run.self, Calibrate.self, RelayCommand.self])
}
