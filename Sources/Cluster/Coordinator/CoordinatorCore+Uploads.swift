import Gaussian

/// How sums become durable: a checkpoint is asked for, chunks are fetched in a window, the partial is committed.
extension CoordinatorCore {
    /// A worker's sums are due to be made durable: enough of them, for long enough, nothing more to add, or danger ahead.
    func isCheckpointDue(_ worker: WorkerRecord) -> Bool {
        guard !worker.folded.isEmpty else { return false }
        let longEnough = worker.gatheringSince.map { now.since($0) >= limits.checkpointEvery } ?? false
        return worker.foldedImages >= limits.checkpointImages || longEnough || stopping != nil || worker.leaving
            || worker.prepared == nil || isSuspectNext
    }

    /// Asks for a worker's sums once it holds no shard whose images are half in them.
    mutating func checkpoint(_ address: WorkerAddress) {
        guard let worker = workers[address], worker.upload == nil, worker.leases.isEmpty, !worker.folded.isEmpty else {
            return
        }
        guard let sums = stage?.work.sums, isCheckpointDue(worker) || shards.pending == 0 else { return }
        let perPatch = Statistics.chunkByteCount(patches: 1, dimension: sums.dimension)
        let upload = Upload(
            number: nextNumber(), shards: worker.folded,
            chunkPatches: min(max(1, limits.chunkBytes / perPatch), sums.patches),
            patches: sums.patches, dimension: sums.dimension, said: now)
        workers[address]?.upload = upload
        workers[address]?.progressed = now
        ask(for: upload, worker)
    }

    private mutating func ask(for upload: Upload, _ worker: WorkerRecord) {
        say(
            .checkpoint(session: worker.session, upload: upload.number, chunkPatches: upload.chunkPatches),
            to: worker.address)
    }

    mutating func offer(_ address: WorkerAddress, _ number: Int64, _ images: Int64, _ clamped: Int64, _ chunks: Int) {
        guard let upload = workers[address]?.upload, upload.number == number, !upload.open else { return }
        // The sums hold each usable image of the folded shards exactly once; anything else is not ours to commit.
        let expected = upload.shards.reduce(0) { sum, id in
            sum + (shards[id].map { $0.range.count - $0.failures.count } ?? 0)
        }
        let numbers = images.multipliedReportingOverflow(by: Int64(upload.patches * upload.dimension))
        guard images == Int64(expected), !numbers.overflow, (0...numbers.partialValue).contains(clamped),
            chunks == upload.chunks
        else {
            return breach(
                address,
                "it offered sums of \(images) images with \(clamped) clamped numbers in \(chunks) chunks, where \(expected) images in "
                    + "\(upload.chunks) chunks are due")
        }
        workers[address]?.progressed = now
        workers[address]?.upload?.open = true
        workers[address]?.upload?.missing = Array((0..<upload.chunks).reversed())
        directives.append(.openPartial(upload: number, images: images, clamped: clamped))
        fillWindow(address)
    }

    private mutating func fillWindow(_ address: WorkerAddress) {
        guard var upload = workers[address]?.upload, upload.open, let session = workers[address]?.session else {
            return
        }
        var wanted: [Int] = []
        while upload.asked.count + upload.storing.count < limits.window, let next = upload.missing.popLast() {
            upload.asked[next] = now
            wanted.append(next)
        }
        workers[address]?.upload = upload
        if !wanted.isEmpty { say(.send(session: session, upload: upload.number, chunks: wanted), to: address) }
    }

    mutating func chunk(_ address: WorkerAddress, _ number: Int64, _ index: Int, _ bytes: [UInt8]) {
        guard let upload = workers[address]?.upload, upload.number == number, upload.asked[index] != nil else { return }
        let patches = upload.patches(of: index)
        guard bytes.count == Statistics.chunkByteCount(patches: patches.count, dimension: upload.dimension) else {
            return breach(address, "it sent a chunk of \(bytes.count) bytes for \(patches.count) patches")
        }
        workers[address]?.progressed = now
        workers[address]?.upload?.asked[index] = nil
        workers[address]?.upload?.storing.insert(index)
        directives.append(.storeChunk(upload: number, index: index, patches: patches, bytes: bytes))
    }

    mutating func chunkStored(_ number: Int64, _ index: Int) {
        guard let worker = workers.values.first(where: { $0.upload?.number == number }) else { return }
        workers[worker.address]?.upload?.storing.remove(index)
        fillWindow(worker.address)
        guard let upload = workers[worker.address]?.upload, upload.missing.isEmpty, upload.asked.isEmpty,
            upload.storing.isEmpty, !upload.committing
        else { return }
        workers[worker.address]?.upload?.committing = true
        for shard in upload.shards { shards.beginCommit(shard) }
        let failures = upload.shards.flatMap { shards[$0]?.failures ?? [] }
        committing[number] = upload.shards
        directives.append(.commitPartial(upload: number, shards: upload.shards, failures: failures))
    }

    mutating func partialCommitted(_ number: Int64) {
        // The worker may have died meanwhile; its sums are safe all the same.
        for shard in committing.removeValue(forKey: number) ?? [] { shards.commit(shard) }
        breachesInARow = 0
        guard let worker = workers.values.first(where: { $0.upload?.number == number }) else { return }
        workers[worker.address]?.upload = nil
        workers[worker.address]?.folded = []
        workers[worker.address]?.foldedImages = 0
        workers[worker.address]?.gatheringSince = nil
        workers[worker.address]?.lastCommitted = number
        say(.committed(session: worker.session, upload: number), to: worker.address)
    }

    mutating func partialRefused(_ number: Int64, _ reason: String) {
        guard let worker = workers.values.first(where: { $0.upload?.number == number }) else { return }
        breach(worker.address, "it sent sums that are none: \(reason)")
    }

    /// Says again what the worker did not hear, and asks again for chunks that did not come.
    mutating func retryUpload(_ address: WorkerAddress) {
        guard let worker = workers[address], let upload = worker.upload, !upload.committing else { return }
        if !upload.open {
            guard now.since(upload.said) >= limits.retry else { return }
            workers[address]?.upload?.said = now
            ask(for: upload, worker)
            return
        }
        let late = upload.asked.filter { now.since($0.value) >= limits.retry }.keys.sorted()
        guard !late.isEmpty else { return }
        for index in late { workers[address]?.upload?.asked[index] = now }
        say(.send(session: worker.session, upload: upload.number, chunks: late), to: address)
    }
}
