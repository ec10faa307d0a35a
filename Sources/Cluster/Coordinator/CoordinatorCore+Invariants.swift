import Storage

extension CoordinatorCore {
    /// Looks whether the parts of the state agree with each other, as they must after every event.
    /// - Returns: what does not hold, in words; nil where all does. Takes time in the number of shards and workers.
    package func checkInvariants() -> String? {
        var invariants = Invariants()
        shards.check(&invariants)
        uploads.check(&invariants)
        workers.check(&invariants)
        checkLeases(&invariants)
        checkSpares(&invariants)
        checkSums(&invariants)
        checkUploads(&invariants)
        checkEnds(&invariants)
        return invariants.broken
    }

    /// A dealt shard is with one worker, and what a worker has in hand is dealt to it.
    private func checkLeases(_ invariants: inout Invariants) {
        var held: [ShardID] = []
        for worker in workers.values {
            for (number, lease) in worker.leases {
                held.append(lease.shard.id)
                let entry = shards[lease.shard.id]
                invariants.require(
                    shards.leases(of: lease.shard.id).contains(number) && entry?.range == lease.shard,
                    "worker \(worker.name) has shard \(lease.shard.id) under lease \(number), which is not dealt under it"
                )
                invariants.require(
                    number.rawValue > firstNumber && number.rawValue <= lastNumber,
                    "lease \(number) is not one of this coordinator's numbers")
                // Told of it or waiting for the disk, and not both.
                invariants.require(
                    (lease.lastSent == nil) == (untold[number] == worker.session),
                    "lease \(number) is neither told to its worker nor waiting for the disk")
            }
        }
        invariants.require(
            inFlight.all == Set(held).sorted(), "the shards in hand are \(inFlight.all), the workers hold \(held)")
        // Each lease in `untold` was found at a worker above, unless there are more of them.
        let untoldLeases = workers.values.reduce(0) { $0 + $1.leases.values.count { $0.lastSent == nil } }
        invariants.require(untold.count == untoldLeases, "a lease of which no worker is told has no worker")
        let dealt = shards.entries.keys.reduce(0) { $0 + shards.leases(of: $1).count }
        invariants.require(dealt == held.count, "\(dealt) shards are dealt, and the workers hold \(held.count)")
        // What is in hand and not among these would not be blamed if the coordinator ended with it.
        invariants.require(
            inFlight.all.allSatisfy(Set(requestedInFlight).contains),
            "the journal is not told of all of \(inFlight.all): \(requestedInFlight)")
    }

    /// A shard is with two workers only where no sums are made, and nobody is at work on what another has done, and held to it.
    private func checkSpares(_ invariants: inout Invariants) {
        for (shard, entry) in shards.entries where entry.spare != nil {
            invariants.require(
                shards.leases(of: shard).count == 2, "shard \(shard) has a second worker, and no first one")
            invariants.require(
                stage?.work.sums == nil, "shard \(shard) is with two workers, and would be in the sums of both")
        }
        for worker in workers.values {
            invariants.require(
                worker.leases.keys.allSatisfy { worker.superseded[$0] == nil },
                "worker \(worker.name) has a lease that is over")
            invariants.require(
                // A relay may say less than it has in hand.
                worker.leases.count + worker.superseded.count
                    <= (worker.mostLeases == nil
                        ? worker.mostAtOnce(limits, isMerging: isMerging)
                        : max(limits.mostShardsInFlight, limits.mostLeases)),
                "worker \(worker.name) has more in hand than it may")
            invariants.require(
                worker.leases.values.allSatisfy { worker.dealt - $0.place <= Wire.leasesRemembered },
                "worker \(worker.name) may take a lease that it has not reported for one that it has")
        }
    }

    /// A folded shard is in the sums of the session that folded it, and in no others; while sums are committed their shards are on
    /// their way to the disk.
    private func checkSums(_ invariants: inout Invariants) {
        var inSums = 0
        for worker in workers.values {
            invariants.require(
                worker.folded.isEmpty == (worker.gatheringSince == nil),
                "worker \(worker.name) has \(worker.folded.count) shards in its sums, and a wrong time of the first")
            let images = worker.folded.reduce(0) { $0 + (shards[$1]?.range.count ?? 0) }
            invariants.require(
                worker.foldedImages == images, "worker \(worker.name) has \(worker.foldedImages) images, not \(images)")
            let isCommitting = worker.upload?.committing == true
            for shard in worker.folded {
                let expected = isCommitting ? .committing : ShardTable.State.folded(session: worker.session)
                invariants.require(
                    shards[shard]?.state == expected,
                    "shard \(shard) is in the sums of worker \(worker.name), and not folded")
            }
            if !isCommitting { inSums += worker.folded.count }
        }
        let folded = shards.entries.values.count { if case .folded = $0.state { true } else { false } }
        invariants.require(folded == inSums, "\(folded) shards are folded, and \(inSums) are in workers' sums")
        for (upload, partial) in committing {
            invariants.require(
                partial.shards.allSatisfy { shards[$0]?.state == .committing },
                "upload \(upload) is on its way to the disk, and its shards \(partial.shards) are not")
        }
        for shard in reporters.keys {
            invariants.require(
                shards[shard]?.state == .committing,
                "results of shard \(shard) are on their way to the disk, and it is not")
        }
    }

