import Storage

/// What the workers have done, and what becomes of it.
extension RelayCore {
    mutating func carryOut(_ directive: CoordinatorDirective) {
        switch directive {
        case .send(let message, let address): directives.append(.tellWorker(message, to: address))
        case .deal(let session, let lease, let shard, let address):
            guard let images = held[shard.id]?.images else { return }
            let alone = workers.isDealtAlone(lease, in: session)
            directives.append(
                .tellWorker(.deal(session: session, lease: lease, images: images, alone: alone), to: address))
        case .sendPiece(let blob, let offset, let count, let address):
            directives.append(.sendPiece(blob, offset: offset, count: count, to: address))
        case .sendImagePiece(let session, let image, let shard, let offset, let count, let address):
            ask(session, image, shard.id, offset, count, address)
        case .openPartial(let upload, let images, let clamped, let samples):
            directives.append(.openPartial(upload: upload, images: images, clamped: clamped, samples: samples))
        case .storeChunk(let upload, let index, let patches, let bytes):
            directives.append(.storeChunk(upload: upload, index: index, patches: patches, bytes: bytes))
        case .commitPartial(let upload, _, _, _, _, _): directives.append(.keepPartial(upload: upload))
        case .dropPartial(let upload): directives.append(.dropPartial(upload: upload))
        case .folded(let shard, let failures, let contents): folded(shard, failures, contents)
        case .storeArtifact(let image, let kind, _, let bytes): pass(image, kind, bytes)
        case .commitResults(let shard, let outcomes, _, let payload, _): pass(shard, outcomes, payload)
        case .commitContents(let shard, let failures, let contents): pass(shard, failures, contents)
        case .returned(let shard): returned(shard)
        case .stopped(let reason): leave(.stopped(reason))
        case .note(let note): directives.append(.note(note))
        // Of a stage that is open-ended; of deaths the parent keeps the record.
        case .lookAhead, .placeRange, .recordDeaths, .recordInFlight, .split, .poison, .stageDone, .auditDone,
            .stageDeclined, .dropArtifacts:
            break
        }
    }

    private mutating func folded(_ shard: ShardID, _ failures: [ImageFailure], _ contents: [ContentDigest]) {
        guard let entry = held[shard] else { return }
        let ids = failures.map(\.id)
        guard let report = entry.report else {
            held[shard]?.report = (ids, contents)
            return tellParent(.reported(lease: entry.lease, .folded(failures: failures, contents: contents)))
        }
        // Its first worker's sums were lost. The parent counts the images that it was told of.
        if report.failures != ids || report.contents != contents {
            beginAnew("of a shard that was folded again other images can be used")
        }
    }

    private mutating func returned(_ shard: ShardID) {
        guard let entry = held[shard] else { return }
        guard entry.report != nil else {
            held[shard] = nil
            images.forget(entry.lease)
            return tellParent(.reported(lease: entry.lease, .lost))
        }
        held[shard]?.deaths += 1
        guard entry.deaths + 1 < Self.deathsBeforeBeginningAnew else {
            return beginAnew("workers die on a shard that was folded before")
        }
        tellWorkers(.addShards([entry.range], deaths: 1))
    }

    private mutating func pass(_ image: ImageID, _ kind: Artifact, _ bytes: [UInt8]) {
        guard let (shard, entry) = held.first(where: { $0.value.range.contains(image) }) else {
            return tellWorkers(.artifactStored)
        }
        held[shard]?.pictures.insert(ArtifactOfImage(image: image, kind: kind))
        directives.append(
            .passPicture(
                .picture(session: entry.session, lease: entry.lease, image: image, kind: kind), bytes: bytes))
    }

    private mutating func pass(_ shard: ShardID, _ outcomes: [ImageOutcome], _ payload: CalibrationPayload?) {
        tellWorkers(.resultsCommitted(shard: shard))
        guard let entry = held.removeValue(forKey: shard) else { return }
        let report = payload.map { ShardReport.calibrated(outcomes, $0) }
        tellParent(
            .reported(lease: entry.lease, report ?? .scored(outcomes, pictures: entry.pictures.count)))
    }

    private mutating func pass(_ shard: ShardID, _ failures: [ImageFailure], _ contents: [ImageID: ContentDigest]) {
        tellWorkers(.resultsCommitted(shard: shard))
        guard let entry = held.removeValue(forKey: shard) else { return }
        let inOrder = contents.sorted { $0.key < $1.key }.map(\.value)
        tellParent(.reported(lease: entry.lease, .identified(failures: failures, contents: inOrder)))
    }
}
