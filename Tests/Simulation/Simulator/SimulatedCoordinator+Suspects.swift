import Cluster
import Storage

/// What is remembered of shards that workers, or the coordinator itself, ended with; and whether anybody is blamed for more than
/// happened.
extension SimulatedCoordinator {
    /// Sessions that end with these directives: before the core's word about their shards is judged.
    func bookEnds(_ directives: [CoordinatorDirective]) {
        for directive in directives {
            switch directive {
            // Its session ends for what it said: nobody died.
            case .note(.breach(_, let session, _, _)), .note(.beganAnew(_, let session, _)):
                folder.deaths.voided(session: session)
            case .send(.fenced(let session), _): folder.deaths.ended(session: session, life: life)
            default: break
            }
        }
    }

    func split(_ shard: ShardID, into halves: [ShardRange]) {
        world.tally.count("shard split")
        note("splits shard \(shard) into \(halves.map(\.id))")
        judge(shard, "split")
        folder.deaths.split(shard, into: halves, limit: core.limits.deathsBeforeSplit)
        store(.split(shard: shard, into: halves))
    }

    func markPoisoned(_ image: ImageID, shard: ShardID) {
        guard let stage else { return }
        world.tally.count("image marked as poison")
        world.poisoned += 1
        note("takes image \(image) for poison")
        judge(shard, "taken for poison")
        let isPoison = folder.spec.poison.contains(image)
        if !isPoison { world.tally.count("good image marked as poison") }
        if isPoison, folder.deaths.ends(of: shard).lives.count > 1 {
            world.tally.count("poison found by several coordinators")
        }
        store(.recordPoison(image: image, shard: shard, stage: stage.stage))
    }

    /// After an end without a word nobody is told of a shard that the disk does not know to be in hand, or blamed already.
    func checkCare(_ shard: ShardID) {
        guard core.isCareful, !folder.journal.inFlight.contains(shard),
            folder.journal.shards[shard]?.attempts ?? 0 <= attemptsAtStart[shard] ?? 0
        else { return }
        world.violate("shard \(shard) is dealt before the disk knows that it is in hand")
    }

    /// A disk that has nothing to do knows all that is in workers' hands, and has no file of an upload that is over.
    func checkArchive() {
        guard !archive.failed, !job.isClosing else { return }
        let over = archive.uploads.subtracting(core.openUploads)
        if !over.isEmpty { world.violate("the files of uploads \(over.sorted()), which are over, stay open") }
        for shard in folder.deaths.inFlight where !folder.journal.inFlight.contains(shard) {
            world.violate("shard \(shard) is in a worker's hands, and the journal does not know")
        }
    }

    private func judge(_ shard: ShardID, _ verdict: String) {
        let (ends, limit) = (folder.deaths.ends(of: shard).count, core.limits.deathsBeforeSplit)
        if ends < limit { world.violate("shard \(shard) is \(verdict) after \(ends) ends, not \(limit)") }
    }

    /// At a start: those that the last coordinator ended with were blamed, once each, and nobody for what did not happen.
    func judgeBlame() {
        world.tally.count("shards in hand blamed")
        for shard in folder.journal.shards.values where shard.attempts > folder.deaths.ends(of: shard.range.id).count {
            let ends = folder.deaths.ends(of: shard.range.id).count
            world.violate("shard \(shard.range.id) is blamed \(shard.attempts) times for \(ends) ends")
        }
    }
}
