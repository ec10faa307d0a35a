import Compute
import JobRules
import Journal
import PaDiM
import Settings
import Storage
import Thresholds

/// A job as it is asked for: what the command line says, before any file is looked at.
public struct JobRequest: Sendable {
    /// The job's directory.
    public var directory: String
    public var fit: FitRequest?
    public var inspect: InspectRequest?
    /// A job calibrates a model that is there, or does the others.
    public var calibrate: CalibrateRequest?
    public var cluster: ClusterOptions
    /// Not nil: a job of its own for each product of the lists, one after the other, below the directory.
    public var products: ProductsRequest?
    /// Not nil: the job shows how far it is to whoever looks at this address.
    public var status: StatusRequest?
    /// What is written into the job's directory for people who want to repeat the command; nil: nothing.
    public var repetition: String?

    /// Where that is written.
    public static func repetitionPath(in directory: String) -> String {
        JobDirectory(directory).inside(JobLayout.repetition)
    }

    /// Writes it.
    package func writeRepetition() throws {
        guard let repetition else { return }
        try DurableFile.write(Array(repetition.utf8), to: Self.repetitionPath(in: directory))
    }

    public init(
        directory: String, fit: FitRequest?, inspect: InspectRequest?, cluster: ClusterOptions,
        products: ProductsRequest? = nil
    ) {
        (self.directory, self.fit, self.inspect, self.cluster) = (directory, fit, inspect, cluster)
        self.products = products
    }

    public init(directory: String, calibrate: CalibrateRequest, cluster: ClusterOptions) {
        (self.directory, self.calibrate, self.cluster) = (directory, calibrate, cluster)
    }

    package var kind: JobRecord.Kind {
        if calibrate != nil { return .calibrate }
        return switch (fit, inspect) {
        case (.some, .some): .run
        case (.some, nil): .fit
        default: .inspect
        }
    }
}

/// Where a job shows how far it is, and to whom.
public struct StatusRequest: Sendable {
    /// As 127.0.0.1:8080.
    public var address: String
    /// A file with a token; nil: whoever reaches the address sees it.
    public var tokenFile: String?

    public init(address: String, tokenFile: String? = nil) { (self.address, self.tokenFile) = (address, tokenFile) }
}

/// How lists say which product, camera or part each image is of.
public struct ProductsRequest: Sendable {
    /// The column of lists that names it.
    public var column: String
    /// Of an inspection: the directory with the products' models. Nil: the column has the paths of models.
    public var models: String?

    public init(column: String, models: String? = nil) { (self.column, self.models) = (column, models) }
}

/// The images of a list that have one value in a column.
package struct ListGroup: Equatable, Sendable {
    package let column: String
    package let name: String

    package init(column: String, name: String) { (self.column, self.name) = (column, name) }
}

/// What to fit, and in which space.
public struct FitRequest: Sendable {
    /// Folders, text lists, CSV lists, JSON lines.
    public var images: [String]
    /// Which images of the list to fit on; nil: those of `train`.
    public var split: SplitSelection?
    /// Takes every image of the given folders for a normal one, whatever folders and files are called.
    public var trustsFolders: Bool
    /// Nil: the backbone's file in the cache.
    public var weights: String?
    /// What the backbone computes in. Weights that are quantised already stay as they are.
    public var precision = Precision.float32
    /// All of the features but for the channels that a file names, and the white level where that is not given.
    public var embedding: EmbeddingOptions
    /// A file of channel indices, instead of a random choice.
    public var channels: String?
    /// Whether the white level is what earlier statistics or the first image say, else all of 16 bits.
    public var findsWhiteLevel: Bool
    public var model: ModelSettings
    /// A statistics file whose images are to count too.
    public var continueFrom: String?
    /// Whether each tile of an image has Gaussians of its own: then all images have the size of the first one.
    public var tilesHavePositions = false
    /// Nil: the model is not calibrated.
    public var calibration: CalibrationSettings?
    /// Only these of the list's images.
    package var group: ListGroup?
    /// A list of images to leave out, or to take out where they are in the sums already.
    public var exclude: String?
    /// Whether images whose scores stand out are taken out once the model is calibrated.
    public var isTrimmed = false
    /// Which pixels of images count; the model remembers it. Nil: all.
    public var region: RegionRequest?

    public init(
        images: [String], split: SplitSelection? = nil, trustsFolders: Bool = false, weights: String?,
        embedding: EmbeddingOptions, channels: String?, findsWhiteLevel: Bool, model: ModelSettings,
        continueFrom: String?, calibration: CalibrationSettings? = CalibrationSettings()
    ) {
        (self.images, self.split, self.trustsFolders) = (images, split, trustsFolders)
        (self.weights, self.embedding, self.channels) = (weights, embedding, channels)
        (self.findsWhiteLevel, self.model, self.continueFrom) = (findsWhiteLevel, model, continueFrom)
        self.calibration = calibration
    }
}

/// Which model to calibrate, and on what.
public struct CalibrateRequest: Sendable {
    /// Folders, text lists, CSV lists, JSON lines.
    public var images: [String]
    /// Which images of the list to take; nil: those of `train`.
    public var split: SplitSelection?
    /// Takes every image of the given folders for a normal one, whatever folders and files are called.
    public var trustsFolders: Bool
    public var model: String
    /// The sums that the model follows from.
    public var statistics: String
    /// Nil: found in the cache by the digest that the model names.
    public var weights: String?
    public var calibration: CalibrationSettings

