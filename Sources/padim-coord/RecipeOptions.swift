import ArgumentParser
import Settings

/// What names a whole set of settings, and the settings that fits and inspections have in common.
struct RecipeOptions: ParsableArguments {
    @Option(
        help: """
            A set of settings by its name: paper (the method as its authors have it), or anomalib (the numbers of anomalib 2.7: input of \
            256 resized in floats, ImageNet's mean and deviation, epsilon 0.01001, blur mirrored; add its buffer idx as --channels), or lean \
            (all channels of the layers on the coarsest one's patches, covariances drawn towards their mean, the mean of the highest percent of \
            pixels as score: an eighth of the size). Options beside it take the place of its settings. The model remembers them.
            """)
    var recipe = Recipe.paper

    @Option(
        help: """
            What the blur sees beyond a map's border: the map mirrored with its edge repeated (SciPy), or without (PyTorch) (default: \
            the recipe's; paper has repeating-edge, anomalib mirror). The model remembers it.
            """)
    var blurBorder: BlurBorder?

    @Option(
        help: """
            How a score is made of a map: max, or top:PCT for the mean of the highest PCT percent of pixels (default: the recipe's; paper \
            and anomalib have max, lean top:1). The model remembers it.
            """)
    var imageScore: ImageScore?
}

extension ImageScore: ExpressibleByArgument {}

extension BlurBorder: ExpressibleByArgument {
    private static let names: KeyValuePairs = ["repeating-edge": BlurBorder.repeatingEdge, "mirror": .mirror]

    public static var allValueStrings: [String] { names.map(\.key) }

    public init?(argument: String) {
        guard let border = Self.names.first(where: { $0.key == argument })?.value else { return nil }
        self = border
    }
}
