import ArgumentParser
import Foundation
import Gaussian
import JobPlanning
import PaDiM
import Settings

struct FitOptions: ParsableArguments {

    @OptionGroup(title: HelpSection.usual) var usual: BackboneOption
    @OptionGroup(title: HelpSection.images) var reading: ReadingOptions
    @OptionGroup(title: HelpSection.images) var views: FitViewOptions
    @OptionGroup(title: HelpSection.model) var network: NetworkOptions
    @OptionGroup(title: HelpSection.thresholds) var calibration: CalibrationOptions
    @OptionGroup(title: HelpSection.workers) var audit: AuditOption

    func request(images: [String], split: SplitSelection?, _ options: RecipeOptions) throws -> FitRequest {
        let recipe = options.recipe
        if network.channels != nil, network.features != nil {
            throw ValidationError("--channels and --features both choose channels: give one of them")
        }
        var model = recipe.model
        model.epsilon = network.epsilon ?? model.epsilon
        guard model.epsilon > 0, model.epsilon.isFinite else {
            throw ValidationError("--epsilon takes a number above 0, not \(model.epsilon)")
        }
        model.shrinkage = network.shrinkage ?? model.shrinkage
        model.blurBorder = options.blurBorder ?? model.blurBorder
        model.imageScore = options.imageScore ?? model.imageScore
        let white = Int(reading.whiteLevel)
        guard reading.whiteLevel == "auto" || white.map({ (1...InputSettings.fullWhite).contains($0) }) == true else {
            throw ValidationError("--white-level takes auto or a number from 1 to 65535, not '\(reading.whiteLevel)'")
        }
        let gridExponent = network.gridExponent ?? recipe.gridExponent
        guard FixedPointGrid.exponentRange.contains(gridExponent) else {
            throw ValidationError(
                "--grid-exponent takes a whole number of -64 to 64, not \(gridExponent); 9 fits the backbones that are built in"
            )
        }
        var input = try input(recipe)
        input.whiteLevel = white ?? InputSettings.fullWhite
        let embedding = EmbeddingOptions(
            backbone: usual.backbone, recipe: recipe,
            layers: network.layers?.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) },
            patchGrid: network.patchGrid ?? recipe.patchGrid, features: network.features, seed: network.seed,
            input: input,
            gridExponent: gridExponent)
        var request = FitRequest(
            images: images, split: split, trustsFolders: reading.trustFolders, weights: network.weights,
            embedding: embedding,
            channels: network.channels, findsWhiteLevel: white == nil, model: model,
            continueFrom: reading.continueFrom, calibration: try calibration.settings())
        request.precision = network.precision
        request.tilesHavePositions = views.tilePositions == .own
        return request
    }

    private func input(_ recipe: Recipe) throws -> InputSettings {
        var input = recipe.input
        if let inputSize = network.inputSize {
            let sides = inputSize.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
            guard sides.count <= 2, let height = sides[0], let width = sides.last ?? nil, height > 0, width > 0 else {
                throw ValidationError("--input-size takes a side as 224 or HEIGHTxWIDTH as 256x320, not '\(inputSize)'")
            }
            (input.height, input.width) = (height, width)
        }
        (input.resize, input.crop, input.scaledJPEG) = (network.resize, network.crop, reading.scaledJpeg)
        input.orientation = reading.orientation
        if let resizePrecision = network.resizePrecision { input.resizePrecision = resizePrecision }
        switch (network.mean, network.deviation) {
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
extension Precision: ExpressibleByArgument {}
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
