/// Which shard is dealt next, and to whom: by how fast workers are.
extension CoordinatorCore {
    var dealingRule: DealingRule {
        // Of an open-ended stage whose parent says nothing nobody knows how much is still to come: there is no end to plan for.
        let lastWaiting = shards.unsuspectedLast?.range.count ?? 1
        return DealingRule(
            limits: limits, fleet: fleet,
            pendingImages: shards.pendingImages + (isOpenEnded ? imagesToCome : 0),
            waitingImages: shards.pendingImages,
            // Those that come last are small, whatever waits here.
            lastShard: isOpenEnded && queueAboveEnds != nil ? 1 : lastWaiting, lastWaiting: lastWaiting)
    }

    /// Looks how fast the workers are. It takes time in their number: so it is done with the clock, not with each report, and the less often the more there are.
    ///
    /// Each worker's sums are saved at the end, and so many of them at once take long. So workers end one after the other, at the distance in which their sums
    /// can be saved, while the others do what is left: it takes half of the time that way.
    mutating func surveyFleet() {
        guard let stage, !isMerging, now.since(lastSurvey) >= Int64(workers.count) / 10 else { return }
        lastSurvey = now
        let makesSums = stage.work.sums != nil
        var (rates, relays): ([Double?], [Double?]) = ([], [])
        var ready: [(rate: Double, address: WorkerAddress)] = []
        workers.lookAtAll { worker in
            guard worker.prepared == stage.number, worker.ineligibleFor != stage.number, !worker.leaving,
                // Who has saved the last of its sums works no more, and who saves them neither. Those of a relay work on when its parent has the sums.
                !(makesSums && !isOpenEnded && (worker.isEmptyHanded || worker.upload != nil))
            else { return }
            let rate = worker.pace.rate
            if worker.mostLeases == nil { rates.append(rate) } else { relays.append(rate) }
            if makesSums, !worker.isEmptyHanded, worker.upload == nil { ready.append((rate ?? 0, worker.address)) }
        }
        fleet = FleetPace(rates, relays: relays)
        guard makesSums else { return }
        // One alone has nobody to leave the rest to.
        let spacing = ready.count > 1 ? checkpoints.spacing(together: limits.uploads) : 0
        let half = spacing * Double(ready.count) / 2
        // Who has no sums, or none any more, would have some to be saved once more: that is not begun shortly before the end.
        turnWithoutSums = -1.5 * half - 4 * checkpoints.cost
        workers.updateAll { $0.turn = turnWithoutSums }
        // A slow worker ends with a shard that takes it long, and so not quite when it should: the fast ones are last, and take what is left.
        ready.sort { $0.rate < $1.rate }
        for (place, worker) in ready.enumerated() {
            workers.update(worker.address) { $0.turn = spacing * Double(place) - half }
        }
    }

    /// Whether a worker's sums are taken now, though shards are left: others will have done these by the time when all sums are saved.
    func isLastOfWorker(_ worker: WorkerRecord) -> Bool {
        let rule = dealingRule
        guard worker.leases.isEmpty, !worker.folded.isEmpty, isOpenEnded ? queueAboveEnds != nil : shards.pending > 0,
            let rate = worker.pace.rate
        else {
            return false
        }
        let hand = DealingRule.Hand(shards: 0, images: 0, elapsed: 0)
        return rule.imagesInTime(hand, rate: rate, turn: worker.turn).map { $0 < Double(rule.lastShard) } ?? false
            && now.since(lastDealt) < rule.patience(for: 2 * rule.lastWaiting)
    }

