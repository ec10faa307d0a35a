import ArgumentParser
import Settings

/// Which images of the lists a fit takes.
struct FitSelection: ParsableArguments {
    @Option(help: "Fit on the images of this split of the list (train, test, ...), or all (default: train).")
    var split: SplitSelection?

    @Option(
        help: ArgumentHelp(
            """
            Fit a model for each value of this column of the lists (product, camera, view), one after the other with the same workers, \
            each in a folder of its own in JOB/by. products.csv in the job's directory lists them (default: one model of all images).
            """, valueName: "column"))
    var by: String?

    @Option(
        help: ArgumentHelp(
            """
            Images that are no good parts: a list of them, or the table that `padim suspects --csv` writes. They are left out of the fit; of \
            a fit that has them already they are taken out, exactly, and the model is made again: the one of a fit without them. They stay \
            out when the command is given again.
            """, valueName: "file"), completion: .file())
    var exclude: String?

    @Flag(
        help: """
            Takes images out whose calibration scores stand out, as --exclude does: whose logarithm is more than 3.5 robust standard deviations \
            above the median. Calibrates again then, at most three times, and names them. Without this no image is taken out unasked.
            """)
    var trim = false
}

/// Which images of the lists a run takes, and how.
struct RunSelection: ParsableArguments {
    @Option(help: "Fit on the images of this split of the normal list (train, test, ...), or all (default: train).")
    var normalSplit: SplitSelection?

    @Flag(help: "With --augment, turn and move the inspected images as well, as inspect --augment model does.")
    var augmentInspected = false
}

/// Where models are, and what is done otherwise than they say.
struct ModelChoice: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            The column of the lists that names each image's model: a path, relative to the list, or, with --models, a product \
            (default, without --model: model). The images of each model are a job of their own in JOB/by; results.csv and report.html in the \
            job's directory are of all.
            """, valueName: "column"))
    var modelColumn: String?

    @Option(
        help: ArgumentHelp(
            """
            Where the products' models are: the directory of a `fit --by`, or a folder that has PRODUCT/model.safetensors.
            """, valueName: "directory"), completion: .directory)
    var models: String?

    @Option(
        help: "The file of weights that the model was fitted with (default: found in the cache by its digest).",
        completion: .file())
    var weights: String?

    @Option(
        help: """
            What the blur sees beyond a map's border: the map mirrored with its edge repeated (SciPy), or without (PyTorch) (default: \
            what the model was fitted with).
            """)
    var blurBorder: BlurBorder?

    @Option(
        help: """
            How a score is made of a map: max, or top:PCT for the mean of the highest PCT percent of pixels (default: what the model was \
            fitted with).
            """)
    var imageScore: ImageScore?
}
