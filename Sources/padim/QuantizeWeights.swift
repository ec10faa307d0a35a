import ArgumentParser
import Backbone
import Checkpoints
import Foundation
import Storage
import Terminal

extension Weights {
    struct Quantize: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes the integers of eight bits that a backbone computes in with --precision int8.",
            discussion: """
                The file that is written is one of weights as any other: give it where weights are asked for. It depends on the weights alone, not on images, and
                everybody who has the same weights gets the same file. The table says what is lost of each layer, on pictures made for this: the
                ratio of the features' power to that of their change, in decibels; 20 are a tenth of a feature's size.

                Example:
                  padim weights quantize efficientnet_lite0.pth efficientnet_lite0.int8.safetensors
                """)

        @Argument(help: "safetensors, or a PyTorch state dict, with weights as they were trained.", completion: .file())
        var file: String

        @Argument(help: "The safetensors file to write.", completion: .file())
        var output: String

        func run() throws {
            try requirePlace(for: output, .tensors, reading: [file])
            let checkpoint = try readingCommand { try Checkpoint.open(file) }
            guard let fit = Backbone.fits(checkpoint).first(where: { !$0.usableLayers.isEmpty }) else {
                throw ValidationError("\(file) fits no backbone: see padim weights show \(file)")
            }
            let quantization = try Quantization(
                checkpoint, digest: checkpoint.digest, of: Backbone.named(fit.backbone))
            try quantization.write(to: output)
            Output.printLine("\(fit.backbone) in \(output), SHA-256 \(try Digest(ofFile: output))")
            Columns.write(
                [["layer", "signal to noise"]]
                    + (try quantization.signalToNoise()).map { [$0.layer, String(format: "%.1f dB", $0.decibels)] })
        }
    }
}
