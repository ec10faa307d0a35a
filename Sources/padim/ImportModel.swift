import ArgumentParser
import Compute
import Foundation
import ModelImport
import Storage
import Terminal

/// Takes a model of another program.
struct ImportModel: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Makes a model of a checkpoint of anomalib's PaDiM, without fitting again.",
        discussion: """
            The backbone's weights go into a file of their own, which inspections need: OUTPUT without its ending, and .weights.safetensors. Scores are \
            within 1e-3 of anomalib's.

            Such a model has no sums: images cannot be added to it or taken out, it cannot be merged, and it has no calibration, so that no false-alarm \
            rate gives a threshold. The checkpoint's own threshold is printed.

            A checkpoint that refers to Python objects, as those of anomalib before 2.7 do, is refused. In Python, \
            torch.save({"state_dict": model.state_dict()}, "plain.ckpt") makes one that is read, with --backbone, --layers and --input-size.

            Examples:
              padim model import model.ckpt --images 209 --output model.safetensors
              padim model import plain.ckpt --images 209 --backbone resnet18 --layers layer1,layer2,layer3 --input-size 256 --output model.safetensors
            """)

    @Argument(help: "The checkpoint.", completion: .file())
    var file: String

    @Option(help: "The model to write.", completion: .file())
    var output: String

    @Option(
        help: """
            How many images it was fitted on, which a checkpoint does not say. Colours of overlays and warnings follow from it; scores do not.
            """)
    var images: Int64

    @Option(help: "The file of weights to write.", completion: .file())
    var weightsOutput: String?

    @Option(help: "The backbone, as anomalib calls it, where the checkpoint does not say.")
    var backbone: String?

    @Option(help: "The layers, as anomalib calls them, separated by commas, where the checkpoint does not say.")
    var layers: String?

    @Option(
        help: """
            The side of the network's input, where the checkpoint does not say how images are prepared: resized to it, with ImageNet's mean and \
            deviation.
            """)
    var inputSize: Int?

    func validate() throws {
        guard images >= 2 else { throw ValidationError("--images takes a number from 2 on") }
        if let inputSize, !(1...16_384).contains(inputSize) {
            throw ValidationError("--input-size takes a number from 1 to 16384")
        }
    }

    func run() throws {
        let weights = weightsOutput ?? (output as NSString).deletingPathExtension + ".weights.safetensors"
        guard weights != output else { throw WrongCommand("\(output) cannot be both the model and its weights") }
        for place in [output, weights] { try requirePlace(for: place, .tensors, reading: [file]) }
        let checkpoint = try readingCommand {
            try AnomalibCheckpoint(
                path: file,
                .init(
                    backbone: backbone,
                    layers: layers?.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) },
                    inputSize: inputSize))
        }
        let crew = ThreadCrew(threads: 1)
        let digest = try AnomalibImport(checkpoint, images: images).write(to: output, weights: weights, crew: crew)
        Output.printLine("wrote \(output) \(digest.hex)")
        Output.printLine("wrote \(weights)")
        Output.printLine(
            "it has no sums and no calibration: images cannot be added or taken out, and no false-alarm rate gives a threshold"
        )
        if let threshold = checkpoint.threshold {
            Output.printLine(
                "anomalib's threshold is \(threshold): padim-coord inspect --model \(output) --weights \(weights) --threshold \(threshold.nextUp)"
            )
        }
    }
}
