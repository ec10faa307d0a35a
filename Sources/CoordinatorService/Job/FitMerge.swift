import Cluster
import Compute
import Foundation
import Gaussian
import JobPlanning
import Journal
import Logging
import Settings
import Storage

/// Makes the statistics and the model of a fit's partials: workers that see the job's directory do it, a range of patches at a time, and where
/// there are none this process does it. Both give the same bytes.
struct FitMerge {
    let files: [StatisticsFile]
    let images: ImageMultiset?
    let settings: ModelSettings
    let directory: JobDirectory
    /// Where the model goes.
    let model: String
    let coordinator: Coordinator
    /// What the job forces all to use.
    let forcedSet: InstructionSet?
    let logger: Logger

    struct Made {
        let digest: Digest
        let sums: Digest
        let shareOfZeroChannels: Double
    }

    /// More read no faster than the disk, and each has its memory.
    private static let mostVerifying = 4
    private var cores: Int { ProcessInfo.processInfo.activeProcessorCount }

    /// Both files are durable when it returns.
    /// - Throws: `CovarianceFault` where a covariance has no inverse; `GaussianError`, `StorageError`; what ends the job meanwhile.
    func make() async throws -> Made {
        // A forced instruction set also applies to the inversion, whose bits depend on it.
        let set = forcedSet == .baseline ? .baseline : InstructionSet.best
        await coordinator.willInvert(on: set)
        if let made = try await byWorkers(set) { return made }
        return try await here(set)
    }

    /// - Returns: nil where no worker does it.
    private func byWorkers(_ set: InstructionSet) async throws -> Made? {
        guard await coordinator.hasWorkers else { return nil }
        let target = try MergeTarget(
            of: files, images: .known(images), settings, statistics: directory.statistics, model: model)
        let ranges = target.ranges
        guard let paths = target.temporaryPaths,
            ranges.allSatisfy({ range in
                target.passes.allSatisfy { target.byteCount(of: range, $0) <= Wire.longestPayload }
            })
        else { return nil }
        let folder = try SharedFolder.open(directory)
        let pooledPath = directory.inside(JobLayout.pooled)
        defer {
            SharedFolder.close(directory)
            unlink(pooledPath)
        }
        let parts = files.map { MergePart(path: $0.path.absolute, digest: $0.contentDigest()) }
        var isStillWritten = false
        for pass in target.passes {
            var pooled: Blob?
            if pass == .model {
                try DurableFile.publish(try target.pooled(), to: pooledPath)
                pooled = try await coordinator.serve(pooledPath)
            }
            let order = MergeOrder(
                folder: folder, files: pass == .model ? [] : parts,
                statistics: Folder.name(of: paths.statistics),
                model: pass == .sums ? nil : Folder.name(of: paths.model), pooled: pooled, fused: set != .baseline)
            let end = try await coordinator.merge(order, ranges, pass, into: target, instructionSet: forcedSet)
            if let pooled { await coordinator.withdraw(pooled) }
            guard case .done(let isWritten) = end else { return nil }
            isStillWritten = isStillWritten || isWritten
        }
        do {
            let made = try target.finish(
                isStillWritten: isStillWritten, crew: ThreadCrew(threads: min(Self.mostVerifying, cores)))
            logger.info("workers have merged \(ranges.count) ranges of patches")
            return Made(digest: made.model, sums: made.sums, shareOfZeroChannels: made.shareOfZeroChannels)
        } catch let damage as GaussianError {
            logger.warning("what workers have merged is not sound: \(damage); it is merged here")
            return nil
        }
    }

    private func here(_ set: InstructionSet) async throws -> Made {
        let crew = ThreadCrew(threads: cores)
        try StatisticsMerge.add(files, to: directory.statistics, images: .known(images), syncing: false, crew: crew)
        // The disk takes the sums while the model is made of them.
        let statistics = directory.statistics
        async let synced: Void = DurableFile.sync(statistics)
        let digest = try ModelBuilder.build(
            from: StatisticsFile(path: statistics), settings, to: model, crew: crew, instructionSet: set)
        try await synced
        let sums = try StatisticsFile(path: statistics)
        return Made(
            digest: digest, sums: sums.contentDigest(), shareOfZeroChannels: try sums.shareOfZeroChannels())
    }
}
