import Backbone
import Cluster
import Compute
import Foundation
import Gaussian
import Imaging
import Inspection
import JobPlanning
import JobRules
import Journal
import Logging
import Settings
import Storage
import Thresholds

/// Scores the images with a model.
struct InspectWork: StageWork {
    let inspect: JobPlan.Inspect
    let model: (path: String, digest: Digest)
    let fitted: GaussianModel
    let weights: FoundWeights
    let cluster: ClusterOptions
    let journal: Journal
    let coordinator: Coordinator
    let logger: Logger
    /// The threshold whose promises were told: where images are added, it is the same again.
    private let told = Locked<Float?>(nil)

    /// What is done when its turn comes, whether images are left to score or not.
    func prepare() throws -> JobEvent {
        try journal.set(
            .mapGeometry,
            to: MapGeometry(
                resize: fitted.space.input.resize, crop: fitted.space.input.crop,
                whiteLevel: fitted.space.input.whiteLevel, orientation: fitted.space.input.orientation,
                fit: fitted.space.input.fit))
        try ArtifactBucket(inspect.settings.artifacts)?.requireWritable()
        try journal.keep(inspect.region?.counted ?? fitted.settings.region)
        try settleThreshold()
        try tellIfFlaggedSince()
        sweep()
        // Where a coordinator ended before it came to that.
        try removeFilesOfWrongScores()
        // A job that fits has said what its model is of.
        return .prepared(
            StageFacts(
                mapBounds: MapBounds(of: fitted.space.input),
                foreignModel: inspect.model.map { _ in
                    ModelSize(images: fitted.samples, channels: fitted.space.dimension)
                }))
    }

    func run(_ stage: JobStage, _ toDo: ShardsToDo) async throws {
        try await withWork(stage) { work in
            let counts = try journal.counts(stage.role)
            try await coordinator.run(
                work, stage, toDo, total: counts.total, before: counts.total - counts.pending,
                instructionSet: cluster.instructionSet)
            try removeFilesOfWrongScores()
        }
        sweep()
    }

    /// What workers are told, while they do it.
    /// - Parameter forScoresAlone: whether nothing is written for images beside their scores.
    func withWork<Result>(
        _ stage: JobStage, forScoresAlone: Bool = false, _ body: (Work) async throws -> Result
    ) async throws -> Result {
        var settings = inspect.settings
        // Images that are tried again are flagged as the others, which `padim flag` may have flagged by another threshold since.
        settings.threshold = try journal.value(.threshold) ?? settings.threshold
        if let threshold = settings.threshold { try journal.set(.threshold, to: threshold) }
        if let choice = try journal.value(.thresholdChoice) { tell(choice) }
        var order = try order(settings, mapScaling(settings.threshold, stage.role))
        order.tellsContents = stage.isAudited
        if forScoresAlone { order = order.ofScoresAlone }
        defer { SharedFolder.close(journal.directory) }
        let model = try modelToServe()
        defer { if inspect.region != nil { unlink(model.path) } }
        return try await body(
            .inspect(
                model: try await coordinator.serve(model.path, digest: model.digest),
                weights: try await coordinator.serve(weights.path, digest: weights.digest), order: order))
    }

    /// The model, or, where a region of interest is for this inspection alone, a copy of it that has the region: workers learn it from there.
    private func modelToServe() throws -> (path: String, digest: Digest) {
        guard let region = inspect.region?.counted else { return model }
        let path = journal.directory.inside(JobLayout.modelOfRegion)
        let crew = ThreadCrew(threads: ProcessInfo.processInfo.activeProcessorCount)
        let digest = try fitted.write(with: fitted.calibration, countingOnly: region, to: path, crew: crew)
        return (path, digest)
    }

    private func tell(_ choice: ThresholdChoice) {
        let isNew = told.withLock { told in
            defer { told = choice.chosen.threshold }
            return told != choice.chosen.threshold
        }
        guard isNew else { return }
        for line in choice.promises { logger.notice("\(line)") }
        guard let caution = choice.caution else { return }
        logger.log(level: choice.chosen.basis == .lot ? .notice : .warning, "\(caution)")
    }

    /// Says that the table keeps a threshold of `padim flag`, which the command does not ask for.
    private func tellIfFlaggedSince() throws {
        guard let present = try journal.value(.threshold) else { return }
        let choice = try journal.value(.thresholdChoice)
        let isOwn = inspect.falseAlarms.map { choice?.limit == $0.named } ?? (present == inspect.settings.threshold)
        guard !isOwn else { return }
        logger.notice("the table keeps the threshold \(present), which `padim flag` chose since")
    }

    /// Keeps the scores that images are compared with, and finds the threshold where a false-alarm rate is asked for.
    ///
    /// What was found from this very model stays: the job goes on with its threshold, which `padim flag` may have replaced since. The
    /// calibration is recorded last, so that a threshold is never missing beside it.
    private func settleThreshold() throws {
        let known = try journal.value(.calibration)
        guard known?.model != model.digest else { return }
        let calibration = Result {
            try JobCalibration(of: fitted, digest: model.digest, scoring: inspect.settings.scoring)
        }
        if let limit = inspect.falseAlarms {
            let choice = try calibration.get().threshold(keeping: limit)
            try journal.set(.threshold, to: choice.chosen.threshold)
            try journal.set(.thresholdChoice, to: choice)
        }
        // Without a limit no calibration is no error.
        if case .success(let calibration) = calibration {
            try journal.set(.calibration, to: calibration)
        } else if known != nil {
            try journal.forget(.calibration)
        }
    }

    /// Removes maps and overlays that got no names: of workers that were killed, given up or refused, and temporary files of earlier releases.
    private func sweep() {
        let maps = inspect.settings.maps.format.map { [(journal.directory.maps, "." + $0.fileExtension)] } ?? []
        for (folder, ending) in maps + [(journal.directory.overlays, ".png")] {
            DurableFile.removeLeftovers(inside: folder) { $0.suffix(ending.utf8.count).elementsEqual(ending.utf8) }
        }
    }

    /// One value a job. It is not recorded for an inspection that an earlier release began: some of its maps do not say their scale.
    private func mapScaling(_ threshold: Float?, _ role: ImageRole) throws -> MapScaling {
        if let fixed = try journal.value(.mapScaling) { return fixed }
        let scaling = try MapScaling(
            typical: fitted.typicalDistance(), normal: fitted.calibration.map(NormalDistances.init),
            threshold: threshold)
        guard try journal.shards(role).allSatisfy({ !$0.isCommitted }) else { return scaling }
        try journal.set(.mapScaling, to: scaling)
        return scaling
    }

    private func order(_ settings: InspectionSettings, _ scaling: MapScaling) throws -> InspectionOrder {
        let folder = try SharedFolder.open(journal.directory)
        return InspectionOrder(
            settings: settings, mapScaleExponent: scaling.exponent, firstColor: scaling.firstColor,
            lastColor: scaling.lastColor, directory: folder.directory, probe: folder.probe,
            probeValue: folder.probeValue)
    }
}
