import Backbone
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

/// The model that is calibrated.
struct CalibratedModel {
    let path: String
    /// Nil where it is none yet.
    let digest: Digest?
    /// Whether the job made it, and can make it again.
    let isOfJob: Bool
    let space: FeatureSpace
    let settings: ModelSettings
    let weights: FoundWeights
    /// Which images it has; nil: all of the job's.
    let members: ImageMultiset?
}

/// Tries the model on its own images: each is scored by the model without it, and by the model without its lot.
struct CalibrateWork: StageWork {
    private static let role = ImageRole.calibration

    let subject: CalibratedModel
    let settings: CalibrationSettings
    let cluster: ClusterOptions
    let journal: Journal
    let coordinator: Coordinator
    let logger: Logger

    /// Takes up the images, unless they are those of this model already.
    func prepare() throws -> JobEvent {
        let (path, digest) = (subject.path, subject.digest)
        guard let found = try? Digest(ofFile: path), found == digest else {
            guard subject.isOfJob else {
                throw JobError.failed(
                    "\(path) is not what it was when the job began: bring it back, or begin another job")
            }
            return .productDamaged("\(path) is damaged, or gone")
        }
        if try journal.value(.calibratedBy) != digest {
            guard try register(try GaussianModel(path: path).count, digest: found) else { return .nothingToMerge }
        }
        return .prepared(
            StageFacts(
                mapBounds: MapBounds(height: subject.space.input.height, width: subject.space.input.width),
                hasTakenUpImages: true))
    }

    /// - Returns: false where a model that was given has no image to be calibrated on.
    private func register(_ count: Int64, digest: Digest) throws -> Bool {
        try journal.forgetImages(Self.role)
        let plan = try CalibrationPlan(
            journal, role: JobPlan.Fit.role, count: count, settings: settings, shardSize: cluster.shardSize,
            members: subject.members)
        if let obstacle = plan.lotsObstacle {
            logger.info("no lots are left out of the model, since \(obstacle): it is calibrated by image only")
        }
        if plan.outside > 0 {
            logger.info(
                "\(plan.outside) of the calibration's \(plan.images.count) images are not in the model, and are scored by the model as it is"
            )
        }
        if plan.images.isEmpty {
            guard subject.isOfJob else { return false }
            logger.warning(
                "the model is not calibrated: it has fewer than three images, or an earlier release folded some of them"
            )
        } else {
            try journal.setLots(plan.lots, JobPlan.Fit.role)
            try journal.register(plan.images, role: Self.role, shards: plan.shards)
        }
        try journal.set(.calibratedBy, to: digest)
        return true
    }

    func run(_ stage: JobStage, _ toDo: ShardsToDo) async throws {
        let counts = try journal.counts(stage.role)
        let lots = try lotSizes()
        let largest = try lots.max() ?? journal.shards(Self.role).map(\.images).max() ?? 1
        let work = Work.calibrate(
            space: subject.space,
            model: try await coordinator.serve(subject.path, digest: subject.digest),
            weights: try await coordinator.serve(subject.weights.path, digest: subject.weights.digest),
            order: CalibrationOrder(
                rules: rules, blurBorder: subject.settings.blurBorder, largest: largest, leavesLotsOut: !lots.isEmpty))
        try await coordinator.run(
            work, stage, toDo, total: counts.total, before: counts.total - counts.pending,
            instructionSet: cluster.instructionSet, members: subject.members)
    }

    /// Writes the job's model: the one that waits, with what was found.
    /// - Returns: its digest.
    func completeModel() throws -> Digest {
        let model = try GaussianModel(path: subject.path)
        let crew = ThreadCrew(threads: ProcessInfo.processInfo.activeProcessorCount)
        return try model.write(with: calibration(of: model), to: journal.directory.model, crew: crew)
    }

    /// The model's own rule first.
    private var rules: [ImageScore] {
        let usual: [ImageScore] = [.max, .top(percent: 1)]
        return [subject.settings.imageScore] + usual.filter { $0 != subject.settings.imageScore }
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
        var sum = CalibrationSum(rules: rules, patches: subject.space.patches, lots: lots)
        for shard in try journal.shards(Self.role) {
            let bytes = try journal.payload(ofShard: shard.id)
            let images = try journal.images(first: shard.firstImage, count: shard.images)
            guard
                let payload = CalibrationPayload(
                    bytes: bytes, images: images.count, rules: rules.count, patches: subject.space.patches,
                    withLot: !lots.isEmpty)
            else { throw JournalError.inconsistent("the journal's calibration of shard \(shard.id) is none") }
            try sum.add(payload, images)
        }
        return try sum.calibration(count: model.count)
    }
}
