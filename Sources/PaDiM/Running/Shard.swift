import Foundation
import Storage

/// Images that belong together: a shard. It is done when its last image is.
public protocol Shard: Sendable {
    var images: [ImageLocation] { get }

    /// Its last image is done.
    func end(_ outcome: ShardOutcome) throws
}

/// What is known of a shard's images once all are embedded.
public struct ShardOutcome: Equatable, Sendable {
    /// Images that could not be read or embedded, in order.
    public var failures: [UnusableImage] = []
    /// The content of the others, by their index; empty where it was not asked for.
    public var digests: [Int: ContentDigest] = [:]
    /// Of the others' features; nil where it was not asked for.
    public var fingerprint: Fingerprint?
}

/// Images to fold into sums.
public struct FittingShard: Shard {
    public let images: [ImageLocation]
    /// Told of the shard's images once those that could be had are in the sums.
    let finished: @Sendable (ShardOutcome) throws -> Void

    /// - Parameters:
    ///   - images: in the order in which they are reported.
    ///   - finished: called on one of the crew's threads, while others may wait for it: short.
    public init(images: [ImageLocation], finished: @escaping @Sendable (ShardOutcome) throws -> Void) {
        (self.images, self.finished) = (images, finished)
    }

    public func end(_ outcome: ShardOutcome) throws { try finished(outcome) }
}

/// Images to score.
public struct ScoringShard: Shard {
    public let images: [ImageLocation]
    /// The masks of images' own regions of interest; empty where none has one.
    let regions: [ImageLocation?]
    let each: @Sendable (Int, Result<ScoredImage, UnusableImage>) throws -> Void
    private let finished: @Sendable () throws -> Void

    /// - Parameters:
    ///   - images: in the order of their indices.
    ///   - regions: of each image the mask of its own region of interest; empty where none has one.
    ///   - each: told once of every image, by its index: what was found, or why it was left out. It is called on the
    ///     crew's threads, several at a time, in no particular order; what it throws ends the whole.
    ///   - finished: called once `each` has been told of all, while other threads may wait for it: short.
    public init(
        images: [ImageLocation], regions: [ImageLocation?] = [],
        each: @escaping @Sendable (Int, Result<ScoredImage, UnusableImage>) throws -> Void,
        finished: @escaping @Sendable () throws -> Void = {}
    ) {
        assert(regions.isEmpty || regions.count == images.count)
        (self.images, self.regions, self.each, self.finished) = (images, regions, each, finished)
    }

    public func end(_ outcome: ShardOutcome) throws { try finished() }
}

/// Images of one shard that go through the pipeline together.
struct ImageBatch<S: Shard>: Sendable {
    let shard: S
    /// In the shard's images.
    let range: Range<Int>
    let cut: BatchCut
    let tally: ShardTally

    var isLast: Bool { range.upperBound == shard.images.count }
    var groups: Int { (range.count + cut.groupSize - 1) / cut.groupSize }

    /// The images of a group, counted in their batch.
    func group(_ task: Int) -> Range<Int> {
        task * cut.groupSize..<min((task + 1) * cut.groupSize, range.count)
    }
}

/// How work is cut into pieces.
struct BatchCut: Sendable {
    let batchSize: Int
    let groupSize: Int
    /// Rows of the grid of patches.
    let gridRows: Int

    /// Rows of one task: tens of tasks a batch, so that threads finish together.
    private var rowsOfTask: Int { max(gridRows / 28, 1) }

    var rowTasks: Int { (gridRows + rowsOfTask - 1) / rowsOfTask }
    func rows(of task: Int) -> Range<Int> { task * rowsOfTask..<min((task + 1) * rowsOfTask, gridRows) }

    /// Batches of the shards, in order; a batch has images of one shard only.
    func batches<S: Shard>(of shards: WorkSource<S>) -> WorkSource<ImageBatch<S>> {
        let cutter = Cutter(cut: self, shards: shards)
        return shards.followed { try cutter.next() }
    }
}

private final class Cutter<S: Shard>: @unchecked Sendable {
    private let cut: BatchCut
    private let shards: WorkSource<S>
    private var last: ImageBatch<S>?

    init(cut: BatchCut, shards: WorkSource<S>) { (self.cut, self.shards) = (cut, shards) }

    func next() throws -> ImageBatch<S>? {
        if let last, !last.isLast {
            return advance(last.shard, from: last.range.upperBound, last.tally)
        }
        last = nil
        while let shard = try shards.next() {
            if !shard.images.isEmpty { return advance(shard, from: 0, ShardTally()) }
            try shard.end(ShardOutcome())
        }
        return nil
    }

    private func advance(_ shard: S, from first: Int, _ tally: ShardTally) -> ImageBatch<S> {
        let range = first..<min(first + cut.batchSize, shard.images.count)
        let batch = ImageBatch(shard: shard, range: range, cut: cut, tally: tally)
        last = batch
        return batch
    }
}
