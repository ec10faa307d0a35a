extension WorkerCore {
    /// Looks whether the parts of the state agree with each other, as they must after every event.
    /// - Returns: what does not hold, in words; nil where all does.
    package func checkInvariants() -> String? {
        var invariants = Invariants()
        if case .serving = life {
            checkShards(&invariants)
        } else {
            invariants.require(
                stage == nil && working.isEmpty && reports.isEmpty && upload == nil && fetch == nil && awaited.isEmpty
                    && images.count == 0,
                "a worker without a session has work of one")
        }
        invariants.require(!isPrepared || stage != nil, "it is prepared for no stage")
        invariants.require(
            !isPrepared || awaited.isEmpty && ineligibleReason == nil,
            "it is prepared, and ineligible or without a blob that it needs")
        invariants.require(
            fetch == nil || fetch?.blob == awaited.first, "it fetches a blob that is not the next it needs")
        return invariants.broken
    }

    private func checkShards(_ invariants: inout Invariants) {
        invariants.require(working.isDisjoint(with: reports.keys), "a shard is worked on and reported")
        invariants.require(working.isDisjoint(with: closed.numbers), "a shard is worked on again after its report")
        invariants.require(
            working.max().map { newest in newestLease.map { newest <= $0 } ?? false } ?? true,
            "a lease is worked on that is newer than the newest")
        invariants.require(working.isEmpty || stage != nil, "shards of no stage are worked on")
        invariants.require(images.isConsistent, "the order of the images on their way is not that of the images")
        invariants.require(
            images.leases.isSubset(of: working), "images come of shards \(images.leases), which are not all in hand")
        guard let upload else { return }
        // A shard that is half in the sums would be lost, or count twice.
        invariants.require(working.isEmpty, "sums are offered while shards are added to them")
        invariants.require(upload.number == lastUpload, "an upload goes on that is not the last")
        invariants.require(stage?.work.sums != nil, "sums are offered in a stage that makes none")
        invariants.require(
            upload.way == .chunks || stage?.work.folderOfSums != nil, "sums are written where nobody asked for it")
    }
}
