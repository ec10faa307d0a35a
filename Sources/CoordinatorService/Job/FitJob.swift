import Cluster
import Compute
import Foundation
import Gaussian
import Journal
import Logging
import PaDiM
import Storage

/// Fits the model: images become sums, sums become a model.
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
        let digest = try await makeModel(weights)
        announce("model.safetensors \(digest)")
        let counts = try journal.counts(.normal)
        announce("fitted \(counts.ok) images, \(counts.failed) unusable")
        if counts.failed > 0 {
            logger.warning(
                "which images were not usable, and why: padim export \(journal.directory.path) --images normal --unusable --csv FILE"
            )
        }
    }

    private func makeModel(_ weights: Blob) async throws -> Digest {
        while true {
            try await accumulate(weights)
            do {
                return try await merge()
            } catch let fault as CovarianceFault {
                // Workers' sums are examined as they come; those that an earlier release took were not.
                let impossible = ImpossiblePartials(
                    journal: journal, continued: fit.continued?.file, epsilon: fit.epsilon, logger: logger)
                guard try impossible.discard(at: fault.patch) else { throw fault }
            }
        }
    }

    /// The inversion has other bits where multiply-adds are not fused: whoever forces the workers means it as well.
    private func inversionSet() async -> InstructionSet {
        let set = cluster.instructionSet == InstructionSet.baseline.rawValue ? .baseline : InstructionSet.best
        await coordinator.willInvert(on: set)
        return set
    }

    private func accumulate(_ weights: Blob) async throws {
        let counts = try journal.counts(.normal)
        guard let toDo = try journal.toDo(.normal, cluster) else { return }
        try journal.set(.phase, to: .accumulating)
        try await coordinator.run(
            .accumulate(space: fit.space, weights: weights), label: "fit", role: .normal, toDo,
            total: counts.total, before: counts.total - counts.pending, instructionSet: cluster.instructionSet,
            epsilon: fit.epsilon)
    }

    /// Adds the committed partials, exactly, and makes the model of the sum.
    private func merge() async throws -> Digest {
        try journal.set(.phase, to: .merging)
        let directory = journal.directory
        let partials = try journal.partials().map { try StatisticsFile(path: directory.partial($0.record.file)) }
        let began = ContinuousClock.now
        try fit.continued?.held.requireUnchanged()
        let files = partials + [fit.continued?.file].compactMap { $0 }
        guard !files.isEmpty else { throw JobError.noneUsable(first: nil) }
        logger.info("adding \(files.count) partials and inverting \(fit.space.patches) covariances")
        let crew = ThreadCrew(threads: ProcessInfo.processInfo.activeProcessorCount)
        let header = try StatisticsMerge.add(files, to: directory.statistics, syncing: false, crew: crew)
        // The disk takes the sums while the model is made of them. Both are durable before the journal has a word of it.
        let statistics = directory.statistics
        async let synced: Void = DurableFile.sync(statistics)
        let digest = try ModelBuilder.build(
            from: StatisticsFile(path: directory.statistics), epsilon: fit.epsilon, blurBorder: fit.blurBorder,
            to: directory.model,
            crew: crew, instructionSet: await inversionSet())
        try await synced
        try requireSame(digest)
        try journal.set(.sums, to: StatisticsFile(path: directory.statistics).contentDigest())
        try journal.set(.madeModel, to: digest)
        try journal.set(.model, to: digest)
        let seconds = began.duration(to: .now).components.seconds
        logger.info(
            "merged \(files.count) partials of \(header.count) images and inverted \(fit.space.patches) covariances in \(seconds) s"
        )
        if try StatisticsFile(path: directory.statistics).shareOfZeroChannels() > 0.99 {
            logger.warning(
                """
                nearly all features are 0 on the fixed-point grid, so the model tells nothing apart; a larger --grid-exponent gives \
                finer steps
                """)
        }
        if let warning = FewImages(images: header.count, channels: fit.space.dimension).warning {
            logger.warning("\(warning)")
        }
        if header.clamped > 0 {
            logger.warning(
                """
                \(header.clamped) features were beyond the fixed-point grid's range and set to its limit; a smaller \
                --grid-exponent gives a wider range
                """)
        }
        return digest
    }

    /// A model that is made again, because its file was damaged or is gone, is to be the one that was made before: images may have
    /// been scored with that.
    private func requireSame(_ digest: Digest) throws {
        guard let before = try journal.value(.madeModel), before != digest else { return }
        let words =
            "the model that was made again is \(digest), and not \(before): images that it learns from have changed"
        guard try journal.shards(.inspect).allSatisfy({ !$0.isCommitted }) else {
            throw JobError.failed(words + ", and some were scored with the former; begin anew, in another directory")
        }
        logger.warning("\(words)")
    }
}

extension JournalKey where Value == Digest {
    /// Of the content of statistics.safetensors.
    static var sums: Self { Self("sums") }
}
