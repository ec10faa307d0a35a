import Cluster
import JobRules
import Storage
import Testing

/// In which order the disk does what it is asked.
@Suite struct ArchiveQueueTests {
    private func words(_ queue: ArchiveQueue) -> [String] {
        var (queue, words) = (queue, [String]())
        while let step = queue.next() {
            switch step {
            case .recordInFlight(let shards): words.append("in hand \(shards)")
            case .recordDeaths(let shards): words.append("died \(shards)")
            case .split(let shard, _): words.append("split \(shard)")
            default: break
            }
        }
        return words
    }

    @Test func ofSeveralWordsOnWhatIsInHandTheLatestIsWritten() {
        var queue = ArchiveQueue()
        let isReplaced1 = queue.add(ArchiveOrder.recordInFlight(shards: [1]).steps)
        #expect(!isReplaced1)
        let isReplaced2 = queue.add(ArchiveOrder.split(shard: 9, into: []).steps)
        #expect(!isReplaced2)
        let isReplaced3 = queue.add(ArchiveOrder.recordInFlight(shards: [1, 2]).steps)
        #expect(isReplaced3)
        #expect(words(queue) == ["in hand [1, 2]", "split 9"])
    }

    /// A death takes its shard out of hand, and the shard may be in hand again since.
    @Test func aWordIsNotDrawnForwardOverDeaths() {
        var queue = ArchiveQueue()
        queue.add(ArchiveOrder.recordInFlight(shards: [1]).steps)
        queue.add(ArchiveOrder.recordDeaths(shards: [1]).steps)
        let isReplaced4 = queue.add(ArchiveOrder.recordInFlight(shards: [1]).steps)
        #expect(!isReplaced4)
        let isReplaced5 = queue.add(ArchiveOrder.recordInFlight(shards: [1, 3]).steps)
        #expect(isReplaced5)
        #expect(words(queue) == ["in hand [1]", "died [1]", "in hand [1, 3]"])
    }

    /// A word that is being written stays as it is.
    @Test func aWordUnderWayIsNotReplaced() {
        var queue = ArchiveQueue()
        queue.add(ArchiveOrder.recordInFlight(shards: [1]).steps)
        _ = queue.next()
        let isReplaced6 = queue.add(ArchiveOrder.recordInFlight(shards: [2]).steps)
        #expect(!isReplaced6)
        #expect(words(queue) == ["in hand [2]"])
    }

    /// Orders may share a transaction of the journal only from their first step on, and where nothing outside of it relies on it.
    @Test func whatMaySharesATransaction() {
        var queue = ArchiveQueue()
        #expect(!queue.mayNextShareTransaction && queue.isBetweenOrders)
        queue.add(ArchiveOrder.recordDeaths(shards: [1]).steps)
        queue.add(ArchiveOrder.recordInFlight(shards: [2]).steps)
        queue.add(ArchiveOrder.addUpPartials(after: 1, expectsMore: true).steps)
        #expect(queue.mayNextShareTransaction)
        _ = queue.next()
        #expect(queue.mayNextShareTransaction && queue.isBetweenOrders)
        _ = queue.next()
        #expect(
            !queue.mayNextShareTransaction && !queue.isBetweenOrders, "the report of what is in hand is still to come")
        _ = queue.next()
        #expect(!queue.mayNextShareTransaction && queue.isBetweenOrders, "files are deleted there")
        queue.removeAll()
        queue.add(ArchiveOrder.commitPartial(upload: 1, shards: [], role: .normal, failures: [], contents: [:]).steps)
        #expect(!queue.mayNextShareTransaction)
    }

    @Test func whatIsRefusedEndsItsOrderAndNoOther() {
        var queue = ArchiveQueue()
        queue.add(ArchiveOrder.commitPartial(upload: 1, shards: [], role: .normal, failures: [], contents: [:]).steps)
        queue.add(ArchiveOrder.split(shard: 9, into: []).steps)
        _ = queue.next()
        queue.abandonOrder()
        #expect(words(queue) == ["split 9"])
        // The last step of an order has nothing behind it.
        _ = queue.next()
        queue.add(ArchiveOrder.split(shard: 8, into: []).steps)
        queue.abandonOrder()
        #expect(words(queue) == ["split 8"])
    }

    /// Content and name are on the disk before the journal names a partial, and its worker is told last.
    @Test func nothingIsNamedBeforeItIsDurable() {
        func names(_ order: ArchiveOrder) -> [String] { order.steps.map { String("\($0)".prefix { $0 != "(" }) } }
        #expect(
            names(.commitPartial(upload: 1, shards: [], role: .normal, failures: [], contents: [:])) == [
                "sync", "name", "syncPartialNames", "examine", "commit", "close", "report",
            ])
        // A worker that writes its sums itself syncs them itself.
        let written = WrittenSums(images: 1, clamped: 0, samples: 1, byteCount: 1, digest: Digest(of: [1]))
        #expect(
            names(
                .commitPartial(
                    upload: 1, shards: [], role: .normal, failures: [], contents: [:], written: written)) == [
                    "adopt", "examine", "commit", "close", "report",
                ])
        #expect(names(.dropPartial(upload: 1)) == ["close", "removeWritten"])
        #expect(
            names(.addUpPartials(after: 1, expectsMore: true)) == [
                "addUp", "syncSum", "syncNameOfSum", "replaceAdded", "deleteAdded",
            ])
    }
}
