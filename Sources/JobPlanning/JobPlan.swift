import Backbone
import Cluster
import Foundation
import Gaussian
import ImageLists
import Inspection
import Journal
import Logging
import PaDiM
import Settings
import Storage
import Thresholds

/// A job made definite: every file that it begins with is read and checked, nothing is written yet.
package struct JobPlan {
    package struct Fit {
        /// Of its list's images.
        package static let role = ImageRole.normal

        package var list: ImageList
        package let trustsFolders: Bool
        package let space: FeatureSpace
        package let weights: FoundWeights
        package let model: ModelSettings
        /// A statistics file whose images are to count too.
        package let continued: (file: StatisticsFile, held: PinnedFile, digest: Digest)?
        /// Nil where the model is not calibrated.
        package let calibration: CalibrationSettings?
        /// Which of the list's images are of which lot.
        package var lots: LotPlan
        /// The places in the list of images that are left out of the fit, beside those that were before.
        package var excluded: [Int] = []
        /// Whether images whose scores stand out are left out as well, once the model is calibrated.
        package var isTrimmed = false
    }

    package struct Inspect {
        /// Of its list's images.
        package static let role = ImageRole.inspect

        package var list: ImageList
        /// What the list says of its images, if it says it of all: metrics need a label for every one.
        package var truth: Truth?
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
        /// Nil where the fit has them.
        package let weights: FoundWeights?
        /// Which pixels count in this inspection alone, and what the job was given for it; nil: those that the model says.
        package var region: (given: RegionOfInterest, counted: RegionOfInterest)?
    }

    package let kind: JobRecord.Kind
    package private(set) var fit: Fit?
    package internal(set) var inspect: Inspect?
    package private(set) var calibrate: Calibrate?
    package let cluster: ClusterOptions

    package init(_ request: JobRequest, cache: CacheDirectory, logger: Logger) throws {
        kind = request.kind
        cluster = request.cluster
        let job = request.directory
        fit = try request.fit.map { try Self.plan($0, job: job, cache: cache, logger: logger) }
        inspect = try request.inspect.map {
            try Self.plan($0, job: job, fit: fit, cluster: request.cluster, cache: cache, logger: logger)
        }
        calibrate = try request.calibrate.map {
            try Calibrate($0, job: job, isNew: Self.begun(job) == nil, cache: cache, logger: logger)
        }
    }

    /// What the job's numbers depend on.
    package var record: JobRecord {
        var settings: [String: String] = [:]
        if let fit {
            settings["backbone"] = fit.space.backbone
            settings["weights"] = fit.space.weights.hex
            settings["layers"] = fit.space.layers.joined(separator: ",")
            settings["channels"] = fit.space.channels.map(String.init).joined(separator: " ")
            settings["input-size"] = "\(fit.space.input.height)x\(fit.space.input.width)"
            settings["resize"] = fit.space.input.resize.map(String.init)
            settings["crop"] = fit.space.input.crop.map(String.init)
            if fit.space.input.scaledJPEG { settings["jpeg"] = "scaled" }
            if fit.space.input.whiteLevel != InputSettings.fullWhite {
                settings["white-level"] = "\(fit.space.input.whiteLevel)"
            }
            if fit.space.input.orientation != .ignore {
                settings["orientation"] = fit.space.input.orientation.rawValue
            }
            if fit.space.input.resizePrecision != .byte {
                settings["resize-precision"] = fit.space.input.resizePrecision.rawValue
            }
            if let normalization = fit.space.input.normalization {
                settings["mean"] = normalization.mean.map { "\($0)" }.joined(separator: ",")
                settings["deviation"] = normalization.deviation.map { "\($0)" }.joined(separator: ",")
            }
            if fit.space.input.fit != .stretch { settings[MapGeometry.fitName] = fit.space.input.fit.rawValue }
            settings[Augmentation.name] = fit.space.input.augmentation?.description
            settings[Tiling.name] = fit.space.input.tiling?.description
            if fit.space.patchGrid != .finest { settings["patch-grid"] = fit.space.patchGrid.rawValue }
            // A job that inspects too has one rule for both, and the record of its inspection says it: as earlier releases' do.
            settings.merge(inspect == nil ? fit.model.named : fit.model.namedWithoutRules) { $1 }
            settings["roi"] = fit.model.region?.digest.hex
            settings["continue"] = fit.continued?.digest.hex
            settings[JobRecord.calibrate] = fit.calibration.map { "\($0.images)" }
            settings["lots"] = fit.calibration.map(\.lots.word)
            settings[JobRecord.lotColumn] = fit.lots.columnDigest?.hex
            if !fit.lots.apart.isEmpty { settings[JobRecord.lotSums] = "\(fit.lots.apart.count)" }
            settings[JobRecord.gridExponent] = fit.space.grid.layers?.exponents.map(String.init).joined(separator: ",")
        }
        if let inspect {
            settings["model"] = inspect.model?.digest.hex
            if let region = inspect.region { settings["roi"] = region.given.digest.hex }
            settings.merge(inspect.settings.named) { $1 }
            settings.merge(inspect.falseAlarms?.named ?? [:]) { $1 }
            settings["drift"] = inspect.drift.map(String.init)
        }
        if let calibrate { settings.merge(calibrate.named) { $1 } }
        settings["instruction-set"] = cluster.instructionSet?.rawValue
        let digests = lists.map { ($0.role, $0.list.digest()) }
        return JobRecord(
            kind: kind, settings: settings, lists: Dictionary(digests) { first, _ in first })
    }

    /// The lists of images that the job works on, by role.
    package var lists: [(role: ImageRole, list: ImageList)] {
        [
            fit.map { (Fit.role, $0.list) }, calibrate.map { (Calibrate.role, $0.list) },
            inspect.map { (Inspect.role, $0.list) },
        ].compactMap { $0 }
    }

    /// Lets the lists go, once the journal has them: they are all that grows with the images.
    package mutating func forgetLists() {
        fit?.list = ImageList()
        fit?.lots = LotPlan()
        inspect?.list = ImageList()
        calibrate?.list = ImageList()
        calibrate?.lots = LotPlan()
    }

    /// The weights that are asked for, or the integers that are made of them.
    private static func weights(
        _ request: FitRequest, for backbone: Backbone, _ cache: CacheDirectory
    ) throws -> FoundWeights {
        let finder = WeightsFinder(cache: cache)
        let found = try finder.find(request.weights, for: backbone.name)
        guard request.precision == .int8 else { return found }
        let input = request.embedding.input
        guard input.resizePrecision == .byte else {
            throw JobError.wrongRequest(
                "--precision int8 takes pixels of 8 bits: it goes with --resize-precision byte, not with float")
        }
        return try finder.quantized(found, for: backbone, normalization: input.normalization)
    }

    private static func plan(_ request: FitRequest, job: String, cache: CacheDirectory, logger: Logger) throws -> Fit {
        let list = try ListReader(job: job, logger: logger).read(
            request.images, split: request.split, role: Fit.role, group: request.group,
            lotColumn: request.calibration?.lotColumn)
        let backbone = try Backbone.named(request.embedding.backbone)
        let weights = try weights(request, for: backbone, cache)
        var options = request.embedding
        if let channels = request.channels { options.channels = try ChannelSelection.read(channels) }
        options.input.whiteLevel = try whiteLevel(request, list, job: job, logger)
        if request.tilesHavePositions {
            options.input.tiling?.imageSize = try imageSize(list, options.input.orientation, job: job, logger)
        }
        let space = try options.space(weights: weights.digest)
        do {
            try Wire.requireRoom(for: space)
        } catch {
            throw JobError.wrongRequest("\(error)")
        }
        try WeightsFinder(cache: cache).check(weights, fit: backbone, layers: space.layers, input: space.input)
        if let path = request.continueFrom, try isSame(path, JobDirectory(job).statistics) {
            throw JobError.wrongRequest(
                "--continue \(path) is the file that this job writes its own sums to; name another directory for the job"
            )
        }
        let continued = try request.continueFrom.map {
            let held = try PinnedFile(path: $0)
            return (file: try StatisticsFile(path: $0), held: held, digest: try held.digest())
        }
        // Verified before the job starts, because the file is only read at its end.
        try continued?.file.verify()
        if let continued = continued?.file { try check(continued, isOf: space) }
        let excluded = try request.exclude.map { try ExclusionList(file: $0).places(in: list) } ?? []
        guard excluded.count < list.entries.count || continued != nil else {
            throw JobError.wrongRequest("--exclude names all \(list.entries.count) images: nothing remains to fit on")
        }
        let calibration = calibration(request, job: job)
        if request.isTrimmed, calibration == nil {
            throw JobError.wrongRequest("--trim goes by the scores of a calibration, and this job has none")
        }
        if begun(job) == nil {
            FirstLook(list: list, logger: logger).warnOfCrop(space.input)
            FirstLook(list: list, logger: logger).warnOfOrientation(
                space.input.orientation, remedy: "If their parts then lie differently, give --orientation exif.")
            LotPlan.tellOfUnusedColumn(list, calibration, logger)
            if continued != nil, calibration != nil {
                logger.notice(
                    """
                    the model is calibrated on the images of this list alone, and not on those of --continue; padim-coord calibrate, given the \
                    images of both, calibrates it on all
                    """)
            }
        }
        try list.requireRegionsFit(space.input)
        var model = request.model
        model.region = try request.region?.read(for: space.input, list: begun(job) == nil ? list : nil)
        return Fit(
            list: list, trustsFolders: request.trustsFolders, space: space, weights: weights, model: model,
            continued: continued, calibration: calibration,
            lots: try lots(list, calibration, of: space, job: job, logger),
            excluded: excluded, isTrimmed: request.isTrimmed)
    }

    /// The size that all images have, where each tile has Gaussians of its own: what the job began with, else that of the first image.
    private static func imageSize(
        _ list: ImageList, _ orientation: OrientationRule, job: String, _ logger: Logger
    ) throws -> Tiling.ImageSize {
        if let begun = begun(job), begun.lists[Fit.role] != nil, let words = begun.settings[Tiling.name],
            let size = Tiling.imageSize(in: words)
        {
            return size
        }
        return try FirstLook(list: list, logger: logger).imageSize(orientation: orientation)
    }

    /// A job that was begun keeps the sums of lots apart if it did so before.
    private static func lots(
        _ list: ImageList, _ calibration: CalibrationSettings?, of space: FeatureSpace, job: String, _ logger: Logger
    ) throws -> LotPlan {
        var calibration = calibration
        let begun = begun(job).flatMap { $0.lists[Fit.role] == nil ? nil : $0 }
        if let begun { calibration?.areLotsAskedFor = begun.settings[JobRecord.lotSums] != nil }
        let bytes = Int64(
            Statistics.chunkByteCount(patches: space.patches, dimension: space.dimension))
        let plan = try LotPlan(
            list, calibration, bytesOfSums: bytes, largestLot: LotPlan.largestLot(space.input))
        // One that an earlier release began has no such sums.
        if begun != nil, calibration?.areLotsAskedFor == false { return plan.withoutSumsApart }
        if let bytes = plan.tooManyBytes {
            let (needed, most) = (gigabytes(bytes), gigabytes(LotPlan.mostBytes))
            logger.notice(
                """
                no lots are left out of the model: their sums would take \(needed) GB of disk, and more than \(most) GB are only taken \
                if lots are asked for (--lots or --lot-column)
                """)
        }
        return plan
    }

    private static func gigabytes(_ bytes: Int64) -> String { String(format: "%.0f", Double(bytes) / 1e9) }

    /// What is asked for; a job that was begun without a calibration, by an earlier release say, goes on without.
    private static func calibration(_ request: FitRequest, job: String) -> CalibrationSettings? {
        if let begun = begun(job), begun.lists[Fit.role] != nil, begun.settings[JobRecord.calibrate] == nil {
            return nil
        }
        return request.calibration
    }

    private static func check(_ continued: StatisticsFile, isOf space: FeatureSpace) throws {
        guard continued.header.space.grid.layers != nil else {
            throw JobError.wrongRequest(
                """
                --continue \(continued.path) holds sums of a release before 0.2, whose fixed-point grid came from that job's first \
                images: this release's sums do not add to them. Fit all of the images again
                """)
        }
        let differences = space.differences(from: continued.header.space)
        guard differences.isEmpty else {
            throw JobError.wrongRequest(
                "\(continued.path) is of another feature space than this job: \(differences.joined(separator: ", "))")
        }
    }

    /// What is asked for, else what the job began with, else that of the statistics it goes on from, else what the first image says.
    private static func whiteLevel(
        _ request: FitRequest, _ list: ImageList, job: String, _ logger: Logger
    ) throws -> Int {
        let asked = request.findsWhiteLevel ? nil : request.embedding.input.whiteLevel
        if let begun = begun(job), begun.lists[Fit.role] != nil {
            let level = begun.settings["white-level"].flatMap { Int($0) } ?? InputSettings.fullWhite
            return asked ?? level
        }
        let look = FirstLook(list: list, logger: logger)
        let earlier = try request.continueFrom.map { try StatisticsFile(path: $0).header.space.input.whiteLevel }
        let settled = asked ?? earlier ?? Int(look.statedWhiteLevel())
        look.checkWhiteLevel(settled) { "If that is how they were taken, give --white-level \($0)." }
        return settled
    }

    /// What the job's directory holds already.
    private static func begun(_ job: String) -> JobRecord? { try? Journal.read(JobDirectory(job)).job }

    /// - Parameter fit: what this job fits before, if it does.
    private static func plan(
        _ request: InspectRequest, job: String, fit: Fit?, cluster: ClusterOptions, cache: CacheDirectory,
        logger: Logger
    ) throws -> Inspect {
        let reader = ListReader(job: job, logger: logger)
        let growth = request.growth.map {
            GrowingList(request, $0, job: job, shardSize: cluster.shardSize, logger: logger)
        }
        let list =
            growth == nil
            ? try reader.read(request.images, split: request.split, role: Inspect.role, group: request.group)
            : try reader.readGrowing(request.images, split: request.split, role: Inspect.role)
        let truth = truth(list, split: request.split, logger)
        guard let path = request.model else {
            if let input = fit?.space.input, begun(job) == nil {
                let look = FirstLook(list: list, logger: logger)
                look.checkWhiteLevel(input.whiteLevel) {
                    "If that is how they were taken, give --white-level \($0)."
                }
                look.warnOfOrientation(
                    input.orientation, remedy: "If their parts then lie differently, give --orientation exif.")
            }
            if let limit = request.falseAlarms { try check(limit, fit?.calibration, fit?.list.entries.count ?? 0) }
            if request.drift != nil, fit?.calibration == nil {
                throw JobError.wrongRequest("--drift needs a calibrated model: leave --calibrate none out")
            }
            return Inspect(
                list: list, truth: truth, split: request.split, growth: growth, interval: request.growth?.interval,
                settings: try request.settings(following: fit?.model ?? Recipe.paper.model, fit?.space.input),
                falseAlarms: request.falseAlarms, failsFast: request.failFast, drift: request.drift, model: nil,
                weights: nil)
        }
        let model = try GaussianModel(path: path)
        if begun(job) == nil {
            FirstLook(list: list, logger: logger).compare(with: model.space.input)
        }
        let (digest, settings) = (model.digest(), try request.settings(following: model.settings, model.space.input))
        if let limit = request.falseAlarms {
            // The stage finds the threshold; what is wrong with the command is said before it.
            _ = try JobCalibration(of: model, digest: digest, scoring: settings.scoring).threshold(keeping: limit)
        }
        if request.drift != nil { try requireComparable(model) }
        let finder = WeightsFinder(cache: cache)
        let backbone = try Backbone.named(model.space.backbone)
        let weights = try finder.find(
            request.weights, for: backbone.name, digest: model.space.weights,
            normalization: model.space.input.normalization)
        try finder.check(weights, fit: backbone, layers: model.space.layers, input: model.space.input)
        try list.requireRegionsFit(model.space.input, isAugmented: settings.scoring.augmentation != nil)
        let given = try request.region?.read(for: model.space.input, list: begun(job) == nil ? list : nil)
        let region = try given.map { (given: $0, counted: try $0.narrowing(model.settings.region, of: path)) }
        if given == nil, begun(job) == nil { try FirstLook.requireFit(of: model, among: list) }
        return Inspect(
            list: list, truth: truth, split: request.split, growth: growth, interval: request.growth?.interval,
            settings: settings, falseAlarms: request.falseAlarms,
            failsFast: request.failFast, drift: request.drift, model: (path, digest), weights: weights,
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

    /// What the list says of its images; an unsound one is no reason not to inspect them.
    static func truth(_ list: ImageList, split: SplitSelection?, _ logger: Logger) -> Truth? {
        guard !list.entries.isEmpty else { return nil }
        // Images to fit are no test of the model, unless somebody asks for them by name.
        let chosen = split ?? .toInspect
        let selection = chosen == .all ? .toInspect : chosen
        guard list.entries.allSatisfy({ $0.label != nil || !selection.takes($0.split) }) else { return nil }
        do {
            return try Truth(list, split: selection)
        } catch {
            logger.warning("there will be no metrics: \(error)")
            return nil
        }
    }

    static func isSame(_ path: String, _ other: String) throws -> Bool {
        guard let other = try? PinnedFile(path: other) else { return false }
        return try PinnedFile(path: path).isSame(as: other)
    }
}
