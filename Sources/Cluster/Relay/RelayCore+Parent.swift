import Storage

/// What the parent wants: stages, shards, sums.
extension RelayCore {
    mutating func carryOut(_ directive: WorkerDirective) {
        switch directive {
        case .send(let message, let payload): directives.append(.tellParent(message, payload: payload))
        case .reset: reset()
        case .seek(let blob): directives.append(.seek(blob))
        case .storePiece(let blob, let offset, let bytes):
            directives.append(.storePiece(blob, offset: offset, bytes: bytes))
        case .seal(let blob): directives.append(.seal(blob))
        case .prepare(let stage): prepare(stage)
        case .begin(let session, let lease, let images): begin(session, lease, images)
        case .offer(let session, let upload, let chunkPatches):
            handover = Handover(session: session, upload: upload, chunkPatches: chunkPatches)
            // Asked again, it offers again.
            isOffered = false
        case .sendChunk(let session, let upload, let index, let chunkPatches):
            directives.append(
                .sendChunk(session: session, upload: upload, index: index, chunkPatches: chunkPatches))
        case .zeroSums:
            // All shards are in what the parent has now: it asks for sums when none is in hand.
            (held, handover, isOffered) = ([:], nil, false)
            setbacks = 0
            // Until the parent says anew how much is to come: that its workers end together is over.
            workers.queueAboveEnds = nil
            directives.append(.zeroSums)
        case .misunderstood(let reason): directives.append(.misunderstood(reason: reason))
        case .leave(let exit): leave(.worker(exit))
        // Sums are sent, images are asked for piece by piece, and ranges are merged by others.
        case .store, .storeImagePiece, .imageUnavailable, .beginRange: break
        }
    }

    /// Nothing that was said in the session counts any more: workers begin anew as well.
    mutating func reset() {
        for directive in workers.endSessions() { carryOut(directive) }
        renewWorkers()
        (room, isRoomStale) = ((0, 0), true)
        pending.removeAll { if case .workers = $0 { true } else { false } }
        letGo()
        (stage, isPreparing, unfitFor) = (nil, nil, nil)
        directives.append(.reset)
    }

    /// The parent's shards are no longer in hand, and nothing is to be handed over.
    mutating func letGo() {
        (held, handover, isOffered, stranded) = ([:], nil, false, nil)
        images = RelayedImages()
    }

    private mutating func prepare(_ wanted: Stage) {
        // Nothing is to be left of the stage before; if it is, its workers forget it.
        if !workers.isAtRest { reset() }
        (room, isRoomStale) = ((0, 0), true)
        letGo()
        (stage, isPreparing, unfitFor) = (nil, nil, nil)
        if let obstacle = wanted.work.obstacleToRelaying {
            return tellParent(.ineligible(stage: wanted.number, reason: obstacle))
        }
        if wanted.work.sums != nil, let setback {
            return tellParent(.ineligible(stage: wanted.number, reason: setback.reason))
        }
        stageNumber += 1
        let passedOn = Stage(
            number: stageNumber, work: wanted.work.withoutFolder, instructionSet: wanted.instructionSet,
            servesImages: wanted.isServingImages)
        (stage, isPreparing) = (passedOn, wanted.number)
        directives.append(.begin(passedOn.work))
        tellWorkers(.openStage(passedOn, .openEnded))
    }

    private mutating func begin(_ session: SessionID, _ lease: LeaseID, _ images: [ImageTask]) {
        let own = images.filter { !$0.isContext }.map(\.id)
        guard stage != nil, let first = own.first,
            zip(own, own.dropFirst()).allSatisfy({ $0.distance(to: $1) == 1 })
        else {
            return tellParent(
                .reported(lease: lease, .abandoned(reason: "the shard's images do not follow each other")))
        }
        let range = ShardRange(id: nextShard, first: first, count: own.count)
        nextShard = nextShard.next
        held[range.id] = Held(session: session, lease: lease, range: range, images: images)
        tellWorkers(.addShards([range], deaths: isDealtAlone ? 1 : 0))
    }

    mutating func leave(_ exit: RelayExit) {
        if isStopping || exit != .worker(.dismissed) {
            // Their coordinator may come back.
            for directive in workers.endSessions() { carryOut(directive) }
        } else {
            for directive in workers.handle(.finish, at: now) { carryOut(directive) }
        }
        (held, images, isOver) = ([:], RelayedImages(), true)
        directives.append(.leave(exit))
    }
}
