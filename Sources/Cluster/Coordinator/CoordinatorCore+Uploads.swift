import Gaussian
import Storage

/// How sums become durable: a checkpoint is asked for, chunks are fetched in a window, the partial is committed.
extension CoordinatorCore {
    /// A worker's sums are due to be made durable: enough of them, for long enough, nothing more to add, or danger ahead.
    private func isCheckpointDue(_ worker: WorkerRecord) -> Bool {
        guard !worker.folded.isEmpty else { return false }
        let longEnough =
            worker.gatheringSince.map { checkpoints.isDue(after: now.since($0), before: dealingRule.queueTime) }
            ?? false
        // A worker's memory holds so many samples, whatever they are; images have up to so many each.
        let fewEnough = Int(Statistics.maximumSamplesInMemory) / 2 / (stage?.work.sums?.samplesPerImage.upperBound ?? 1)
        // A relay's sums are those of many workers.
        let workersBehind = max(1, (worker.mostLeases ?? 1) / max(1, limits.shardsInFlight))
        let (product, overflow) = limits.checkpointImages.multipliedReportingOverflow(by: workersBehind)
        let many = overflow ? Int.max : product
        let isNothingLeft =
            isOpenEnded ? isGathering || shards.pending == 0 && hasQueueAboveEnded : shards.pending == 0
        return worker.foldedImages >= min(many, fewEnough) || longEnough || stopping != nil
            || worker.leaving
            || worker.prepared == nil || isSuspectNext || isNothingLeft
            || worker.number == checkpointNext
    }

    /// Has a worker whose sums are due wait for its turn. Until then it works on.
    mutating func applyForUpload(_ address: WorkerAddress) {
        guard let worker = workers[address], worker.upload == nil, stage?.work.sums != nil else { return }
        // Where it would be dealt more, it is called first, and then finishes what it has; else it finishes first.
        let finishes = worker.leases.isEmpty || (shards.pending > 0 && stopping == nil && !worker.leaving)
        if isCheckpointDue(worker) && finishes || isLastOfWorker(worker) {
            _ = uploads.apply(worker.session)
        } else {
            uploads.withdraw(worker.session)
        }
    }

    /// The time between checkpoints is shared among all workers: one is due whenever a worker's share of it has gone by. So many
    /// workers with few shards each have something safe before their end, and do not all come at once.
    mutating func spreadCheckpoints() {
        guard stage?.work.sums != nil, uploads.isIdle,
            now.since(lastCheckpoint)
                >= max(limits.checkpointSpacing, checkpoints.interval / Int64(max(1, workers.count)))
        else { return }
        var first: (since: Instant, number: Int64)?
        workers.lookAtAll { worker in
            // All workers behind a relay wait while its sums are collected: that is done no sooner than it must.
            guard let since = worker.gatheringSince, worker.upload == nil, worker.mostLeases == nil else { return }
            if first.map({ (since, worker.number) < ($0.since, $0.number) }) ?? true { first = (since, worker.number) }
        }
        checkpointNext = first?.number
    }

    /// Asks for a worker's sums when it is its turn and it holds no shard whose images are half in them.
    mutating func checkpoint(_ address: WorkerAddress) {
        guard let worker = workers[address], worker.upload == nil, worker.leases.isEmpty, !worker.folded.isEmpty,
            uploads.isCalled(worker.session), let sums = stage?.work.sums
        else { return }
        let perPatch = Statistics.chunkByteCount(patches: 1, dimension: sums.dimension)
        let upload = Upload(
            number: UploadID(rawValue: nextNumber()), shards: worker.folded,
            chunkPatches: min(max(1, limits.chunkBytes / perPatch), sums.patches),
            patches: sums.patches, dimension: sums.dimension, began: now, lastSent: now)
        workers.update(address) {
            $0.upload = upload
            $0.progressed = now
        }
        uploads.begin(upload.number, of: worker.session)
        lastCheckpoint = now
        checkpointNext = nil
        ask(for: upload, worker)
    }

    private mutating func ask(for upload: Upload, _ worker: WorkerRecord) {
        send(
            .checkpoint(session: worker.session, upload: upload.number, chunkPatches: upload.chunkPatches),
            to: worker.address)
    }

    mutating func offer(
        _ address: WorkerAddress, _ number: UploadID, _ images: Int64, samples: Int64, _ clamped: Int64, _ chunks: Int
    ) {
        guard let upload = workers[address]?.upload, upload.number == number, !upload.open,
            let perImage = stage?.work.sums?.samplesPerImage
        else { return }
        if let fault = fault(of: upload, images, samples: samples, perImage, clamped) {
            return breach(address, fault)
        }
        guard chunks == upload.chunks else {
            return breach(
                address, "it offered its sums in \(chunks) chunks, where \(upload.chunks) chunks are due")
        }
        workers.update(address) { $0.progressed = now }
        workers.updateUpload(address) {
            $0.open = true
            $0.repeats = 0
            $0.missing = Array((0..<upload.chunks).reversed())
        }
        directives.append(
            .openPartial(
                upload: number, images: images, clamped: clamped, samples: samples == images ? nil : samples))
        fillWindow(address)
    }

