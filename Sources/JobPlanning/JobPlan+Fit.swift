import Backbone
import Cluster
import Foundation
import Gaussian
import ImageLists
import Journal
import Logging
import PaDiM
import Settings
import Storage

extension JobPlan {
    /// A fit: a model of a list's images.
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
}

extension JobPlan.Fit {
    /// - Parameter job: the job's directory.
    init(_ request: FitRequest, job: String, cache: CacheDirectory, logger: Logger) throws {
        let list = try ListReader(job: job, logger: logger).read(
            request.images, split: request.split, role: Self.role, group: request.group,
            lotColumn: request.calibration?.lotColumn)
        let backbone = try Backbone.named(request.embedding.backbone)
        let weights = try Self.weights(request, for: backbone, cache)
        var options = request.embedding
        if let channels = request.channels { options.channels = try ChannelSelection.read(channels) }
        options.input.whiteLevel = try Self.whiteLevel(request, list, job: job, logger)
        if request.tilesHavePositions {
            options.input.tiling?.imageSize = try Self.imageSize(list, options.input.orientation, job: job, logger)
        }
        let space = try options.space(weights: weights.digest)
        do {
            try Wire.requireRoom(for: space)
        } catch {
            throw JobError.wrongRequest("\(error)")
        }
        try WeightsFinder(cache: cache).check(weights, fit: backbone, layers: space.layers, input: space.input)
        if let path = request.continueFrom, try JobPlan.isSame(path, JobDirectory(job).statistics) {
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
        if let continued = continued?.file { try Self.check(continued, isOf: space) }
        let excluded = try request.exclude.map { try ExclusionList(file: $0).places(in: list) } ?? []
        guard excluded.count < list.entries.count || continued != nil else {
            throw JobError.wrongRequest("--exclude names all \(list.entries.count) images: nothing remains to fit on")
        }
        let calibration = Self.calibration(request, job: job)
        if request.isTrimmed, calibration == nil {
            throw JobError.wrongRequest("--trim goes by the scores of a calibration, and this job has none")
        }
        if JobPlan.begun(job) == nil {
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
        model.region = try request.region?.read(for: space.input, list: JobPlan.begun(job) == nil ? list : nil)
        self.init(
            list: list, trustsFolders: request.trustsFolders, space: space, weights: weights, model: model,
            continued: continued, calibration: calibration,
            lots: try Self.lots(list, calibration, of: space, job: job, logger),
            excluded: excluded, isTrimmed: request.isTrimmed)
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

    /// The size that all images have, where each tile has Gaussians of its own: what the job began with, else that of the first image.
    private static func imageSize(
        _ list: ImageList, _ orientation: OrientationRule, job: String, _ logger: Logger
    ) throws -> Tiling.ImageSize {
        if let begun = JobPlan.begun(job), begun.lists[Self.role] != nil, let words = begun.settings[Tiling.name],
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
        let begun = JobPlan.begun(job).flatMap { $0.lists[Self.role] == nil ? nil : $0 }
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
        if let begun = JobPlan.begun(job), begun.lists[Self.role] != nil, begun.settings[JobRecord.calibrate] == nil {
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
        if let begun = JobPlan.begun(job), begun.lists[Self.role] != nil {
            let level = begun.settings["white-level"].flatMap { Int($0) } ?? InputSettings.fullWhite
            return asked ?? level
        }
        let look = FirstLook(list: list, logger: logger)
        let earlier = try request.continueFrom.map { try StatisticsFile(path: $0).header.space.input.whiteLevel }
        let settled = asked ?? earlier ?? Int(look.statedWhiteLevel())
        look.checkWhiteLevel(settled) { "If that is how they were taken, give --white-level \($0)." }
        return settled
    }
}
