import Foundation
import Storage

/// What became of a shard's images, gathered batch by batch, from several threads.
final class ShardTally: @unchecked Sendable {
    private let lock = NSLock()
    private var found = ShardOutcome()

    /// The outcomes of `range` of the images.
    func add(_ outcomes: [Embedder.Outcome], _ images: [ImageLocation], _ range: Range<Int>) {
        lock.withLock {
            for (index, outcome) in zip(range, outcomes) {
                switch outcome {
                case .embedded(let image): found.digests[index] = image.digest
                case .failed(let reason):
                    found.failures.append(UnusableImage(index: index, location: images[index], reason: reason))
                }
            }
        }
    }

    var outcome: ShardOutcome {
        lock.withLock {
            ShardOutcome(failures: found.failures.sorted { $0.index < $1.index }, digests: found.digests)
        }
    }
}
