import Cluster
import Storage

/// A range of a merge, as `RangeMerge` does it: the file is opened once, written in pieces, and closed. A death and a pause fit between any
/// two steps.
extension SimulatedExecutor {
    /// Where the merge of a stage is done; nil where the worker does not see that the job goes on.
    static func folder(of order: MergeOrder, _ worker: SimulatedWorker) -> JobFolder? {
        guard worker.spec.seesDirectory else { return nil }
        return worker.world.folders.first {
            "/job\($0.spec.number)" == order.folder.directory && $0.probe == order.folder.probeValue
        }
    }

    func mergeRange(_ lease: LeaseID, _ patches: Range<Int>, _ given: Int, _ worker: SimulatedWorker) {
        guard case .merge(let order)? = runner?.stage.work, let folder = Self.folder(of: order, worker),
            let file = Int(order.model ?? order.statistics), folder.disk.hasTemporary(file, in: "results"),
            let records = records(order, patches, folder)
        else { return giveUpMerge(lease, "the job is over", given, worker) }
        let (spec, machine, images) = (folder.spec, worker.machine, folder.imagesMerged)
        let size = PartialFile.recordBytes(spec)
        var checks = patches.enumerated().flatMap { place, patch in
            PartialFile.check(records[place * size..<(place + 1) * size], patch: patch, images: images)
        }
        if worker.world.lies(.shortChunk) { checks.removeLast() }
        func write(_ bytes: Range<Int>) throws {
            if folder.published.contains(file) { folder.violate("a worker writes into a file that has its name") }
            try folder.disk.write(
                file, Array(records[bytes]), at: PartialFile.offset(patch: patches.lowerBound, spec) + bytes.lowerBound,
                on: machine)
            folder.disk.close(file, on: machine)
        }
        let half = records.count / 16 * 8
        perform(
            [
                { _ in try write(0..<half) }, { _ in try write(half..<records.count) },
                { executor in
                    worker.world.tally.count("range merged")
                    executor.report(.reported(lease: lease, .merged(checks)), given, worker)
                },
            ], worker
        ) { executor in
            executor.dropRunner()
            executor.report(.reported(lease: lease, .abandoned(reason: "the disk is full")), given, worker)
        }
    }

    private func giveUpMerge(_ lease: LeaseID, _ reason: String, _ given: Int, _ worker: SimulatedWorker) {
        dropRunner()
        report(.reported(lease: lease, .abandoned(reason: reason)), given, worker)
        finish(worker)
    }

    /// The sums of some patches: of the partials, or those that are there already.
    private func records(_ order: MergeOrder, _ patches: Range<Int>, _ folder: JobFolder) -> [UInt8]? {
        guard order.files.isEmpty else { return folder.merged()?.chunk(patches: patches) }
        let file = Int(order.statistics).flatMap(folder.disk.content)
        guard let all = PartialFile.records(of: file, images: folder.imagesMerged, folder.spec) else { return nil }
        let size = PartialFile.recordBytes(folder.spec)
        return Array(all[patches.lowerBound * size..<patches.upperBound * size])
    }
}
