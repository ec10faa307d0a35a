import Cluster
import Compute
import Foundation
import Gaussian
import JobPlanning
import JobRules
import Journal
import Logging
import PaDiM
import Settings
import Storage

/// Tries the model on its own images: each is scored by the model without it, and by the model without its lot.
struct CalibrateWork {
    private static let role = ImageRole.calibration

    let fit: JobPlan.Fit
    let settings: CalibrationSettings
    let cluster: ClusterOptions
    let journal: Journal
    let coordinator: Coordinator
    let logger: Logger

    /// Takes up the images, unless they are those of this model already.
    func prepare() throws -> JobEvent {
        let path = journal.directory.uncalibratedModel
        let digest = try journal.value(.uncalibratedModel)
        guard let found = try? Digest(ofFile: path), found == digest else {
            return .productDamaged("\(path) is damaged, or gone")
        }
        if try journal.value(.calibratedBy) != digest {
            try register(try GaussianModel(path: path).count, digest: found)
        }
        return .prepared(
            StageFacts(
                mapBounds: MapBounds(height: fit.space.input.height, width: fit.space.input.width),
                hasTakenUpImages: true))
    }

    private func register(_ count: Int64, digest: Digest) throws {
        try journal.forgetImages(Self.role)
        let plan = try CalibrationPlan(
            journal, role: JobPlan.Fit.role, count: count, settings: settings, shardSize: cluster.shardSize)
        if let obstacle = plan.lotsObstacle {
            logger.info("no lots are left out of the model, since \(obstacle): it is calibrated by image only")
        }
        if plan.images.isEmpty {
            logger.warning(
                "the model is not calibrated: it has fewer than three images, or an earlier release folded some of them"
            )
        } else {
            try journal.setLots(plan.lots, JobPlan.Fit.role)
            try journal.register(plan.images, role: Self.role, shards: plan.shards)
        }
        try journal.set(.calibratedBy, to: digest)
    }

    func run(_ stage: JobStage, _ toDo: ShardsToDo) async throws {
        let counts = try journal.counts(stage.role)
        let lots = try lotSizes()
        let largest = try lots.max() ?? journal.shards(Self.role).map(\.images).max() ?? 1
        let work = Work.calibrate(
            space: fit.space,
            model: try await coordinator.serve(
                journal.directory.uncalibratedModel, digest: journal.value(.uncalibratedModel)),
            weights: try await coordinator.serve(fit.weights.path, digest: fit.weights.digest),
            order: CalibrationOrder(
                rules: rules, blurBorder: fit.model.blurBorder, largest: largest, leavesLotsOut: !lots.isEmpty))
        try await coordinator.run(
            work, stage, toDo, total: counts.total, before: counts.total - counts.pending,
            instructionSet: cluster.instructionSet)
    }

    /// Writes the job's model: the one that waits, with what was found.
    /// - Returns: its digest.
    func completeModel() throws -> Digest {
        let model = try GaussianModel(path: journal.directory.uncalibratedModel)
        let crew = ThreadCrew(threads: ProcessInfo.processInfo.activeProcessorCount)
        return try model.write(with: calibration(of: model), to: journal.directory.model, crew: crew)
    }

    /// The model's own rule first.
    private var rules: [ImageScore] {
        let usual: [ImageScore] = [.max, .top(percent: 1)]
        return [fit.model.imageScore] + usual.filter { $0 != fit.model.imageScore }
    }

    /// The images of each lot that are in the sums; empty where no lots are left out.
    private func lotSizes() throws -> [Int] {
        let first = try journal.shards(Self.role).first.flatMap {
            try journal.images(first: $0.firstImage, count: 1).first
        }
        guard first?.record.lot != nil else { return [] }
        var sizes: [Int] = []
        while true {
            let images = try journal.images(ofLot: sizes.count, JobPlan.Fit.role).count
            if images == 0 { return sizes }
            sizes.append(images)
        }
    }

    /// Nil where there was nothing to try the model on.
    private func calibration(of model: GaussianModel) throws -> Calibration? {
        let lots = try lotSizes()
        var sum = CalibrationSum(rules: rules, patches: fit.space.patches, lots: lots)
        for shard in try journal.shards(Self.role) {
            let bytes = try journal.payload(ofShard: shard.id)
            let images = try journal.images(first: shard.firstImage, count: shard.images)
            guard
                let payload = CalibrationPayload(
                    bytes: bytes, images: images.count, rules: rules.count, patches: fit.space.patches,
                    withLot: !lots.isEmpty)
            else { throw JournalError.inconsistent("the journal's calibration of shard \(shard.id) is none") }
            try sum.add(payload, images)
        }
        return try sum.calibration(count: model.count)
    }
}
