/// Making ready for a stage: blobs are sought in the cache, fetched where they are missing, then the shell prepares.
extension WorkerCore {
    mutating func prepare(_ wanted: Stage) {
        if wanted == stage {
            // Said twice; the answer was lost or is still coming.
            if isPrepared { sendPrepared() }
            return
        }
        // Stages only move on: an earlier one is a late repeat.
        if let stage, wanted.number <= stage.number { return }
        stage = wanted
        isPrepared = false
        writesSums = false
        ineligibleReason = nil
        fetch = nil
        working = []
        reports = [:]
        upload = nil
        // A shard of the last stage may wait for images, and what is sought for this one waits for the shard.
        for image in images.all { imageUnavailable(image, "its stage is over") }
        images = ImageFetches()
        newestOfLastStage = newestLease
        awaited = wanted.work.blobs
        seekNext()
    }

    private mutating func seekNext() {
        guard let stage else { return }
        if let blob = awaited.first { directives.append(.seek(blob)) } else { directives.append(.prepare(stage)) }
    }

    mutating func blobReady(_ blob: Blob) {
        guard awaited.first == blob else { return }
        fetch = nil
        awaited.removeFirst()
        seekNext()
    }

    mutating func piece(_ blob: Blob, _ offset: Int64, _ bytes: [UInt8]) {
        guard fetch?.blob == blob, fetch?.accept(offset: offset, count: bytes.count) == true else { return }
        directives.append(.storePiece(blob, offset: offset, bytes: bytes))
        if fetch?.isComplete == true {
            fetch = nil
            directives.append(.seal(blob))
        }
    }

    mutating func prepared(_ number: Int, writesSums writes: Bool) {
        guard let stage, stage.number == number, ineligibleReason == nil else { return }
        isPrepared = true
        writesSums = writes && stage.work.folderOfSums != nil
        sendPrepared()
    }

    private mutating func sendPrepared() {
        guard case .serving(let session) = life, let stage else { return }
        send(.prepared(session: session, stage: stage.number))
    }

    mutating func declareIneligible(_ reason: String) {
        guard let stage, case .serving(let session) = life else { return }
        ineligibleReason = reason
        isPrepared = false
        fetch = nil
        awaited = []
        send(.unfit(session: session, stage: stage.number, reason: reason))
    }
}
