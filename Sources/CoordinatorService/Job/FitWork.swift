import Cluster
import Compute
import Foundation
import Gaussian
import JobPlanning
import JobRules
import Journal
import Logging
import PaDiM
import Storage

/// Fits the model: images become sums, sums become a model.
struct FitWork: StageWork {
    let fit: JobPlan.Fit
    let cluster: ClusterOptions
    let journal: Journal
    let coordinator: Coordinator
    let logger: Logger

    func run(_ stage: JobStage, _ toDo: ShardsToDo) async throws {
        let weights = try await coordinator.serve(fit.weights.path, digest: fit.weights.digest)
        let counts = try journal.counts(stage.role)
        let folder = try SharedFolder.open(journal.directory)
        defer { SharedFolder.close(journal.directory) }
        try await coordinator.run(
            .accumulate(space: fit.space, weights: weights, folder: folder, audit: auditOrder(stage)), stage, toDo,
            total: counts.total,
            before: counts.total - counts.pending, instructionSet: cluster.instructionSet, epsilon: fit.model.epsilon)
    }

    /// Adds the committed partials, exactly, and makes the model of the sum. Both files are durable when it returns.
    func makeModel() async throws -> JobEvent {
        let directory = journal.directory
        // Workers that died with their sums written, and never said so, have left files.
        try journal.removeStrayPartials()
        let partials = try journal.partials(JobPlan.Fit.role).map { try directory.openSums($0.record) }
        let began = ContinuousClock.now
        try fit.continued?.held.requireUnchanged()
        let files = partials + [fit.continued?.file].compactMap { $0 }
        guard !files.isEmpty else { return .nothingToMerge }
        logger.info("adding \(files.count) partials and inverting \(fit.space.patches) covariances")
        let images = try images()
        warn(ofRepeated: images)
        let merge = FitMerge(
            files: files, images: images, settings: fit.model, directory: directory,
            model: fit.calibration == nil ? directory.model : directory.uncalibratedModel, coordinator: coordinator,
            forcedSet: cluster.instructionSet, logger: logger)
        let made: FitMerge.Made
        do {
            made = try await merge.make()
        } catch let fault as CovarianceFault {
            return .covarianceFault(patch: fault.patch, fault)
        }
        let seconds = began.duration(to: .now).components.seconds
        let header = try StatisticsFile(path: directory.statistics).header
        logger.info(
            "merged \(files.count) partials of \(header.count) images and inverted \(fit.space.patches) covariances in \(seconds) s"
        )
        return .modelMade(
            MadeModel(
                digest: made.digest, sums: made.sums,
                size: ModelSize(images: header.samples, channels: fit.space.dimension), clamped: header.clamped,
                shareOfZeroChannels: made.shareOfZeroChannels))
    }

    /// Which images the sums will be of; nil where that is not known of all: a release before 0.3 folded some.
    private func images() throws -> ImageMultiset? {
        guard let own = try journal.contents(JobPlan.Fit.role) else { return nil }
        guard let continued = fit.continued?.file else { return ImageMultiset(own) }
        return try continued.images().map { ImageMultiset(own).adding($0) }
    }

    /// The same image twice counts twice, which is seldom meant.
    private func warn(ofRepeated images: ImageMultiset?) {
        if let warning = images?.warningOfRepeated { logger.warning("\(warning)") }
    }

    /// - Returns: how many partials were discarded because no images can have their sums.
    func discardImpossible(at patch: Int) throws -> Int {
        try ImpossiblePartials(
            journal: journal, continued: fit.continued?.file, model: fit.model, logger: logger
        )
        .discard(at: patch)
    }
}
