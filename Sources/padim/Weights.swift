import ArgumentParser
import Backbone
import Checkpoints
import Compute
import Terminal

struct Weights: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Looks at files of weights.",
        discussion: """
            Examples:
              padim weights show resnet18.pth --plan
              padim weights convert resnet18.pth resnet18.safetensors
            """, subcommands: [Show.self, Convert.self, Quantize.self])

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists a file's tensors and says which backbone they fit, and what is missing.",
            discussion: """
                Examples:
                  padim weights show resnet18.pth
                  padim weights show resnet18.pth --plan
                """)

        @Argument(help: "safetensors, or a PyTorch state dict.", completion: .file())
        var file: String

        @Flag(help: "Instead of the tensors, list the steps that the engine takes on this machine, and time them.")
        var plan = false

        @Option(help: "Rounds that the plan's steps are timed for; the shortest time counts.")
        var rounds = 15

        @Option(help: "The plan's instruction set: auto, or one that this machine has.")
        var instructionSet = InstructionSetOption.auto

        @Option(help: ArgumentHelp("The plan's input, one side.", valueName: "pixels"))
        var inputSize = 224

        func run() throws {
            let checkpoint = try readingCommand { try Checkpoint.open(file) }
            let fits = Backbone.fits(checkpoint)
            Output.printLine(
                "\(file): \(checkpoint.format), \(checkpoint.names.count) tensors, SHA-256 \(checkpoint.digest)")
            if plan { return try showPlan(checkpoint, fits) }
            Columns.write(
                checkpoint.names.compactMap { name in
                    checkpoint.tensors[name].map { [name, $0.type.rawValue, "\($0.shape)"] }
                })
            for fit in fits { show(fit) }
            if fits.isEmpty { Output.printLine("no backbone has tensors of these names") }
        }

        private func show(_ fit: BackboneFit) {
            let verdict = fit.isUsable ? "fits" : "does not fit"
            Output.printLine(
                "\(verdict) \(fit.backbone) (\(fit.naming) names): \(fit.found) of \(fit.expected) tensors")
            if !fit.usableLayers.isEmpty { Output.printLine("  layers: \(fit.usableLayers.joined(separator: ", "))") }
            // Of a backbone that it is not, a few words do.
            for problem in fit.problems.prefix(fit.isUsable ? 5 : 10) { Output.printLine("  \(problem)") }
            let more = fit.problems.count - (fit.isUsable ? 5 : 10)
            if more > 0 { Output.printLine("  and \(more) more") }
        }

        private func showPlan(_ checkpoint: Checkpoint, _ fits: [BackboneFit]) throws {
            guard let fit = fits.first(where: \.isUsable) else {
                throw ValidationError("\(file) fits no backbone: see `padim weights show` without --plan")
            }
            let backbone = try Backbone.named(fit.backbone)
            let layers = backbone.defaultLayers
            let engine = try Engine(
                backbone: backbone, weights: BackboneWeights(checkpoint, for: backbone, upTo: layers), layers: layers,
                inputHeight: inputSize, inputWidth: inputSize, instructionSet: instructionSet.onThisMachine())
            Output.printLine(
                "\(backbone.name) to \(layers.joined(separator: ", ")), \(engine.instructionSet.rawValue), one thread, "
                    + "groups of \(engine.groupSize)")
            PlanTable(steps: try engine.profile(rounds: rounds)).write()
        }
    }

    struct Convert: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Writes a file's tensors as safetensors.",
            discussion: """
                Example:
                  padim weights convert resnet18.pth resnet18.safetensors
                """)

        @Argument(help: "safetensors, or a PyTorch state dict.", completion: .file())
        var file: String

        @Argument(help: "The safetensors file to write.", completion: .file())
        var output: String

        func run() throws {
            try requirePlace(for: output, .tensors, reading: [file])
            let checkpoint = try readingCommand { try Checkpoint.open(file) }
            try checkpoint.convert(to: output)
            Output.printLine(
                "\(checkpoint.names.count) tensors in \(output), SHA-256 \(try Checkpoint.open(output).digest)")
        }
    }
}
