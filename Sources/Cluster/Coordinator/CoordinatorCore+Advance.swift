/// After every event: whatever can go on, goes on.
///
/// An event concerns its sender. Others are looked at only where a gate has opened for them: a look at all for every report would cost
/// the square of their number.
extension CoordinatorCore {
    /// What decides for all workers whether they can go on.
    struct Gates: Equatable {
        /// How often shards came back to the queue.
        let returns: Int
        let isQueueEmpty: Bool
        let isSuspectNext: Bool
        let isHeldUp: Bool
        let isStopping: Bool
    }

    var gates: Gates {
        Gates(
            returns: shards.returns, isQueueEmpty: shards.pending == 0, isSuspectNext: isSuspectNext,
            isHeldUp: isHeldUp,
            isStopping: stopping != nil)
    }

    /// The workers for whom the event itself may have opened a way; nil for all.
    func concerned(by event: CoordinatorEvent) -> [WorkerAddress]? {
        // What is dealt when nobody has anything in hand waits for everybody, and for the disk.
        if let next = shards.next, isToBeRisked(next) {
            switch event {
            case .received(.heartbeat, _, let address), .received(.fetch, _, let address),
                .received(.chunk, _, let address):
                return [address]
            case .chunkStored: return []
            default: return nil
            }
        }
        switch event {
        case .received(.unfit, _, _): return nil
        // Once a second is enough for a crowd: each of them is looked at as well whenever it is heard of.
        case .tick where workers.count >= limits.crowd && !ticks.isMultiple(of: Self.ticksOfCrowd): return []
        case .received(_, _, let address): return [address]
        case .partialCommitted: return woken
        case .chunkStored, .artifactStored, .resultsCommitted, .recordedInFlight: return []
        default: return nil
        }
    }

    /// - Parameters:
    ///   - concerned: the workers to look at; nil for all.
    ///   - before: the gates before the event.
    mutating func advance(_ concerned: [WorkerAddress]?, _ before: Gates) {
        if shards.hasTooManyFailures, stopping == nil { stopping = .tooManyFailures(shards.failures) }
        noticeTheDisk()
        var (todo, known) = (concerned, before)
        while true {
            if gates != known { todo = nil }
            known = gates
            if todo == nil { confirmTheLast() }
            for address in todo ?? workers.inOrder { advance(address) }
            noticeTheDisk()
            todo = uploads.callNext().compactMap(workers.address(ofSession:))
            if gates == known, todo?.isEmpty == true { break }
        }
        declineMerge()
        if let done = stage, shards.uncommitted == 0, stopping == nil, !isOpenEnded {
            stage = nil
            directives.append(
                hearings.map { .auditDone(number: done.number, $0.findings) } ?? .stageDone(number: done.number))
        }
        if let reason = stopping, !stopSent, hasNoWorkInFlight, shards.committing == 0 {
            stopSent = true
            // Asked to stop, the coordinator comes back: its workers wait for it. A failed job does not.
            if reason == .requested { fenceAll() } else { dismissAll() }
            directives.append(.stopped(reason))
        }
    }

    private static let ticksOfCrowd = 4

    private mutating func advance(_ address: WorkerAddress) {
        if let stage, stage.work.sums == nil || uploads.isIdle {
            let (limits, isMerging) = (limits, isMerging)
            if workers.look(at: address, { $0.hasItsFill(of: stage.number, limits, isMerging: isMerging) }) == true {
                return
            }
        }
        prepare(address)
        applyForUpload(address)
        deal(to: address)
        checkpoint(address)
        dismissIfLeaving(address)
    }

    /// Nobody holds anything that is not safe.
    var hasNoWorkInFlight: Bool {
        inFlight.all.isEmpty && uploads.isIdle && workers.values.allSatisfy(\.isEmptyHanded)
    }

    /// A disk slower than the workers holds up the dealing; else what waits for it would grow. It goes on when half of that is done.
    private mutating func noticeTheDisk() {
        let most = (shards: 2 * workers.count + limits.shardsWaiting, artifacts: limits.artifactsWaiting)
        if shards.committing > most.shards || artifactsWaiting > most.artifacts {
            isHeldUp = true
        } else if shards.committing <= most.shards / 2, artifactsWaiting <= most.artifacts / 2 {
            isHeldUp = false
        }
    }
}