    /// The shard that a worker is given; nil where it is given none.
    /// - Parameter held: the shards in its hands.
    func choice(for worker: WorkerRecord, held: [ShardRange]) -> ShardTable.Entry? {
        guard held.count + worker.superseded.count < worker.mostAtOnce(limits, isMerging: isMerging),
            isRemembered(worker),
            let next = shards.next
        else { return nil }
        let rule = dealingRule
        let hand = DealingRule.Hand(
            shards: held.count + worker.superseded.count, images: held.reduce(0) { $0 + $1.count },
            elapsed: now.since(worker.began))
        let pace = isMerging ? nil : worker.pace.rate
        guard rule.takesMore(hand, rate: pace, mostLeases: worker.mostLeases) else { return nil }
        // When sums are saved a relay knows itself.
        if let mostLeases = worker.mostLeases { return choice(forRelay: worker, mostLeases, next, rule) }
        // Sums are saved when these are done, and what is in hand is finished before that.
        let isFull = worker.foldedImages + hand.images >= limits.checkpointImages
        if isFull, hand.shards >= limits.shardsInFlight, stage?.work.sums != nil { return nil }
        guard !isMerging else { return next }
        let last = shards.unsuspectedLast ?? next
        guard let rate = worker.pace.rate else {
            // One more would have sums to be saved: what is nearly done is left to those that have some.
            if stage?.work.sums != nil, worker.isEmptyHanded, let typical = fleet.typical,
                let most = rule.imagesInTime(hand, rate: typical, turn: worker.turn),
                most < Double(last.range.count), now.since(lastDealt) < rule.patience(for: 2 * rule.lastWaiting)
            {
                return nil
            }
            // It may be a very slow one: a small shard tells.
            return next.deaths == 0 && last.range.count < next.range.count ? last : next
        }
        guard let most = rule.imagesInTime(hand, rate: rate, turn: worker.turn) else { return next }
        if Double(next.range.count) <= most { return next }
        let begins = stage?.work.sums != nil && worker.isEmptyHanded
        if held.isEmpty, !begins, rule.isFast(rate) { return next }
        // Small ones are for those that have nothing to do, and no suspect is passed over.
        guard held.isEmpty || rule.isNearlyDone(hand, rate: rate) else { return nil }
        if next.deaths == 0, let smaller = shards.first(ofAtMost: most) { return smaller }
        // Others will have done the rest sooner, unless they are stuck. What a worker died on waits for one that has nothing else.
        let patience = rule.patience(for: next.deaths > 0 ? next.range.count : 2 * rule.lastWaiting)
        guard held.isEmpty, now.since(lastDealt) >= patience else { return nil }
        return next.deaths == 0 ? last : next
    }

    /// What a relay is given: as a worker, small shards before it has reported any, and none near the end that one of its workers would be at for
    /// long.
    private func choice(
        forRelay relay: WorkerRecord, _ mostLeases: Int, _ next: ShardTable.Entry, _ rule: DealingRule
    ) -> ShardTable.Entry? {
        let last = shards.unsuspectedLast ?? next
        guard next.deaths == 0, last.range.count < next.range.count else { return next }
        guard let rate = relay.pace.rate else { return last }
        // Each of its workers has as many leases as any worker, at least.
        let rateOfOne = rate * Double(limits.shardsInFlight) / Double(max(mostLeases, limits.shardsInFlight))
        let empty = DealingRule.Hand(shards: 0, images: 0, elapsed: 0)
        guard let most = rule.imagesInTime(empty, rate: rateOfOne, turn: relay.turn), Double(next.range.count) > most
        else { return next }
        return shards.first(ofAtMost: most) ?? next
    }

    /// Whether the worker will know each lease that it has in hand for one that it has not reported, however late it hears of it: it remembers
    /// some leases, and takes what is older for reported.
    private func isRemembered(_ worker: WorkerRecord) -> Bool {
        guard let oldest = worker.leases.values.map(\.place).min() else { return true }
        return worker.dealt - oldest < Wire.leasesRemembered
    }
}

extension ShardTable {
    /// The last shard to deal that nobody died on, or doubts. At the end of the queue are small shards, and behind them few suspects.
    var unsuspectedLast: Entry? {
        queue.prefix(8).lazy.compactMap { entries[$0] }
            .first(where: \.isUnsuspected)
    }

    /// A pending shard of at most so many images, the first one where shards become smaller towards the end.
    func first(ofAtMost images: Double) -> Entry? {
        var (low, high) = (0, queue.count)
        while low < high {
            let middle = (low + high + 1) / 2
            let count = entries[queue[middle - 1]]?.range.count ?? 0
            if Double(count) <= images { low = middle } else { high = middle - 1 }
        }
        guard low > 0, let entry = entries[queue[low - 1]] else { return nil }
        return entry.isUnsuspected ? entry : unsuspectedLast.flatMap { Double($0.range.count) <= images ? $0 : nil }
    }
}

extension ShardTable.Entry {
    /// Nobody died on it, or doubts it.
    fileprivate var isUnsuspected: Bool { deaths == 0 && !isInherited && unconfirmedSession == nil }
}
