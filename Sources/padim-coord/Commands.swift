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

    @OptionGroup(title: HelpSection.usual) var source: NormalImages
    @OptionGroup(title: HelpSection.images) var selection: FitSelection
    @OptionGroup(title: HelpSection.model) var recipe: RecipeOptions
    @OptionGroup var fit: FitOptions
    @OptionGroup(title: HelpSection.images) var region: RegionOptions
    @OptionGroup var job: JobOptions

    func run() async throws {
        if selection.by != nil, fit.reading.continueFrom != nil {
            throw ValidationError("--continue is for the sums of one model: leave it out, or leave out --by")
        }
        if selection.by != nil, selection.exclude != nil {
            throw ValidationError("--exclude takes images out of one model: leave out --by")
        }
        if fit.audit.audit != nil, selection.exclude != nil || selection.trim {
            throw ValidationError(
                "--audit cannot be used together with --exclude or --trim: leave one of them out")
        }
        var cluster = try job.options()
        try fit.audit.apply(to: &cluster)
        var request = try fit.request(images: source.images, split: selection.split, recipe)
        (request.exclude, request.isTrimmed) = (selection.exclude, selection.trim)
        request.region = region.request
        try await perform(
            JobRequest(
                directory: job.place.job, fit: request, inspect: nil,
                cluster: cluster, products: selection.by.map { ProductsRequest(column: $0) }),
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

    @OptionGroup(title: HelpSection.usual) var source: InspectSource
    @OptionGroup(title: HelpSection.model) var choice: ModelChoice
    @OptionGroup(title: HelpSection.images) var region: RegionOptions
    @OptionGroup(title: HelpSection.images) var growth: GrowthArguments
    @OptionGroup(title: HelpSection.images) var augmentation: InspectionAugmentOptions
    @OptionGroup var inspect: InspectOptions
    @OptionGroup(title: HelpSection.workers) var audit: AuditOption
    @OptionGroup var job: JobOptions

    func run() async throws {
        var request = try inspect.request(
            images: source.images, model: source.model, weights: choice.weights, blurBorder: choice.blurBorder,
            imageScore: choice.imageScore)
        request.growth = try growth.options()
        request.region = region.request
        if request.growth != nil {
            if source.model == nil {
                throw ValidationError("--only-new is for the images of one model: give --model")
            }
            if inspect.thresholds.drift {
                throw ValidationError("--drift compares a batch that is complete: leave out --only-new")
            }
        }
        request.augmentation = try augmentation.choice
        var cluster = try job.options()
        try audit.apply(to: &cluster)
        try await perform(
            JobRequest(
                directory: job.place.job, fit: nil, inspect: request, cluster: cluster,
                products: try products()),
            job)
    }

    /// Nil where one model is for all images.
    private func products() throws -> ProductsRequest? {
        guard source.model == nil else {
            guard choice.modelColumn == nil, choice.models == nil else {
                throw ValidationError(
                    "--model is for all images: leave it out, or leave out --model-column and --models")
            }
            return nil
        }
        // Without --model, a list may have it in its column.
        let isList = { (name: String) in
            [".csv", ".tsv", ".jsonl", ".ndjson"].contains { name.lowercased().hasSuffix($0) }
        }
        guard choice.modelColumn != nil || choice.models != nil || source.images.contains(where: isList) else {
            throw ValidationError(
                "--model is missing: give it, or lists with a column that names each image's model (--model-column)"
            )
        }
        return ProductsRequest(column: choice.modelColumn ?? "model", models: choice.models)
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

    @OptionGroup(title: HelpSection.usual) var source: RunSource
    @OptionGroup(title: HelpSection.images) var selection: RunSelection
    @OptionGroup(title: HelpSection.model) var recipe: RecipeOptions
    @OptionGroup var fit: FitOptions
    @OptionGroup(title: HelpSection.images) var region: RegionOptions
    @OptionGroup var inspect: InspectOptions
    @OptionGroup var job: JobOptions

    func run() async throws {
        var inspected = try inspect.request(
            images: source.images, model: nil, weights: nil, blurBorder: recipe.blurBorder,
            imageScore: recipe.imageScore)
        var cluster = try job.options()
        try fit.audit.apply(to: &cluster)
        if selection.augmentInspected { inspected.augmentation = .ofModel(seed: nil) }
        try await perform(
            JobRequest(
                directory: job.place.job,
                fit: try fit.request(images: source.normal, split: selection.normalSplit, recipe),
                inspect: inspected,
                cluster: cluster
            ),
            job)
    }
}
