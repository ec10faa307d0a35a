import Storage

/// Ranges of patches, which are dealt as shards are when all sums of a fit are on the disk. What a worker makes of a range is a function of
/// the files alone: done twice, it is the same. So the journal knows nothing of ranges; whoever begins anew does all of them.
///
/// Nothing is lost where nobody does them: the stage is declined then, and the coordinator merges itself.
extension CoordinatorCore {
    var isMerging: Bool { stage?.work.isMerge ?? false }

    /// Whether a worker may still be writing in the files of the last merge: one that had a range and has not reported it.
    public var mayStillMerge: Bool { !unreportedRanges.isEmpty }

    mutating func merged(_ address: WorkerAddress, _ lease: LeaseID, _ bytes: [UInt8]) {
        guard let shard = workers[address]?.leases[lease]?.shard else { return acknowledge(lease, address) }
        guard isMerging else { return breach(address, "it merged a range in a stage that merges none") }
        guard close(lease, of: address) != nil else { return }
        unreportedRanges.remove(lease)
        shards.finishResults(shard.id, failures: [])
        if let worker = workers[address] { reporters[shard.id] = (worker.session, worker.name) }
        directives.append(.placeRange(shard, bytes: bytes))
    }

    /// Ends a merge that no worker does, or that workers die of.
    mutating func declineMerge() {
        guard let stage, isMerging, stopping == nil, shards.uncommitted > 0, shards.committing == 0,
            isMergeGivenUp || hasNobodyToMerge(stage.number)
        else { return }
        for address in workers.inOrder { takeBackLeases(of: address) }
        self.stage = nil
        directives.append(.stageDeclined(number: stage.number))
    }

    /// Who has not made ready for as long as a silent worker is waited for is not waited for either.
    private func hasNobodyToMerge(_ number: Int) -> Bool {
        let isLate = now.since(stageOpened) >= limits.deadAfter
        return workers.values.allSatisfy { $0.ineligibleFor == number || isLate && $0.prepared != number }
    }
}
