import ArgumentParser
import JobPlanning
import Settings

/// Options by which an image of a fit gives several inputs of the network.
struct FitViewOptions: ParsableArguments {
    @Option(
        help: """
            How images without --crop get the input's proportions: stretch changes theirs; pad keeps them, and fills the input up with \
            padding, which does not count. The model remembers it.
            """)
    var fit = ImageFit.stretch

    @Option(
        help: ArgumentHelp(
            """
            Turn and move the images of the fit at random, for parts that do not always lie the same way: rotate:DEGREES, resize:N and \
            crop:N, in this order, separated by commas, as rotate:10,resize:256,crop:224. The crop is taken at a random place. What is drawn \
            follows from the seed and each image's content. The model remembers it.
            """, valueName: "steps"))
    var augment: String?

    @Option(help: ArgumentHelp("With --augment, the seed of what is drawn (default: 0).", valueName: "number"))
    var augmentSeed: Int?

    @Option(
        help: ArgumentHelp(
            "With --augment, how many copies of each image are drawn, 1 to \(Augmentation.mostCopies) (default: 1).",
            valueName: "number"))
    var augmentCopies: Int?

    @Option(
        help: ArgumentHelp(
            """
            Cut images into square tiles of this side, each of which becomes an input of the network; for images that are larger than the \
            input and show a texture. All tiles share one set of Gaussians. Maps are put together again. As --tile 512.
            """, valueName: "pixels"))
    var tile: Int?

    @Option(
        help: ArgumentHelp(
            "With --tile, how far neighbouring tiles overlap at least (default: an eighth of the tile).",
            valueName: "pixels"))
    var overlap: Int?

    @Option(
        help: """
            With --tile: shared, or own, with which each tile's place has Gaussians of its own; for large images of parts that always lie \
            the same way. All images then have the size of the first one.
            """)
    var tilePositions = TilePositions.shared

    enum TilePositions: String, CaseIterable, ExpressibleByArgument { case shared, own }

    /// - Throws: `ValidationError`.
    func apply(to input: inout InputSettings) throws {
        input.fit = fit
        try applyAugmentation(to: &input)
        guard let tile else {
            if overlap != nil || tilePositions == .own {
                throw ValidationError("--overlap and --tile-positions go with --tile")
            }
            return
        }
        input.tiling = Tiling(side: tile, overlap: overlap ?? Tiling.usualOverlap(side: tile))
    }

    private func applyAugmentation(to input: inout InputSettings) throws {
        guard let augment else {
            if augmentSeed != nil || augmentCopies != nil {
                throw ValidationError("--augment-seed and --augment-copies go with --augment")
            }
            return
        }
        let steps = try Self.steps(augment)
        guard input.resize == nil || input.resize == steps.resize, input.crop == nil || input.crop == steps.crop else {
            throw ValidationError("--resize and --crop are other ones than --augment has: leave them out")
        }
        guard steps.resize == nil || steps.crop != nil else {
            throw ValidationError("--augment \(augment): a resize needs a crop, as resize:256,crop:224")
        }
        (input.resize, input.crop) = (steps.resize, steps.crop)
        input.augmentation = Augmentation(
            rotation: steps.rotate ?? 0, cropsRandomly: steps.crop != nil, seed: augmentSeed ?? 0,
            copies: augmentCopies ?? 1)
    }

    /// - Throws: `ValidationError`.
    static func steps(_ text: String) throws -> AugmentationSteps {
        guard let steps = AugmentationSteps(text) else {
            throw ValidationError(
                "--augment takes rotate:DEGREES (up to 180), resize:N and crop:N, in this order, with commas between them, not '\(text)'"
            )
        }
        return steps
    }
}

extension ImageFit: ExpressibleByArgument {}

/// Options by which an inspection turns and moves its images.
struct InspectionAugmentOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            Turn and move each image at random before it is scored, as a test of a model for parts that do not always lie the same way: \
            'model' for what the model was fitted with, or steps as of fit --augment. Maps are of the image as it lies; what the turned \
            image does not show is 0 in them.
            """, valueName: "model|steps"))
    var augment: String?

    @Option(
        help: ArgumentHelp(
            "With --augment, the seed of what is drawn (default: 0, or the model's).", valueName: "number"))
    var augmentSeed: Int?

    /// Nil: images are scored as they are.
    var choice: AugmentationChoice? {
        get throws {
            guard let augment else {
                if augmentSeed != nil { throw ValidationError("--augment-seed goes with --augment") }
                return nil
            }
            if augment == "model" { return .ofModel(seed: augmentSeed) }
            return .steps(try FitViewOptions.steps(augment), seed: augmentSeed ?? 0)
        }
    }
}
