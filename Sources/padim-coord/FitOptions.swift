import ArgumentParser
import CoordinatorService
import Gaussian

struct FitOptions: ParsableArguments {
    @Option(help: "resnet18, wide_resnet50_2, efficientnet_lite0 or tf_efficientnet_b5.")
    var backbone: String

    @Option(help: "The backbone's weights: safetensors or a PyTorch state dict (default: the cache's).")
    var weights: String?

    @Option(help: "Layers to tap, separated by commas (default: the backbone's).")
    var layers: String?

    @Option(help: "Channels to keep of all taps' (default: the backbone's).")
    var features: Int?

    @Option(help: "Seed of the choice of channels.")
    var seed: UInt64 = 0

    @Option(help: "A file of the channels to keep, separated by white space, instead of a choice by seed.")
    var channels: String?

    @Option(help: "Added to the diagonal of each covariance.")
    var epsilon: Double = 0.01

    @Option(help: ArgumentHelp("The network's input: one side, or HEIGHTxWIDTH.", valueName: "pixels"))
    var inputSize = "224"

    @Option(help: ArgumentHelp("Bring the shorter side to this first; goes with --crop.", valueName: "pixels"))
    var resize: Int?

    @Option(help: ArgumentHelp("Cut so much from the middle.", valueName: "pixels"))
    var crop: Int?
    @Flag(
        help: """
            Decode large JPEGs at a half, a quarter or an eighth of their size. Several times faster for photographs of many \
            megapixels; pixels, and so scores, change a little. The model remembers it.
            """)
    var scaledJpeg = false

    @Option(
        help: ArgumentHelp(
            """
            The sample of 16-bit images that is white: 4095 for cameras of 12 bits, 1023 for 10. auto takes what the first image \
            says (TIFF's MaxSampleValue), else 65535. The model remembers it.
            """, valueName: "auto|N"))
    var whiteLevel = "auto"

    @Flag(
        help: """
            Take every image of the given folders for a normal one. Without it folders that hold others called test, defect, ng, \
            mask or the like are refused.
            """)
    var trustFolders = false

    @Option(name: .customLong("continue"), help: "A statistics file whose images are to count too.")
    var continueFrom: String?

    @Option(
        help: ArgumentHelp(
            """
            Features are rounded to steps of 2^-N and may reach 2^(19-N). Smaller for a network whose activations are larger. The \
            model remembers it.
            """, valueName: "N"))
    var gridExponent = FixedPointGrid.defaultExponent

    func request(images: [String], split: String?) throws -> FitRequest {
        let sides = inputSize.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
        guard sides.count <= 2, let height = sides[0], let width = sides.last ?? nil, height > 0, width > 0 else {
            throw ValidationError("--input-size takes a side as 224 or HEIGHTxWIDTH as 256x320, not '\(inputSize)'")
        }
        if channels != nil, features != nil {
            throw ValidationError("--channels and --features both choose channels: give one of them")
        }
        guard epsilon > 0, epsilon.isFinite else {
            throw ValidationError("--epsilon takes a number above 0, not \(epsilon)")
        }
        let white = Int(whiteLevel)
        guard whiteLevel == "auto" || white.map({ (1...65_535).contains($0) }) == true else {
            throw ValidationError("--white-level takes auto or a number from 1 to 65535, not '\(whiteLevel)'")
        }
        guard FixedPointGrid.exponentRange.contains(gridExponent) else {
            throw ValidationError(
                "--grid-exponent takes a whole number of -64 to 64, not \(gridExponent); 9 fits the backbones that are built in"
            )
        }
        return FitRequest(
            images: images, split: split, trustsFolders: trustFolders, backbone: backbone, weights: weights,
            layers: layers?.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }, features: features,
            seed: seed, channels: channels, epsilon: epsilon, inputHeight: height, inputWidth: width, resize: resize,
            crop: crop, scaledJPEG: scaledJpeg, whiteLevel: white, continueFrom: continueFrom,
            gridExponent: gridExponent)
    }
}
