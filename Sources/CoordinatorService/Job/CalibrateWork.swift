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
        if try keepsLotsApart, let damage = try damageOfSums() { return .productDamaged(damage) }
        if try journal.value(.calibratedBy) != digest {
            guard try register(try GaussianModel(path: path).count, digest: found) else { return .nothingToMerge }
        }
        return .prepared(
            StageFacts(
                mapBounds: MapBounds(of: subject.space.input),
                hasTakenUpImages: true))
    }

    /// Whether some lots' sums are kept apart from the others'.
    private var keepsLotsApart: Bool {
        get throws { try subject.isOfJob && journal.shards(JobPlan.Fit.role).contains { $0.lot != nil } }
    }

    /// Why lots' sums cannot be taken out of the job's; nil where they can.
    private func damageOfSums() throws -> String? {
        do {
            let sums = try StatisticsFile(path: journal.directory.statistics)
            try sums.verify()
            return try sums.contentDigest() == journal.value(.sums)
                ? nil : "\(sums.path) holds other sums than the job's"
        } catch let error as JournalError {
            throw error
        } catch {
            return "\(error)"
        }
    }

    /// - Returns: false where a model that was given has no image to be calibrated on.
    private func register(_ count: Int64, digest: Digest) throws -> Bool {
        try journal.forgetImages(Self.role)
        // The page shows the images of the former model. `padim suspects --report` writes it anew.
        unlink(journal.directory.inside(JobLayout.suspects))
        let plan = try CalibrationPlan(
            journal, role: JobPlan.Fit.role, count: count, settings: settings, shardSize: cluster.shardSize,
            input: subject.space.input, members: subject.members)
        if let obstacle = plan.lotsObstacle {
            logger.log(
                level: settings.areLotsAskedFor ? .warning : .info,
                "no lots are left out of the model, since \(obstacle): it is calibrated by image only")
        }
        if plan.outside > 0 {
            logger.warning(
                """
                \(plan.outside) of the calibration's \(plan.images.count) images are not in the model, and are scored by the model as it is: \
                images that were taken out of its sums do not belong on the list
                """)
        }
        if plan.images.isEmpty {
            guard subject.isOfJob else { return false }
            logger.warning(
                "the model is not calibrated: it has fewer than three images, or an earlier release folded some of them"
            )
        } else {
            if let lots = plan.lots { try journal.setLots(lots, JobPlan.Fit.role) }
            try journal.register(plan.images, role: Self.role, shards: plan.shards)
        }
        try journal.set(.calibratedBy, to: digest)
        return true
    }

    func run(_ stage: JobStage, _ toDo: ShardsToDo) async throws {
        let first = try journal.shards(Self.role).first { $0.id == toDo.shards.first?.id }
        try await withWork(ofShard: first) { work in
            let counts = try journal.counts(stage.role)
            try await coordinator.run(
                work, stage, toDo, total: counts.total, before: counts.total - counts.pending,
                instructionSet: cluster.instructionSet, members: subject.members)
        }
    }

    /// What workers are told of a shard and the others of its lot, while they do it.
    func withWork<Result>(
        ofShard shard: ShardRecord?, _ body: (Work) async throws -> Result
    ) async throws -> Result {
        let shards = try journal.shards(Self.role)
        guard let lot = shard?.lot else {
            let shared = shards.filter { $0.lot == nil }
            let sizes = try lotSizes()
            let apart = Set(shards.compactMap(\.lot))
            let largest = sizes.filter { !apart.contains($0.key) }.values.max() ?? shared.map(\.images).max() ?? 1
            return try await body(
                work(order(largest: largest, leavesLotsOut: !sizes.isEmpty), withoutLot: nil))
        }
        let largest = shards.filter { $0.lot != nil }.map(\.images).max() ?? 1
        let model = try lotModel(lot)
        defer { unlink(model.path) }
        let blob = try await coordinator.serve(model.path, digest: model.digest)
        let result = try await body(work(order(largest: largest, leavesLotsOut: false), withoutLot: blob))
        await coordinator.withdraw(blob)
        return result
    }

    private func work(_ order: CalibrationOrder, withoutLot: Blob?) async throws -> Work {
        .calibrate(
            space: subject.space,
            model: try await coordinator.serve(subject.path, digest: subject.digest),
            weights: try await coordinator.serve(subject.weights.path, digest: subject.weights.digest), order: order,
            withoutLot: withoutLot)
    }

    private func order(largest: Int, leavesLotsOut: Bool) -> CalibrationOrder {
        CalibrationOrder(
            rules: rules, blurBorder: subject.settings.blurBorder, largest: largest, leavesLotsOut: leavesLotsOut)
    }

    private func lotModel(_ lot: Int) throws -> (path: String, digest: Digest) {
        let began = ContinuousClock.now
        let model = try LotModel(
            journal: journal, settings: subject.settings,
            instructionSet: cluster.instructionSet == .baseline ? .baseline : .best
        ).make(without: lot, crew: ThreadCrew(threads: ProcessInfo.processInfo.activeProcessorCount))
        let milliseconds = began.duration(to: .now) / .milliseconds(1)
        logger.info("made the model without lot \(lot) in \(Int(milliseconds)) ms")
        return model
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
    private func lotSizes() throws -> [Int: Int] {
        let first = try journal.shards(Self.role).first.flatMap {
            try journal.images(first: $0.firstImage, count: 1).first
        }
        guard first?.record.lot != nil else { return [:] }
        return try journal.lotSizes(JobPlan.Fit.role)
    }

    /// Nil where there was nothing to try the model on.
    private func calibration(of model: GaussianModel) throws -> Calibration? {
        let lots = try lotSizes()
        let shards = try journal.shards(Self.role)
        var lotMeans: [Int: [Double]] = [:]
        for lot in Set(shards.compactMap(\.lot)) { lotMeans[lot] = try journal.value(.lotMean(lot)) }
        var sum = CalibrationSum(
            rules: rules, patches: subject.space.patches, lots: lots,
            order: lots.isEmpty ? [] : try journal.lotOrder(JobPlan.Fit.role), lotMeans: lotMeans)
        for shard in shards {
            let bytes = try journal.payload(ofShard: shard.id)
            let images = try journal.images(first: shard.firstImage, count: shard.images)
            guard
                let payload = CalibrationPayload(
                    bytes: bytes, images: images.count, rules: rules.count, patches: subject.space.patches,
                    lots: shard.lot != nil ? .byOwnModel : lots.isEmpty ? .none : .dealtAsOne)
            else { throw JournalError.inconsistent("the journal's calibration of shard \(shard.id) is none") }
            try sum.add(payload, images)
        }
        return try sum.calibration(count: model.count)
    }
}
