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
        var unreadable: Set<Int64> = []
        var poison: Set<Int64> = []
        func failures(_ shard: ShardRecord) -> [FailureRecord] {
            let share = [0, 1, 3, 4][random.below(4)]
            return (shard.firstImage..<shard.endImage).filter { _ in random.below(4) < share }.map { image in
                let isPoison = random.below(4) == 0
                if isPoison { poison.insert(image) } else { unreadable.insert(image) }
                return FailureRecord(image: image, status: isPoison ? .poison : .unreadable, reason: "gone")
            }
        }
        for shard in try journal.shards(.normal).dropLast() {
            let failed = failures(shard)
            let images = shard.images - failed.count
            let partial = images > 0 ? TemporaryJob.partial("\(shard.id)", images: images) : nil
            try journal.commit(partial: partial, shards: [shard.id], role: .normal, failures: failed)
        }
        for shard in try [ImageRole.calibration, .inspect].flatMap({ try journal.shards($0).dropLast() }) {
            let failed = failures(shard)
            let sound = try journal.images(ofShard: shard.id).filter { image in
                !failed.contains { $0.image == image.id }
            }
            try journal.commitResults(
                shard: shard.id, role: shard.role,
                results: TemporaryJob.results(of: sound) + failed.map(ImageResult.init(failure:)))
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

    private func images(_ journal: Journal, _ role: ImageRole) throws -> [Int64] {
        var images: [Int64] = []
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
        let failure = FailureRecord(image: shard.firstImage + 1, status: .unreadable, reason: "gone")
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
}
