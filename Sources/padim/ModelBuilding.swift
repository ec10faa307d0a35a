import ArgumentParser
import Compute
import Foundation
import Gaussian
import Imaging
import PaDiM
import Settings
import Storage
import Terminal

/// What both names of the command that makes a model of sums take, and what it does.
struct ModelBuilding: ParsableArguments {
    @Argument(help: "The file of statistics.", completion: .file())
    var file: String

    @Option(name: .shortAndLong, help: "The model to write.", completion: .file())
    var output: String

    @Option(
        help: """
            The recipe that the images were fitted by: paper, anomalib or lean. It gives epsilon, shrinkage, how maps are blurred and images \
            scored; the rest is in the sums (default: lean for sums on the coarsest layer's patches, else paper).
            """)
    var recipe: Recipe?

    @Option(help: "Added to the diagonal of each covariance (default: the recipe's).")
    var epsilon: Double?

    @Option(
        help: ArgumentHelp(
            """
            none: each patch has the covariance of its own. pooled:V: the mean of all patches' covariances counts as V images beside \
            (default: the recipe's).
            """, valueName: "none|pooled:V"))
    var shrinkage: Shrinkage?

    @Option(
        help:
            "How inspections score images: max, or top:PCT for the mean of the highest PCT percent of pixels (default: the recipe's)."
    )
    var imageScore: ImageScore?

    @Option(
        help: ArgumentHelp(
            """
            How many channels of the layers to keep, chosen by --seed as a fit chooses them, or all. The sums must have them (default: all \
            that the sums have).
            """, valueName: "N|all"))
    var features: FeatureCount?

    @Option(help: "The seed by which channels are chosen.")
    var seed: UInt64 = 0

    @Option(
        help: "A file with the channels to keep, counted from 0 through all layers and separated by white space.",
        completion: .file())
    var channels: String?

    @Option(
        help: ArgumentHelp(
            "A mask of the images' size: only pixels where it is not black count in inspections by the model.",
            valueName: "mask"), completion: .file())
    var roi: String?

    @Option(
        help: ArgumentHelp("The same of a mask that is white where pixels do not count.", valueName: "mask"),
        completion: .file())
    var ignore: String?

    func check() throws {
        if roi != nil, ignore != nil {
            throw ValidationError("--roi and --ignore both say what counts: give one of them")
        }
        if let epsilon, !(epsilon > 0 && epsilon.isFinite) {
            throw ValidationError("--epsilon takes a number above 0")
        }
        if channels != nil, features != nil {
            throw ValidationError("--channels and --features both choose channels: give one of them")
        }
    }

    func run() throws {
        try requirePlace(for: output, .tensors, reading: [file])
        let (statistics, kept) = try readingCommand {
            let statistics = try StatisticsFile(path: file)
            let kept = try keptChannels(of: statistics.header.space)
            // What the sums lack is the command's fault.
            if let kept { _ = try statistics.header.space.keeping(kept) }
            return (statistics, kept)
        }
        if let warning = try statistics.images()?.warningOfRepeated {
            Logs.logger("padim", verbose: false).warning("\(warning)")
        }
        let digest = try ModelBuilder.build(
            from: statistics, try settings(for: statistics.header.space), channels: kept, to: output,
            crew: ThreadCrew(threads: ProcessInfo.processInfo.activeProcessorCount))
        Output.printLine("\(output) \(digest)")
    }

    private func settings(for space: FeatureSpace) throws -> ModelSettings {
        let recipe = recipe ?? (space.patchGrid == .coarsest ? .lean : .paper)
        guard recipe.patchGrid == space.patchGrid else {
            throw WrongCommand(
                """
                the recipe \(recipe.rawValue) is for the patches of the \(recipe.patchGrid.rawValue) layer, and the sums in \(file) are of \
                those of the \(space.patchGrid.rawValue) one: another grid needs the images, so fit again with padim-coord fit --recipe \
                \(recipe.rawValue); --epsilon, --shrinkage and --image-score change a model of these sums
                """)
        }
        var settings = recipe.model
        settings.epsilon = epsilon ?? settings.epsilon
        settings.shrinkage = shrinkage ?? settings.shrinkage
        settings.imageScore = imageScore ?? settings.imageScore
        if let mask = roi ?? ignore {
            let region = try RegionOfInterest(reading: .file(mask), isIgnored: ignore != nil)
            try Preprocessing(space.input).requireSeen(region)
            settings.region = region
        }
        return settings
    }

    /// Nil: all that the sums have.
    private func keptChannels(of space: FeatureSpace) throws -> [Int]? {
        if let channels { return try ChannelSelection.read(channels) }
        guard let features else { return nil }
        guard let layers = space.grid.layers else {
            throw WrongCommand(
                "\(file) does not say how many channels its layers have, as sums of releases before 0.2: give --channels"
            )
        }
        return try ChannelSelection.chosen(features, of: layers.channels.reduce(0, +), seed: seed)
    }
}

extension Recipe: ExpressibleByArgument {}
extension Shrinkage: ExpressibleByArgument {}
extension FeatureCount: ExpressibleByArgument {}
extension ImageScore: ExpressibleByArgument {}
