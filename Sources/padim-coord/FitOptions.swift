import ArgumentParser
import Foundation
import Gaussian
import JobPlanning
import PaDiM
import Settings

struct FitOptions: ParsableArguments {
    @Option(help: "resnet18, wide_resnet50_2, efficientnet_lite0 or tf_efficientnet_b5.")
    var backbone: String

    @Option(help: "The backbone's weights: safetensors or a PyTorch state dict (default: the cache's).")
    var weights: String?

    @Option(help: "Layers whose outputs are used, separated by commas (default: the backbone's for the recipe).")
    var layers: String?

    @Option(
        help: """
            The layer whose pixels are the patches: finest (the first layer; others are repeated) or coarsest (others are averaged) \
            (default: the recipe's; paper and anomalib have finest, lean coarsest). The model remembers it.
            """)
    var patchGrid: PatchGrid?

    @Option(
        help: ArgumentHelp(
            "How many channels of these layers to keep, or all (default: the backbone's; with lean mostly all).",
            valueName: "N|all"))
    var features: FeatureCount?

    @Option(help: "The seed by which channels are chosen.")
    var seed: UInt64 = 0

    @Option(
        help:
            "A file with the channels to keep, counted from 0 and separated by white space, instead of a choice by seed."
    )
    var channels: String?

    @Option(
        help:
            "Added to the diagonal of each covariance (default: the recipe's; paper and lean have 0.01, anomalib 0.01001)."
    )
    var epsilon: Double?

    @Option(
        help: ArgumentHelp(
            """
            none: each patch has the covariance of its own. pooled:V: the mean of all patches' covariances counts as V images beside \
            (default: the recipe's; paper and anomalib have none, lean pooled:30).
            """, valueName: "none|pooled:V"))
    var shrinkage: Shrinkage?

    @Option(
        help: ArgumentHelp(
            """
            The network's input: one side, or HEIGHTxWIDTH (default: the recipe's; paper has 224, anomalib 256).
            """, valueName: "pixels"))
    var inputSize: String?

    @Option(
        help: ArgumentHelp(
            "Resize the image's shorter side to this before the crop; needs --crop.", valueName: "pixels"))
    var resize: Int?

    @Option(help: ArgumentHelp("The side of the square that is cut from the image's middle.", valueName: "pixels"))
    var crop: Int?

    @Option(
        help: """
            byte: a resize rounds to 8 bits, twice, as Pillow does. float: it rounds nowhere, as torchvision and anomalib resize \
            tensors (default: the recipe's; paper has byte, anomalib float). The model remembers it.
            """)
    var resizePrecision: ResizePrecision?

    @Option(
        help: ArgumentHelp(
            """
            Subtracted from red, green and blue, where white is 1: three numbers as 0.485,0.456,0.406, or 'imagenet' for these, or \
            'backbone' for what the backbone was trained with (default: the recipe's; paper has backbone, anomalib imagenet). Goes \
            with --deviation. The model remembers both.
            """, valueName: "R,G,B"))
    var mean: String?

    @Option(
        help: ArgumentHelp(
            "What they are then divided by, in the same units: as 0.229,0.224,0.225, or a word as for --mean.",
            valueName: "R,G,B"))
    var deviation: String?

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

    @Option(
        help: """
            exif: images are turned as their files say (EXIF in JPEG, PNG and WebP, TIFF's own tag), and all places are in the turned \
            image. ignore: pixels stay as they are stored. The model remembers it.
            """)
    var orientation = OrientationRule.ignore

    @Flag(
        help: """
            Use every image of the given folders as a normal one. Without this, folders are refused that have folders in them called \
            test, defect, ng, mask or the like.
            """)
    var trustFolders = false

    @Option(name: .customLong("continue"), help: "A file of sums to which the job's images are added.")
    var continueFrom: String?

    @Option(
        help: ArgumentHelp(
            """
            Features are rounded to steps of 2^-N and may reach 2^(19-N). Smaller for a network whose activations are larger \
            (default: the recipe's; paper has 9, anomalib 13). The model remembers it.
            """, valueName: "N"))
    var gridExponent: Int?

    @OptionGroup var views: FitViewOptions

    @OptionGroup var calibration: CalibrationOptions

