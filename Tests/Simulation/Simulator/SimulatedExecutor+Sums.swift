import Cluster
import Storage

/// Sums that a worker writes into the job's directory itself, as `SumsFile` does: a death, a pause and a power cut fit between any two
/// steps.
extension SimulatedExecutor {
    /// Where the sums of the stage are written; nil where the worker does not see that the job goes on.
    func sumsFolder(_ worker: SimulatedWorker) -> JobFolder? {
        guard let wanted = runner?.stage.work.folderOfSums else { return nil }
        return worker.world.folders.first {
            "/job\($0.spec.number)" == wanted.directory
                && ($0.probe == wanted.probeValue || worker.world.flaw == .writeAfterTheEnd)
        }
    }

    func storeSums(_ upload: UploadID, _ given: Int, _ worker: SimulatedWorker) {
        guard given == generation, let sums = runner?.sums else { return finish(worker) }
        let world = worker.world
        guard sums.images > 0, let folder = sumsFolder(worker) else {
            report(.notStored(upload: upload), given, worker)
            return finish(worker)
        }
        var bytes = PartialFile.file(sums)
        if world.isFaulty, world.dice.oneIn(world.scenario.processes.liesOneIn) {
            var record = sums.chunk(patches: 0..<1)
            spoil(&record, world.dice)
            bytes = PartialFile.file(sums.withFirstRecord(record))
        }
        let isLie = world.lies(.noSums)
        let written = WrittenSums(
            images: sums.images + (world.lies(.wrongCount) ? 1 : 0), clamped: 0, samples: sums.images,
            byteCount: Int64(bytes.count), digest: Digest(of: isLie ? bytes + [1] : bytes))
        if isLie, world.lieDice.percent(50) {
            report(.stored(upload: upload, written), given, worker)
            return finish(worker)
        }
        write(bytes, upload, folder, given, worker) { executor in
            executor.report(.stored(upload: upload, written), given, worker)
        }
    }

    private func write(
        _ bytes: [UInt8], _ upload: UploadID, _ folder: JobFolder, _ given: Int, _ worker: SimulatedWorker,
        then tell: @escaping (SimulatedExecutor) -> Void
    ) {
        let (name, machine) = (JobLayout.partial(of: upload), worker.machine)
        var file = 0
        var steps: [(SimulatedExecutor) throws -> Void] = [
            { executor in
                file = try folder.disk.create(in: "partials")
                try folder.disk.write(file, bytes, at: 0, on: machine)
                executor.report(.filled(upload: upload, file: "\(name).\(file)"), given, worker)
            },
            { _ in try folder.disk.sync(file) },
            { executor in
                guard executor.generation == given, executor.sumsFolder(worker) === folder,
                    folder.disk.hasTemporary(file, in: "partials")
                else { throw UploadIsOver() }
                folder.workerNames(file, name, bytes, on: machine)
            },
            { _ in folder.disk.syncFolder("partials") },
            { executor in tell(executor) },
        ]
        if worker.world.flaw == .reportSumsBeforeSync { steps = [0, 2, 4, 1, 3].map { steps[$0] } }
        perform(steps[...], worker) { executor in
            worker.world.tally.count("sums not stored")
            folder.disk.drop(file, in: "partials")
            executor.report(.notStored(upload: upload), given, worker)
        }
    }

    /// Does one step after the other.
    /// - Parameter fail: called where one fails; the others are not done then.
    func perform(
        _ steps: ArraySlice<(SimulatedExecutor) throws -> Void>, _ worker: SimulatedWorker,
        fail: @escaping (SimulatedExecutor) -> Void
    ) {
        guard let step = steps.first else { return finish(worker) }
        let longest = max(5, min(worker.world.scenario.disk.slowness, 2_000))
        let executor = self
        worker.later(worker.world.dice.draw(Int64(0)...longest)) { worker in
            guard worker.executor === executor else { return }
            do {
                try step(executor)
            } catch {
                if let full = error as? DiskFull { worker.world.tally.count("disk full for \(full.what)") }
                fail(executor)
                return executor.finish(worker)
            }
            if worker.world.mischief.killsWriterNow() { return worker.crash() }
            executor.perform(steps.dropFirst(), worker, fail: fail)
        }
    }
}

/// The upload's session, or its job, is over.
private struct UploadIsOver: Error {}
