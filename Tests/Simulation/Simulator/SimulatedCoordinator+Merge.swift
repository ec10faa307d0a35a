import Cluster
import JobRules
import Storage

/// A merge under way: the files that workers write, and in how many passes.
struct SimulatedMerge {
    let sums: Sums
    /// The file of the sums, and that of a second pass.
    let statistics: Int
    var second: Int?
    var isStillWritten = false

    /// The file that is written in this pass.
    var target: Int { second ?? statistics }
}

/// The sums of a fit, merged by workers as `FitMerge` has it; or here, where no worker does it.
extension SimulatedCoordinator {
    func beginMerge(_ sums: Sums) throws {
        folder.imagesMerged = sums.images
        folder.probe = "\(world.now)"
        merging = SimulatedMerge(sums: sums, statistics: try newTarget(sums))
        openPass()
    }

    /// A file that is reserved, with its header.
    private func newTarget(_ sums: Sums) throws -> Int {
        let file = try folder.disk.create(in: "results")
        let size = PartialFile.checkOffset(patch: folder.spec.patches, folder.spec)
        let header = PartialFile.header(images: sums.images)
        try folder.disk.write(file, header + [UInt8](repeating: 0, count: size - header.count), at: 0)
        try folder.disk.sync(file)
        return file
    }

    private func openPass() {
        guard let merging else { return }
        folder.mergeTarget = merging.target
        stageNumber += 1
        let spec = folder.spec
        let order = MergeOrder(
            folder: SharedFolder(
                directory: "/job\(spec.number)", probe: "seen", probeValue: folder.probe ?? ""),
            files: merging.second == nil
                ? folder.journal.partials().map { MergePart(path: $0.record.file, digest: $0.record.digest) } : [],
            statistics: "\(merging.statistics)", model: merging.second.map { "\($0)" }, pooled: nil, fused: true)
        let ranges = (0..<spec.patches).map {
            ShardRange(
                id: ShardID(rawValue: Int64($0 + 1)), first: ImageID(rawValue: Int64($0)), count: 1)
        }
        note("has workers merge \(ranges.count) ranges")
        feed(
            .openStage(
                Stage(number: stageNumber, work: .merge(order: order)),
                ShardsToDo(
                    shards: ranges, lastShard: ShardID(rawValue: Int64(ranges.count)), failures: 0,
                    mostFailures: .max)))
    }

    /// Workers have done all ranges of a pass.
    func passDone() {
        guard var merge = merging else { return }
        merge.isStillWritten = merge.isStillWritten || core.mayStillMerge
        let content = folder.disk.content(of: merge.target)
        if PartialFile.records(of: content, images: merge.sums.images, folder.spec)
            != merge.sums.chunk(patches: 0..<folder.spec.patches)
        {
            folder.violate("what workers have merged is not the sum of the partials")
        }
        do {
            // As with shrinkage, which inverts when all sums are there.
            if merge.second == nil, folder.spec.dimension == 2 {
                merge.second = try newTarget(merge.sums)
                merging = merge
                return openPass()
            }
            merging = nil
            try finish(merge)
        } catch {
            merging = nil
            tellJob(.failed(error))
        }
    }

    /// The files get their names; those that somebody may be writing still are given up for copies.
    private func finish(_ merge: SimulatedMerge) throws {
        folder.mergeTarget = nil
        folder.probe = nil
        var file = merge.statistics
        if merge.isStillWritten {
            world.tally.count("merged file copied")
            file = try newTarget(merge.sums)
            try folder.disk.write(file, folder.disk.content(of: merge.statistics) ?? [], at: 0)
            folder.disk.drop(merge.statistics, in: "results")
        }
        try folder.disk.sync(file)
        if world.mischief.killsCoordinatorNow() { return world.killCoordinator() }
        folder.disk.rename(file, to: "statistics", in: "results")
        folder.published = [file]
        if let second = merge.second { folder.disk.drop(second, in: "results") }
        world.tally.count("merged by workers")
        mergeDone(merge.sums)
    }

    /// No worker does it.
    func mergeDeclined() {
        guard let merge = merging else { return }
        dropMerge()
        world.tally.count("merge declined")
        later(world.dice.draw(Int64(0)...20)) { $0.mergeDone(merge.sums) }
    }

    /// Gives up the files of the merge under way.
    func dropMerge() {
        for file in [merging?.statistics, merging?.second].compactMap({ $0 }) { folder.disk.drop(file, in: "results") }
        merging = nil
        folder.mergeTarget = nil
        folder.probe = nil
    }
}