    public init(
        images: [String], split: SplitSelection? = nil, trustsFolders: Bool = false, model: String, statistics: String,
        weights: String?, calibration: CalibrationSettings
    ) {
        (self.images, self.split, self.trustsFolders) = (images, split, trustsFolders)
        (self.model, self.statistics, self.weights) = (model, statistics, weights)
        self.calibration = calibration
    }
}

/// What to inspect, and what to write of it.
public struct InspectRequest: Sendable {
    public var images: [String]
    /// Which images of the list to inspect; nil: all but those of `train`.
    public var split: SplitSelection?
    /// Nil where the same job fits it.
    public var model: String?
    /// Nil: found in the cache by the digest that the model names.
    public var weights: String?
    public var settings: InspectionSettings
    /// The threshold is found from the model's calibration; nil: it is that of the settings, if there is one.
    public var falseAlarms: FalseAlarmLimit?
    /// Takes the place of the settings' own; nil: the model's does.
    public var blurBorder: BlurBorder?
    /// Likewise.
    public var imageScore: ImageScore?
    /// Whether the inspection ends as soon as more images than allowed cannot be used, and not when all others are scored.
    public var failFast: Bool
    /// How many images that are not flagged are compared with the model's at most; nil: none.
    public var drift: Int?
    /// How images are turned and moved before they are scored; nil: not at all.
    public var augmentation: AugmentationChoice?
    /// Only these of the list's images.
    package var group: ListGroup?
    /// Which pixels of images count in this inspection; nil: those that the model says.
    public var region: RegionRequest?
    /// Not nil: the job takes up images that the lists have got since it began.
    public var growth: GrowthOptions?

    public init(
        images: [String], split: SplitSelection? = nil, model: String?, weights: String?, settings: InspectionSettings,
        falseAlarms: FalseAlarmLimit? = nil, blurBorder: BlurBorder?, imageScore: ImageScore?, failFast: Bool = false,
        drift: Int? = nil
    ) {
        self.drift = drift
        (self.imageScore, self.falseAlarms) = (imageScore, falseAlarms)
        (self.images, self.split, self.model, self.weights) = (images, split, model, weights)
        (self.settings, self.blurBorder, self.failFast) = (settings, blurBorder, failFast)
    }

    /// The settings with a model's blur border and image score, unless others were asked for.
    /// - Throws: `JobError` where images cannot be augmented so.
    func settings(following model: ModelSettings, _ input: InputSettings?) throws -> InspectionSettings {
        var settings = settings
        settings.scoring.augmentation = try augmentation?.augmentation(for: input ?? InputSettings())
        settings.scoring.blurBorder = blurBorder ?? model.blurBorder
        settings.scoring.imageScore = imageScore ?? model.imageScore
        return settings
    }
}

/// Who works, and how the job is cut up. Of this only the instruction set can change the result's bits.
public struct ClusterOptions: Sendable {
    /// tcp://ADDR:PORT for workers elsewhere; nil with local workers only.
    public var bind: String?
    /// Whether workers are sent images whose files they do not have.
    public var servesImages: Bool
    /// Workers started on this machine.
    public var localWorkers: Int?
    /// Threads of each local worker; nil: the cores shared out.
    public var threads: Int?
    /// How many images a shard has; nil: as many as is usual for a list of its length.
    public var shardSize: Int?
    public var checkpointImages: Int
    /// A fit with more unusable images than this percentage fails; an inspection does when all others are scored.
    public var maxBadPercent: Double
    /// The directory of keys.
    public var keys: String?
    /// Lets a public address be bound without keys.
    public var insecure: Bool
    /// The instruction set that every worker must use.
    public var instructionSet: InstructionSet?
    /// The time without any worker fit for the job after which it fails.
    public var workerTimeout: Duration
    /// The time of silence after which a worker is taken for dead and its work is dealt to others.
    public var workerDeadline: Duration
    /// The time after which a worker that reports nothing of what it has in hand is given up, though it is heard of.
    public var shardDeadline: Duration
    /// This share of a stage's shards is done once more by another worker, in percent; 0: none is.
    public var auditPercent = 0.0

    public init(
        bind: String?, localWorkers: Int?, threads: Int?, shardSize: Int?, checkpointImages: Int, maxBadPercent: Double,
        keys: String?, insecure: Bool, instructionSet: InstructionSet?, workerTimeout: Duration,
        workerDeadline: Duration = .seconds(10), shardDeadline: Duration = .seconds(1_800), servesImages: Bool = false
    ) {
        self.servesImages = servesImages
        self.shardDeadline = shardDeadline
        self.workerDeadline = workerDeadline
        self.bind = bind
        self.localWorkers = localWorkers
        self.threads = threads
        self.shardSize = shardSize
        self.checkpointImages = checkpointImages
        self.maxBadPercent = maxBadPercent
        self.keys = keys
        self.insecure = insecure
        self.instructionSet = instructionSet
        self.workerTimeout = workerTimeout
    }
}

extension ClusterOptions {
    /// How many workers to start here: as many as asked for, or one where nothing says who else would come.
    package var localWorkerCount: Int { localWorkers ?? (bind == nil ? 1 : 0) }

    /// How many images a shard of a list of that length has.
    package func shardSize(of images: Int) -> Int { shardSize ?? ShardLayout.usualSize(of: images) }

    /// So many of the images may be unusable.
    package func mostFailures(of images: Int) -> Int { Int(Double(images) * maxBadPercent / 100) }
}