    private mutating func fillWindow(_ address: WorkerAddress) {
        guard var upload = workers[address]?.upload, upload.open, let session = workers[address]?.session else {
            return
        }
        var wanted: [Int] = []
        // A chunk may be larger than is aimed at: it holds one patch at least.
        let bytes = Statistics.chunkByteCount(patches: upload.chunkPatches, dimension: upload.dimension)
        let window = min(limits.window, max(1, limits.window * limits.chunkBytes / max(1, bytes)))
        while upload.asked.count + upload.storing.count < window, let next = upload.missing.popLast() {
            upload.asked[next] = now
            wanted.append(next)
        }
        workers.update(address) { $0.upload = upload }
        if !wanted.isEmpty { send(.send(session: session, upload: upload.number, chunks: wanted), to: address) }
    }

    mutating func chunk(_ address: WorkerAddress, _ number: UploadID, _ index: Int, _ bytes: [UInt8]) {
        guard let upload = workers[address]?.upload, upload.number == number, upload.asked[index] != nil else { return }
        let patches = upload.patches(of: index)
        guard bytes.count == Statistics.chunkByteCount(patches: patches.count, dimension: upload.dimension) else {
            return breach(address, "it sent a chunk of \(bytes.count) bytes for \(patches.count) patches")
        }
        workers.update(address) { $0.progressed = now }
        workers.updateUpload(address) {
            $0.asked[index] = nil
            $0.repeats = 0
            $0.storing.insert(index)
        }
        directives.append(.storeChunk(upload: number, index: index, patches: patches, bytes: bytes))
    }

    mutating func chunkStored(_ number: UploadID, _ index: Int) {
        guard let worker = uploader(of: number) else { return }
        workers.updateUpload(worker.address) { $0.storing.remove(index) }
        fillWindow(worker.address)
        guard let upload = workers[worker.address]?.upload, upload.missing.isEmpty, upload.asked.isEmpty,
            upload.storing.isEmpty, !upload.committing
        else { return }
        commit(worker.address, upload, written: nil)
    }

    mutating func partialCommitted(_ number: UploadID) {
        // The worker may have died meanwhile; its sums are safe all the same.
        let partial = committing.removeValue(forKey: number)
        for shard in partial?.shards ?? [] { shards.commit(shard) }
        breachesInARow = 0
        let worker = uploader(of: number)
        uploads.end(number)
        guard let worker else { return }
        woken.append(worker.address)
        // A relay collects the sums of all its workers first.
        if let began = worker.upload?.began, worker.mostLeases == nil {
            checkpoints.noteSaved(in: now.since(began), look: partial?.aloneSince.map(now.since))
        }
        workers.update(worker.address) {
            $0.upload = nil
            $0.folded = []
            $0.foldedImages = 0
            $0.gatheringSince = nil
            $0.turn = turnWithoutSums
            $0.lastCommitted = number
        }
        send(.committed(session: worker.session, upload: number), to: worker.address)
    }

    mutating func partialRefused(_ number: UploadID, _ reason: String) {
        let address = uploader(of: number)?.address
        uploads.end(number)
        guard let refused = committing.removeValue(forKey: number) else {
            if let address { breach(address, reason) }
            return
        }
        // All was here, and only together did it show. The worker may be gone by now.
        for shard in refused.shards { shards.giveBack(shard, died: false) }
        if let address {
            workers.update(address) {
                $0.upload = nil
                $0.folded = []
                $0.foldedImages = 0
                $0.gatheringSince = nil
            }
        }
        if !refused.isAccused { breach(session: refused.session, name: refused.name, reason) }
    }

    /// The worker whose sums these are, if it is still there.
    private func uploader(of number: UploadID) -> WorkerRecord? {
        guard let session = uploads.session(of: number), let address = workers.address(ofSession: session),
            let worker = workers[address], worker.upload?.number == number
        else { return nil }
        return worker
    }

    /// Sends again what the worker did not receive, and asks again for chunks that did not come.
    mutating func retryUpload(_ address: WorkerAddress) {
        guard let worker = workers[address], let upload = worker.upload, !upload.committing else { return }
        if !upload.open {
            guard now.since(upload.lastSent) >= limits.retry << min(upload.repeats, 3) else { return }
            workers.updateUpload(address) {
                $0.lastSent = now
                $0.repeats += 1
            }
            ask(for: upload, worker)
            return
        }
        let patience = limits.retry << min(upload.repeats, 3)
        let late = upload.asked.filter { now.since($0.value) >= patience }.keys.sorted()
        guard !late.isEmpty else { return }
        workers.updateUpload(address) {
            $0.repeats += 1
            for index in late { $0.asked[index] = now }
        }
        send(.send(session: worker.session, upload: upload.number, chunks: late), to: address)
    }
}