    /// An upload has a slot, and a slot that is taken has an upload, of a worker or on its way to the disk.
    private func checkUploads(_ invariants: inout Invariants) {
        for worker in workers.values {
            guard let upload = worker.upload else { continue }
            invariants.require(
                uploads.session(of: upload.number) == worker.session,
                "upload \(upload.number) of worker \(worker.name) has no slot")
            invariants.require(
                upload.shards == worker.folded,
                "upload \(upload.number) is of other shards than worker \(worker.name) has")
            invariants.require(
                (committing[upload.number] != nil) == upload.committing,
                "upload \(upload.number) is on its way to the disk, or not")
            invariants.require(worker.leases.isEmpty, "worker \(worker.name) has shards in hand during an upload")
            let underWay = upload.missing.count + upload.asked.count + upload.storing.count
            invariants.require(
                underWay == Set(upload.missing).union(upload.asked.keys).union(upload.storing).count
                    && underWay <= upload.chunks, "a chunk of upload \(upload.number) is at two places")
            invariants.require(
                upload.open || underWay == 0, "chunks of upload \(upload.number) are asked for before it is offered")
            invariants.require(
                !upload.committing || underWay == 0, "upload \(upload.number) is committed without a chunk")
        }
        for (number, session) in uploads.open {
            let ofWorker = workers.address(ofSession: session).flatMap { workers[$0]?.upload?.number } == number
            invariants.require(ofWorker || committing[number] != nil, "upload \(number) has a slot, and nobody's sums")
        }
        for session in uploads.called.union(uploads.isWaiting) {
            let worker = workers.address(ofSession: session).flatMap { workers[$0] }
            invariants.require(
                worker != nil && worker?.upload == nil, "session \(session) waits for an upload, and is over or has one"
            )
        }
        for session in fetchers.keys {
            invariants.require(workers.address(ofSession: session) != nil, "session \(session), which is over, fetches")
        }
    }

    private func checkEnds(_ invariants: inout Invariants) {
        invariants.require(artifactsWaiting >= 0, "\(artifactsWaiting) artifacts wait for the disk")
        invariants.require(!finished || workers.count == 0, "the job is over, and workers are in session")
        invariants.require(
            !stopSent || stopping != nil && workers.count == 0, "it has stopped, and workers are in session")
        invariants.require(
            stage == nil || shards.uncommitted > 0 || stopping != nil || isOpenEnded,
            "all is committed, and the stage goes on")
    }
}

extension ShardTable {
    /// Each shard is in one state, and what is counted is what the shards say.
    func check(_ invariants: inout Invariants) {
        var (pending, uncommitted, committing, failures, done, images) = (0, 0, 0, 0, 0, 0)
        var pendingImages = 0
        for entry in entries.values {
            images += entry.range.count
            failures += entry.failures.count
            switch entry.state {
            case .pending:
                pending += 1
                pendingImages += entry.range.count
                invariants.require(entry.spare == nil, "shard \(entry.range.id) is pending, and with a worker")
            case .dealt: break
            case .folded: done += entry.range.count
            case .committing:
                committing += 1
                done += entry.range.count
            case .committed: done += entry.range.count
            }
            if entry.state != .committed { uncommitted += 1 }
        }
        invariants.require(images == imagesInAll, "the shards have \(images) images, and had \(imagesInAll)")
        invariants.require(
            queue.count == pending && Set(queue).count == pending
                && queue.allSatisfy { entries[$0]?.state == .pending },
            "\(pending) shards are pending, and these are queued: \(queue)")
        invariants.require(
            zip(queue, queue.dropFirst()).allSatisfy { isDealt($0, after: $1) }, "the queue is not in order: \(queue)")
        invariants.require(
            pendingImages == self.pendingImages, "\(pendingImages) images are pending, not \(self.pendingImages)")
        invariants.require(uncommitted == self.uncommitted, "\(uncommitted) shards are to do, not \(self.uncommitted)")
        invariants.require(
            committing == self.committing, "\(committing) shards are on their way to the disk, not \(self.committing)")
        invariants.require(
            failuresAtFirst + failures == self.failures,
            "\(failuresAtFirst + failures) images are unusable, not \(self.failures)")
        invariants.require(done == imagesDone, "\(done) images are done, not \(imagesDone)")
    }
}

extension UploadSlots {
    func check(_ invariants: inout Invariants) {
        invariants.require(count <= most, "\(count) workers' sums are taken, and \(most) may be")
        invariants.require(
            Set(waiting) == isWaiting && waiting.count == isWaiting.count,
            "who waits for an upload waits twice, or not at all")
        invariants.require(called.isDisjoint(with: isWaiting), "a session that is called waits still")
    }
}

extension Roster {
    func check(_ invariants: inout Invariants) {
        let order = inOrder
        invariants.require(
            Set(order).count == count && order.count == count, "the order of workers is of other workers")
        var last = Int64.min
        for address in order {
            guard let worker = self[address] else {
                invariants.require(false, "a worker that is not there has a place in the order")
                continue
            }
            invariants.require(worker.number > last, "worker \(worker.name) is not in its place")
            invariants.require(
                worker.address == address && self.address(ofSession: worker.session) == address,
                "worker \(worker.name) is sought at another address than it has")
            last = worker.number
        }
    }
}
