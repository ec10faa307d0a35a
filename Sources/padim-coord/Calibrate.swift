import ArgumentParser
import JobPlanning
import Settings

struct Calibrate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Calibrates a model that is there, on normal images.",
        discussion: """
            For models that came from added or subtracted sums, from `padim model build`, from `fit --continue` or --calibrate none. Images that \
            are in the model's sums, which is known by their contents, are scored by the model without each of them; others are scored by the \
            model as it is. Writes model.safetensors, the same model with its calibration, into the job's directory. Where the images are those \
            of the fit, it is the model that the fit would have made with a calibration; but where a lot has more than 200 images, no lot is left out.

            Example:
              padim-coord calibrate --model both.safetensors --statistics both-sums.safetensors --images site-a/ --images site-b/ --job jobs/both
            """)

    @OptionGroup(title: HelpSection.usual) var source: CalibrateSource
    @OptionGroup(title: HelpSection.images) var selection: CalibrateSelection
    @OptionGroup(title: HelpSection.model) var network: WeightsOption
    @OptionGroup(title: HelpSection.thresholds) var calibration: CalibrationOptions
    @OptionGroup(title: HelpSection.workers) var audit: AuditOption
    @OptionGroup var job: JobOptions

    func run() async throws {
        guard let settings = try calibration.settings() else {
            throw ValidationError("--calibrate none leaves nothing to do: give a number of images")
        }
        var cluster = try job.options()
        try audit.apply(to: &cluster)
        try await perform(
            JobRequest(
                directory: job.place.job,
                calibrate: CalibrateRequest(
                    images: source.images, split: selection.split, trustsFolders: selection.trustFolders,
                    model: source.model, statistics: source.statistics,
                    weights: network.weights, calibration: settings),
                cluster: cluster),
            job)
    }
}

/// What is calibrated, and on what.
struct CalibrateSource: ParsableArguments {
    @Option(
        name: .customLong("images"),
        help:
            "Normal images: a folder, an archive, a text list, a CSV list or JSON lines, also as s3:// or https:// address. May be given more than once.",
        completion: .file())
    var images: [String]

    @Option(help: "The model.", completion: .file())
    var model: String

    @Option(help: "The sums that the model was made of; they know which images they have.", completion: .file())
    var statistics: String
}

/// Which images of the lists.
struct CalibrateSelection: ParsableArguments {
    @Option(help: "Calibrate on the images of this split of the list (train, test, ...), or all (default: train).")
    var split: SplitSelection?

    @Flag(
        help: """
            Use every image of the given folders as a normal one. Without this, folders are refused that have folders in them called \
            test, defect, ng, mask or the like.
            """)
    var trustFolders = false
}

/// The model's weights.
struct WeightsOption: ParsableArguments {
    @Option(
        help: "The file of weights that the model was fitted with (default: found in the cache by its digest).",
        completion: .file())
    var weights: String?
}
