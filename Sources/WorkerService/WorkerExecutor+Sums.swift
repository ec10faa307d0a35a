import Cluster
import Gaussian
import Storage

/// The sums of the stage: written into the job's directory, or sent in chunks, until they are safe.
extension WorkerExecutor {
    func store(upload: UploadID) {
        order { given in
            guard given == self.generation, let runner = self.runner, let sums = self.sumsZeroedIfDue() else { return }
            do {
                // Of no images there is no file.
                guard let file = runner.sumsFile, sums.count > 0 else {
                    return self.report(.notStored(upload: upload), given)
                }
                let written = try file.write(
                    sums, as: upload, isVoid: { given != self.generation },
                    filled: { self.report(.filled(upload: upload, file: $0), given) })
                self.report(.stored(upload: upload, written), given)
            } catch {
                guard given == self.generation else { return }
                self.logger.warning("the sums are sent, and not written into the job's directory: \(error)")
                self.report(.notStored(upload: upload), given)
            }
        }
    }

    func offer(session: SessionID, upload: UploadID, chunkPatches: Int) {
        order { given in
            guard given == self.generation, let sums = self.sumsZeroedIfDue() else { return }
            let chunks = (sums.patches + chunkPatches - 1) / chunkPatches
            _ = try? self.deliver(
                .offer(
                    session: session, upload: upload, images: sums.count, clamped: sums.clamped, chunks: chunks,
                    samples: sums.samples == sums.count ? nil : sums.samples), [])
        }
    }

    func sendChunk(session: SessionID, upload: UploadID, index: Int, chunkPatches: Int) {
        order { given in
            guard given == self.generation, let sums = self.sumsZeroedIfDue() else { return }
            let first = index * chunkPatches
            let bytes = try? sums.withChunk(patches: first..<min(first + chunkPatches, sums.patches)) { Array($0) }
            guard let bytes else { return }
            _ = try? self.deliver(.chunk(session: session, upload: upload, index: index), bytes)
        }
    }

    /// Not at once: after the last upload of a stage nobody uses them any more.
    func zeroSums() { order { _ in self.areSumsToBeZeroed = true } }

    /// The stage's sums, set to zero first if that is due.
    func sumsZeroedIfDue() -> Statistics? {
        let sums = runner?.sums
        if areSumsToBeZeroed { sums?.reset() }
        areSumsToBeZeroed = false
        return sums
    }
}