    func request(images: [String], split: SplitSelection?, _ options: RecipeOptions) throws -> FitRequest {
        let recipe = options.recipe
        if channels != nil, features != nil {
            throw ValidationError("--channels and --features both choose channels: give one of them")
        }
        var model = recipe.model
        model.epsilon = epsilon ?? model.epsilon
        guard model.epsilon > 0, model.epsilon.isFinite else {
            throw ValidationError("--epsilon takes a number above 0, not \(model.epsilon)")
        }
        model.shrinkage = shrinkage ?? model.shrinkage
        model.blurBorder = options.blurBorder ?? model.blurBorder
        model.imageScore = options.imageScore ?? model.imageScore
        let white = Int(whiteLevel)
        guard whiteLevel == "auto" || white.map({ (1...InputSettings.fullWhite).contains($0) }) == true else {
            throw ValidationError("--white-level takes auto or a number from 1 to 65535, not '\(whiteLevel)'")
        }
        let gridExponent = gridExponent ?? recipe.gridExponent
        guard FixedPointGrid.exponentRange.contains(gridExponent) else {
            throw ValidationError(
                "--grid-exponent takes a whole number of -64 to 64, not \(gridExponent); 9 fits the backbones that are built in"
            )
        }
        var input = try input(recipe)
        input.whiteLevel = white ?? InputSettings.fullWhite
        let embedding = EmbeddingOptions(
            backbone: backbone, recipe: recipe,
            layers: layers?.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) },
            patchGrid: patchGrid ?? recipe.patchGrid, features: features, seed: seed, input: input,
            gridExponent: gridExponent)
        var request = FitRequest(
            images: images, split: split, trustsFolders: trustFolders, weights: weights, embedding: embedding,
            channels: channels, findsWhiteLevel: white == nil, model: model,
            continueFrom: continueFrom, calibration: try calibration.settings())
        request.tilesHavePositions = views.tilePositions == .own
        return request
    }

    private func input(_ recipe: Recipe) throws -> InputSettings {
        var input = recipe.input
        if let inputSize {
            let sides = inputSize.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
            guard sides.count <= 2, let height = sides[0], let width = sides.last ?? nil, height > 0, width > 0 else {
                throw ValidationError("--input-size takes a side as 224 or HEIGHTxWIDTH as 256x320, not '\(inputSize)'")
            }
            (input.height, input.width) = (height, width)
        }
        (input.resize, input.crop, input.scaledJPEG) = (resize, crop, scaledJpeg)
        input.orientation = orientation
        if let resizePrecision { input.resizePrecision = resizePrecision }
        switch (mean, deviation) {
        case (nil, nil): break
        case (let mean?, let deviation?):
            input.normalization = try NormalizationWords(mean: mean, deviation: deviation).normalization
        default: throw ValidationError("--mean and --deviation go together: give both")
        }
        try views.apply(to: &input)
        if let fault = input.fault { throw ValidationError(fault) }
        return input
    }
}

/// What is said on the command line about mean and deviation.
private struct NormalizationWords {
    let mean: String
    let deviation: String

    /// Nil: the backbone's own.
    var normalization: PixelNormalization? {
        get throws {
            if mean == "backbone" || deviation == "backbone" {
                guard mean == deviation else {
                    throw ValidationError("--mean backbone goes with --deviation backbone")
                }
                return nil
            }
            let imageNet = PixelNormalization.imageNet
            let normalization = PixelNormalization(
                mean: mean == "imagenet" ? imageNet.mean : try Self.numbers(mean, "--mean"),
                deviation: deviation == "imagenet" ? imageNet.deviation : try Self.numbers(deviation, "--deviation"))
            return normalization
        }
    }

    private static func numbers(_ text: String, _ option: String) throws -> [Double] {
        let numbers = text.split(separator: ",", omittingEmptySubsequences: false).map {
            Double($0.trimmingCharacters(in: .whitespaces))
        }
        guard numbers.count == 3, !numbers.contains(nil) else {
            throw ValidationError(
                "\(option) takes three numbers with commas between them, 'imagenet' or 'backbone', not '\(text)'")
        }
        return numbers.compactMap { $0 }
    }
}

extension ResizePrecision: ExpressibleByArgument {}
extension OrientationRule: ExpressibleByArgument {}
extension Recipe: ExpressibleByArgument {}
extension PatchGrid: ExpressibleByArgument {}
extension FeatureCount: ExpressibleByArgument {}
extension Shrinkage: ExpressibleByArgument {}
extension LotChoice: ExpressibleByArgument {
    public init?(argument: String) {
        guard let choice = Self.named.first(where: { $0.word == argument }) else { return nil }
        self = choice
    }

    public static var allValueStrings: [String] { named.map(\.word) }
}
