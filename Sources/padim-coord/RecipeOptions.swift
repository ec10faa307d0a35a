import ArgumentParser
import Settings

/// What names a whole set of settings, and the one setting that fits and inspections have in common.
struct RecipeOptions: ParsableArguments {
    @Option(
        help: """
            A set of settings by its name: paper (the method as its authors have it), or anomalib (the numbers of anomalib 2.7: input of \
            256 resized in floats, ImageNet's mean and deviation, epsilon 0.01001, blur mirrored; add its buffer idx as --channels). \
            Options beside it take the place of its settings. The model remembers them.
            """)
    var recipe = Recipe.paper

    @Option(
        help: """
            What the blur sees beyond a map's border: the map mirrored with its edge repeated (SciPy), or without (PyTorch) (default: \
            the recipe's; paper has repeating-edge, anomalib mirror). The model remembers it.
            """)
    var blurBorder: BlurBorder?
}

extension BlurBorder: ExpressibleByArgument {
    private static let names: KeyValuePairs = ["repeating-edge": BlurBorder.repeatingEdge, "mirror": .mirror]

    public static var allValueStrings: [String] { names.map(\.key) }

    public init?(argument: String) {
        guard let border = Self.names.first(where: { $0.key == argument })?.value else { return nil }
        self = border
    }
}
