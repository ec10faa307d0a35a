import Journal
import Storage
import TestSupport
import Testing

/// Images that could not be read are tried once more, and only they.
@Suite struct JournalReopeningTests {
    let job = TemporaryJob()

    /// Whatever failed where: what counts goes on counting, and exactly what was unreadable is to do again.
    @Test(arguments: UInt64(0)..<20) func onlyUnreadableImagesAreToDoAgain(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let journal = try job.open()
        for role in ImageRole.allCases {
            try journal.register(TemporaryJob.images(30, prefix: role.rawValue), role: role, shardSize: 7)
        }
        var unreadable: Set<ImageID> = []
        var poison: Set<ImageID> = []
        func failures(_ shard: ShardRecord) -> (unreadable: [ImageFailure], poison: [ImageFailure]) {
            let share = [0, 1, 3, 4][random.below(4)]
            var found: (unreadable: [ImageFailure], poison: [ImageFailure]) = ([], [])
            for image in shard.firstImage..<shard.endImage where random.below(4) < share {
                let failure = ImageFailure(id: image, reason: "gone")
                if random.below(4) == 0 { found.poison.append(failure) } else { found.unreadable.append(failure) }
            }
            unreadable.formUnion(found.unreadable.map(\.id))
            poison.formUnion(found.poison.map(\.id))
            return found
        }
        for shard in try journal.shards(.normal).dropLast() {
            let failed = failures(shard)
            let images = shard.images - failed.unreadable.count - failed.poison.count
            let partial = images > 0 ? TemporaryJob.partial("\(shard.id)", images: images) : nil
            try journal.commit(
                partial: partial, shards: [shard.id], role: .normal, failures: failed.unreadable, poison: failed.poison)
        }
        for shard in try [ImageRole.calibration, .inspect].flatMap({ try journal.shards($0).dropLast() }) {
            let failed = failures(shard)
            let sound = try journal.images(ofShard: shard.id).filter { image in
                !(failed.unreadable + failed.poison).contains { $0.id == image.id }
            }
            try journal.commitResults(
                shard: shard.id, role: shard.role,
                results: TemporaryJob.results(of: sound) + failed.unreadable.map(ImageResult.init(unreadable:))
                    + failed.poison.map(ImageResult.init(poison:)))
        }
        let before = try rows(journal)
        let last = try journal.lastShard()
        let numbers = try ImageRole.allCases.map { try Set(journal.shards($0).filter { !$0.isCommitted }.map(\.id)) }

        var reopened = 0
        for role in ImageRole.allCases { reopened += try journal.reopenUnreadable(role) }
        #expect(reopened == unreadable.count)
        for (old, new) in zip(before, try rows(journal)) {
            if unreadable.contains(old.id) {
                #expect(new.status == nil && new.reason == nil)
            } else {
                #expect(new == old)
            }
        }
        // Still each image in one shard, and in the partials what the shards say.
        try journal.checkShards()
        for (role, known) in zip(ImageRole.allCases, numbers) {
            let images = try images(journal, role)
            let open = try journal.shards(role).filter { !$0.isCommitted && !known.contains($0.id) }
            #expect(open.allSatisfy { $0.id > last && $0.attempts == 0 })
            #expect(
                Set(open.flatMap { $0.firstImage..<$0.endImage }) == unreadable.intersection(images))
            #expect(try journal.counts(role).poison == poison.intersection(images).count)
        }
        // Once more there is nothing to open.
        for role in ImageRole.allCases { #expect(try journal.reopenUnreadable(role) == 0) }
    }

    private func images(_ journal: Journal, _ role: ImageRole) throws -> [ImageID] {
        var images: [ImageID] = []
        try journal.forEachImage(role) { images.append($0.id) }
        return images
    }

    private func rows(_ journal: Journal) throws -> [ImageRow] {
        var rows: [ImageRow] = []
        for role in ImageRole.allCases { try journal.forEachImage(role) { rows.append($0) } }
        return rows
    }

    /// A reopened image is folded into a partial of its own; should the first one be damaged, its images alone are to do again.
    @Test func anImageThatCanBeReadNowCountsOnce() throws {
        let journal = try job.open()
        try journal.register(TemporaryJob.images(4), role: .normal, shardSize: 4)
        let shard = try journal.shards(.normal)[0]
        let failure = ImageFailure(id: shard.firstImage.next, reason: "gone")
        let first = try #require(
            try journal.commit(
                partial: TemporaryJob.partial("a", images: 3), shards: [shard.id], role: .normal, failures: [failure]))
        #expect(try journal.reopenUnreadable(.normal) == 1)
        let pieces = try journal.shards(.normal)
        #expect(pieces.map(\.isCommitted) == [true, false, true])
        #expect(pieces.map(\.images) == [1, 1, 2])
        try journal.commit(
            partial: TemporaryJob.partial("b", images: 1), shards: [pieces[1].id], role: .normal, failures: [])
        try journal.checkShards()
        #expect(try journal.counts(.normal).ok == 4)
        try journal.discard(partial: first)
        #expect(try journal.shards(.normal).map(\.isCommitted) == [false, true, false])
        #expect(try journal.counts(.normal).pending == 3)
    }

    /// What was found for a whole shard is not lost to a cut: there is an error, and the shard stays as it is.
    @Test func aShardWithAPayloadIsNotCut() throws {
        let journal = try job.open()
        try journal.register(TemporaryJob.images(8), role: .calibration, shardSize: 4)
        let shards = try journal.shards(.calibration)
        for (shard, payload) in zip(shards, [nil, [1, 2, 3]] as [[UInt8]?]) {
            let images = try journal.images(ofShard: shard.id)
            let failure = ImageFailure(id: shard.firstImage, reason: "gone")
            try journal.commitResults(
                shard: shard.id, role: .calibration,
                results: [ImageResult(unreadable: failure)] + TemporaryJob.results(of: Array(images.dropFirst())),
                payload: payload)
        }
        let before = try (rows(journal), journal.shards(.calibration))
        #expect(throws: JournalError.self) { try journal.reopenUnreadable(.calibration) }
        #expect(try rows(journal) == before.0)
        #expect(try journal.shards(.calibration) == before.1)
        #expect(try journal.payload(ofShard: shards[1].id) == [1, 2, 3])
    }
}
