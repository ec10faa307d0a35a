import Backbone
import Cluster
import Gaussian
import ImageLists
import Inspection
import Journal
import Logging
import PaDiM
import Settings
import Storage
import Thresholds

extension JobPlan {
    /// An inspection: scores of a list's images by a model that is there, or that the same job fits.
    package struct Inspect {
        /// Of its list's images.
        package static let role = ImageRole.inspect

        package var list: ImageList
        /// What the list says of its images, if it says it of all: metrics need a label for every one. It is needed when they are inspected, and
        /// to find it takes as long as to read a long list.
        package var truth: UnderWay<Truth?>
        /// Which images of the list are inspected; nil: what the role has by default.
        package let split: SplitSelection?
        /// Not nil: images that the list has and the job has not are added to it.
        package let growth: GrowingList?
        /// So long is waited between two looks at the list; nil: it is looked at once.
        package let interval: Duration?
        package let settings: InspectionSettings
        /// By which the threshold is found when the stage begins.
        package let falseAlarms: FalseAlarmLimit?
        /// Whether the inspection ends as soon as more images than allowed cannot be used.
        package let failsFast: Bool
        /// How many images that are not flagged are compared with the model's at most; nil: none.
        package let drift: Int?
        /// Nil where this job fits the model.
        package let model: (path: String, digest: Digest)?
        /// The same, as it was checked.
        package var opened: GaussianModel?
        /// Nil where the fit has them.
        package let weights: FoundWeights?
        /// Which pixels count in this inspection alone, and what the job was given for it; nil: those that the model says.
        package var region: (given: RegionOfInterest, counted: RegionOfInterest)?
    }

    /// What the list says of its images; an unsound one is no reason not to inspect them.
    static func truth(_ list: ImageList, split: SplitSelection?, _ logger: Logger) -> UnderWay<Truth?> {
        UnderWay { wholeTruth(list, split: split, logger) }
    }

    private static func wholeTruth(_ list: ImageList, split: SplitSelection?, _ logger: Logger) -> Truth? {
        guard !list.entries.isEmpty else { return nil }
        // Images to fit are no test of the model, unless somebody asks for them by name.
        let chosen = split ?? .toInspect
        let selection = chosen == .all ? .toInspect : chosen
        let isSaid = { (place: Int) in
            list.entries[place].label != nil || !selection.takes(list.entries[place].split)
        }
        guard list.entries.indices.allSatisfy(isSaid) else { return nil }
        do {
            return try Truth(list, split: selection)
        } catch {
            logger.warning("there will be no metrics: \(error)")
            return nil
        }
    }
}

extension JobPlan.Inspect {
    /// - Parameters:
    ///   - job: the job's directory.
    ///   - fit: what this job fits before, if it does.
    init(
        _ request: InspectRequest, job: String, fit: JobPlan.Fit?, cluster: ClusterOptions, cache: CacheDirectory,
        logger: Logger
    ) throws {
        let reader = ListReader(job: job, logger: logger)
        let growth = request.growth.map {
            GrowingList(request, $0, job: job, shardSize: cluster.shardSize, logger: logger)
        }
        let list =
            growth == nil
            ? try reader.read(request.images, split: request.split, role: Self.role, group: request.group)
            : try reader.readGrowing(request.images, split: request.split, role: Self.role)
        let truth = JobPlan.truth(list, split: request.split, logger)
        guard let path = request.model else {
            if let input = fit?.space.input, JobPlan.begun(job) == nil {
                let look = FirstLook(list: list, logger: logger)
                look.checkWhiteLevel(input.whiteLevel) {
                    "If that is how they were taken, give --white-level \($0)."
                }
                look.warnOfOrientation(
                    input.orientation, remedy: "If their parts then lie differently, give --orientation exif.")
            }
            if let limit = request.falseAlarms { try Self.check(limit, fit?.calibration, fit?.list.entries.count ?? 0) }
            if request.drift != nil, fit?.calibration == nil {
                throw JobError.wrongRequest("--drift needs a calibrated model: leave --calibrate none out")
            }
            self.init(
                list: list, truth: truth, split: request.split, growth: growth, interval: request.growth?.interval,
                settings: try request.settings(following: fit?.model ?? Recipe.paper.model, fit?.space.input),
                falseAlarms: request.falseAlarms, failsFast: request.failFast, drift: request.drift, model: nil,
                weights: nil)
            return
        }
        let model = try GaussianModel(path: path, digesting: true)
        if JobPlan.begun(job) == nil {
            FirstLook(list: list, logger: logger).compare(with: model.space.input)
        }
        let settings = try request.settings(following: model.settings, model.space.input)
        if let limit = request.falseAlarms {
            // The stage finds the threshold; what is wrong with the command is said before it.
            _ = try JobCalibration(of: model, digest: model.digest(), scoring: settings.scoring)
                .threshold(keeping: limit)
        }
        if request.drift != nil { try Self.requireComparable(model) }
        let finder = WeightsFinder(cache: cache)
        let backbone = try Backbone.named(model.space.backbone)
        let weights = try finder.find(
            request.weights, for: backbone.name, digest: model.space.weights,
            normalization: model.space.input.normalization)
        try finder.check(weights, fit: backbone, layers: model.space.layers, input: model.space.input)
        try list.requireRegionsFit(model.space.input, isAugmented: settings.scoring.augmentation != nil)
        let given = try request.region?.read(for: model.space.input, list: JobPlan.begun(job) == nil ? list : nil)
        let region = try given.map { (given: $0, counted: try $0.narrowing(model.settings.region, of: path)) }
        if given == nil, JobPlan.begun(job) == nil { try FirstLook.requireFit(of: model, among: list) }
        self.init(
            list: list, truth: truth, split: request.split, growth: growth, interval: request.growth?.interval,
            settings: settings, falseAlarms: request.falseAlarms,
            failsFast: request.failFast, drift: request.drift, model: (path, model.digest()),
            opened: model, weights: weights,
            region: region)
    }

    /// Whether sums of images can be compared with a model, and workers told to make them.
    private static func requireComparable(_ model: GaussianModel) throws {
        guard model.calibration != nil, model.space.grid.layers != nil else {
            throw JobError.wrongRequest(
                "--drift needs a calibrated model, and \(model.path) is not: it was fitted with --calibrate none, by an earlier release, "
                    + "or on fewer than three images; padim-coord calibrate calibrates it by its sums and images")
        }
        do {
            try Wire.requireRoom(for: model.space)
        } catch {
            throw JobError.wrongRequest("\(error)")
        }
    }

    /// Whether the calibration of the model that this job fits can keep a limit.
    private static func check(_ limit: FalseAlarmLimit, _ calibration: CalibrationSettings?, _ images: Int) throws {
        guard let calibration else {
            throw JobError.wrongRequest(
                "--false-alarm-rate needs a calibrated model: leave --calibrate none out, or give a --threshold. A job that was begun "
                    + "without a calibration goes on without")
        }
        try limit.requireReachable(
            images: min(images, calibration.images), knowsLots: calibration.lots != .none)
    }
}
