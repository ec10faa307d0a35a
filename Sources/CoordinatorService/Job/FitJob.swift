import Cluster
import Compute
import Foundation
import Gaussian
import Journal
import Logging
import PaDiM
import Storage

/// Fits the model: the grid is fixed, images become sums, sums become a model.
struct FitJob {
    let fit: JobPlan.Fit
    let cluster: ClusterOptions
    let journal: Journal
    let coordinator: Coordinator
    let logger: Logger

    func run(_ announce: @Sendable (String) -> Void) async throws {
        if let digest = try journal.value(.model), FileManager.default.fileExists(atPath: journal.directory.model) {
            announce("model.safetensors \(digest) (fitted before)")
            return
        }
        let weights = try await coordinator.serve(fit.weights.path, digest: fit.weights.digest)
        let grid = try await fixGrid(weights)
        try await accumulate(weights, grid)
        let digest = try await merge()
        announce("model.safetensors \(digest)")
        let counts = try journal.counts(.normal)
        announce("fitted \(counts.ok) images, \(counts.failed) unusable")
        if counts.failed > 0 {
            logger.warning(
                "which images were not usable, and why: padim export \(journal.directory.path) --images normal --csv FILE"
            )
        }
    }

    /// The job's fixed-point grid: given, fixed by a former run, or from the first shard that has a usable image.
    private func fixGrid(_ weights: Blob) async throws -> FixedPointGrid {
        if let fixed = try journal.value(.grid) { return fixed }
        if let given = fit.grid {
            try journal.set(.grid, to: given)
            return given
        }
        try journal.set(.phase, to: .calibrating)
        // The first shard's worth of images, as far as no worker dies of them: the same ones however often a shard was split.
        let shards = try journal.shards(.normal)
        let counts = try journal.counts(.normal)
        var failures = (count: 0, first: nil as String?)
        guard let begin = shards.first?.firstImage else { throw JobError.failed("the list has no images") }
        for window in Dictionary(grouping: shards, by: { ($0.firstImage - begin) / Int64(cluster.shardSize) }).sorted(
            by: { $0.key < $1.key })
        {
            let open = window.value.filter { !$0.isCommitted }
            let images = open.reduce(0) { $0 + $1.images }
            guard images > 0 else { continue }
            let ending = try await coordinator.run(
                .calibrate(space: fit.space, weights: weights), label: "calibrate", role: .normal,
                ShardsToDo(
                    shards: open.map(ShardRange.init), lastShard: journal.lastShard(), failures: 0, mostFailures: .max,
                    deaths: open.deaths),
                total: images, before: 0, instructionSet: cluster.instructionSet)
            guard case .calibrated(let calibration) = ending else { continue }
            guard calibration.maxima.contains(where: { $0 > 0 }) else {
                // They are counted when they are folded; here they only must not lead through the whole list.
                failures.count += calibration.failures.count
                failures.first = failures.first ?? calibration.failures.first?.reason
                let most = cluster.mostFailures(of: counts.total)
                guard failures.count <= most else {
                    throw JobError.tooManyFailures(failures.count, most: most, first: failures.first)
                }
                continue
            }
            let grid = try FixedPointGrid.fixing(maxima: calibration.maxima, taps: fit.space.tapOfChannels())
            try journal.set(.grid, to: grid)
            return grid
        }
        throw JobError.noneUsable(first: failures.first)
    }

    /// The inversion has other bits where multiply-adds are not fused: whoever forces the workers means it as well.
    private func inversionSet() async -> InstructionSet {
        let set = cluster.instructionSet == InstructionSet.baseline.rawValue ? .baseline : InstructionSet.best
        await coordinator.willInvert(on: set)
        return set
    }

    private func accumulate(_ weights: Blob, _ grid: FixedPointGrid) async throws {
        let counts = try journal.counts(.normal)
        guard let toDo = try journal.toDo(.normal, cluster) else { return }
        try journal.set(.phase, to: .accumulating)
        _ = try await coordinator.run(
            .accumulate(space: fit.space, grid: grid, weights: weights), label: "fit", role: .normal, toDo,
            total: counts.total, before: counts.total - counts.pending, instructionSet: cluster.instructionSet)
    }

    /// Adds the committed partials, exactly, and makes the model of the sum.
    private func merge() async throws -> Digest {
        try journal.set(.phase, to: .merging)
        let directory = journal.directory
        let partials = try journal.partials().map { try StatisticsFile(path: directory.partial($0.record.file)) }
        let began = ContinuousClock.now
        let files = partials + [fit.continued?.file].compactMap { $0 }
        guard !files.isEmpty else { throw JobError.noneUsable(first: nil) }
        logger.info("adding \(files.count) partials and inverting \(fit.space.patches) covariances")
        let crew = ThreadCrew(threads: ProcessInfo.processInfo.activeProcessorCount)
        let header = try StatisticsMerge.add(files, to: directory.statistics, syncing: false, crew: crew)
        // The disk takes the sums while the model is made of them. Both are durable before the journal has a word of it.
        let statistics = directory.statistics
        async let synced: Void = DurableFile.sync(statistics)
        let digest = try ModelBuilder.build(
            from: StatisticsFile(path: directory.statistics), epsilon: fit.epsilon, to: directory.model,
            crew: crew, instructionSet: await inversionSet())
        try await synced
        try journal.set(.model, to: digest)
        let seconds = began.duration(to: .now).components.seconds
        logger.info(
            "merged \(files.count) partials of \(header.count) images and inverted \(fit.space.patches) covariances in \(seconds) s"
        )
        if header.clamped > 0 {
            logger.warning("\(header.clamped) values were beyond the fixed-point grid's range and clamped")
        }
        return digest
    }
}

extension JournalKey where Value == FixedPointGrid {
    /// The grid that the job's sums are on.
    static var grid: Self { Self("grid") }
}
