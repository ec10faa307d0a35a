import ArgumentParser
import JobPlanning
import Settings

struct Fit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Fits a model on normal images.",
        discussion: """
            Writes model.safetensors and statistics.safetensors into the job's directory. The model is the same, bit for bit, \
            whatever the workers, their number and what happens to them.

            Examples:
              padim-coord fit --images good/ --backbone efficientnet_lite0 --job jobs/fit --local-workers 2
              padim-coord fit --images bottle.csv --backbone resnet18 --job jobs/bottle    # its rows of split 'train'
              padim-coord fit --images good/ --backbone efficientnet_lite0 --recipe lean --job jobs/lean
              padim-coord fit --images good.csv --by camera --backbone efficientnet_lite0 --job jobs/cameras
              padim-coord fit --images good/ --backbone efficientnet_lite0 --job jobs/fit --exclude wrong.csv
              padim-coord fit --images sheets/ --tile 512 --backbone efficientnet_lite0 --job jobs/sheets
              padim-coord fit --images good/ --augment rotate:10,resize:256,crop:224 --augment-copies 4 \\
                --backbone efficientnet_lite0 --job jobs/turned
              padim-coord fit --images good/ --backbone resnet18 --recipe anomalib --channels idx.txt --job jobs/anomalib
            """)

    @Option(
        name: .customLong("images"),
        help:
            "Normal images: a folder, an archive, a text list, a CSV list or JSON lines, also as s3:// or https:// address. May be given more than once."
    )
    var images: [String]

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
            """, valueName: "file"))
    var exclude: String?

    @Flag(
        help: """
            Takes images out whose calibration scores stand out, as --exclude does: whose logarithm is more than 3.5 robust standard deviations \
            above the median. Calibrates again then, at most three times, and names them. Without this no image is taken out unasked.
            """)
    var trim = false

    @OptionGroup var recipe: RecipeOptions
    @OptionGroup var fit: FitOptions
    @OptionGroup var region: RegionOptions
    @OptionGroup var job: JobOptions

    func run() async throws {
        if by != nil, fit.continueFrom != nil {
            throw ValidationError("--continue is for the sums of one model: leave it out, or leave out --by")
        }
        if by != nil, exclude != nil {
            throw ValidationError("--exclude takes images out of one model: leave out --by")
        }
        var request = try fit.request(images: images, split: split, recipe)
        (request.exclude, request.isTrimmed) = (exclude, trim)
        request.region = region.request
        try await perform(
            JobRequest(
                directory: job.job, fit: request, inspect: nil,
                cluster: try job.options(), products: by.map { ProductsRequest(column: $0) }),
            job)
    }
}

struct Inspect: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Scores images with a model and writes their anomaly maps.",
        discussion: """
            Examples:
              padim-coord inspect --images today/ --model jobs/fit/model.safetensors --job jobs/today --overlays flagged \\
                --threshold 30
              padim-coord inspect --images today/ --model jobs/fit/model.safetensors --job jobs/today-rate --false-alarm-rate 1%
              padim-coord inspect --images s3://line-3/today/ --model jobs/fit/model.safetensors --job jobs/bucket --artifacts s3://results/today/
              padim-coord inspect --images today.csv --model-column camera --models jobs/cameras --job jobs/today-cameras
              padim-coord inspect --images camera/ --model jobs/fit/model.safetensors --threshold 30 --job jobs/line --only-new --watch 10
            """)

    @Option(
        help:
            "Images to inspect: a folder, an archive, a text list, a CSV list or JSON lines, also as s3:// or https:// address. May be given more than once."
    )
    var images: [String]

    @Option(help: "The model, as `fit` wrote it, for all images.")
    var model: String?

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
            """, valueName: "directory"))
    var models: String?

    @Option(help: "The file of weights that the model was fitted with (default: found in the cache by its digest).")
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

    @OptionGroup var region: RegionOptions
    @OptionGroup var growth: GrowthArguments
    @OptionGroup var augmentation: InspectionAugmentOptions
    @OptionGroup var inspect: InspectOptions
    @OptionGroup var job: JobOptions

    func run() async throws {
        var request = try inspect.request(
            images: images, model: model, weights: weights, blurBorder: blurBorder, imageScore: imageScore)
        request.growth = try growth.options()
        request.region = region.request
        if request.growth != nil {
            if model == nil { throw ValidationError("--only-new is for the images of one model: give --model") }
            if inspect.drift {
                throw ValidationError("--drift compares a batch that is complete: leave out --only-new")
            }
        }
        request.augmentation = try augmentation.choice
        try await perform(
            JobRequest(
                directory: job.job, fit: nil, inspect: request, cluster: try job.options(), products: try products()),
            job)
    }

    /// Nil where one model is for all images.
    private func products() throws -> ProductsRequest? {
        guard model == nil else {
            guard modelColumn == nil, models == nil else {
                throw ValidationError(
                    "--model is for all images: leave it out, or leave out --model-column and --models")
            }
            return nil
        }
        // Without --model, a list may have it in its column.
        let isList = { (name: String) in
            [".csv", ".tsv", ".jsonl", ".ndjson"].contains { name.lowercased().hasSuffix($0) }
        }
        guard modelColumn != nil || models != nil || images.contains(where: isList) else {
            throw ValidationError(
                "--model is missing: give it, or lists with a column that names each image's model (--model-column)"
            )
        }
        return ProductsRequest(column: modelColumn ?? "model", models: models)
    }
}

struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Fits on normal images, then inspects others with the same workers: one job, one directory.",
        discussion: """
            Example:
              padim-coord run --normal good/ --images new/ --backbone efficientnet_lite0 --job jobs/line-3 --overlays all
              padim-coord run --normal bottle.csv --images bottle.csv --backbone resnet18 --job jobs/bottle
            """)

    @Option(
        help:
            "Normal images: a folder, an archive, a text list, a CSV list or JSON lines, also as s3:// or https:// address. May be given more than once."
    )
    var normal: [String]

    @Option(help: "Fit on the images of this split of the normal list (train, test, ...), or all (default: train).")
    var normalSplit: SplitSelection?

    @Option(
        help:
            "Images to inspect: a folder, an archive, a text list, a CSV list or JSON lines, also as s3:// or https:// address. May be given more than once."
    )
    var images: [String]

    @Flag(help: "With --augment, turn and move the inspected images as well, as inspect --augment model does.")
    var augmentInspected = false

    @OptionGroup var recipe: RecipeOptions
    @OptionGroup var fit: FitOptions
    @OptionGroup var region: RegionOptions
    @OptionGroup var inspect: InspectOptions
    @OptionGroup var job: JobOptions

    func run() async throws {
        var inspected = try inspect.request(
            images: images, model: nil, weights: nil, blurBorder: recipe.blurBorder, imageScore: recipe.imageScore)
        if augmentInspected { inspected.augmentation = .ofModel(seed: nil) }
        try await perform(
            JobRequest(
                directory: job.job,
                fit: try fit.request(images: normal, split: normalSplit, recipe),
                inspect: inspected,
                cluster: try job.options()
            ),
            job)
    }
}
