import Foundation
import Storage

/// What became of a shard's images, gathered batch by batch, from several threads.
final class ShardTally: @unchecked Sendable {
    private let lock = NSLock()
    private var found = ShardOutcome()
    private var known = 0

    /// The outcomes of `range` of the images.
    /// - Returns: whether all images have one now.
    @discardableResult
    func add(_ outcomes: [Embedder.Outcome], _ images: [ImageLocation], _ range: Range<Int>) -> Bool {
        lock.withLock {
            known += range.count
            for (index, outcome) in zip(range, outcomes) {
                switch outcome {
                case .embedded(let image):
                    found.digests[index] = image.digest
                    if let part = image.fingerprint { found.fingerprint = (found.fingerprint ?? .zero) + part }
                case .failed(let reason):
                    found.failures.append(UnusableImage(index: index, location: images[index], reason: reason))
                }
            }
            return known == images.count
        }
    }

    /// What some samples of the images add to the shard's fingerprint.
    func add(_ part: Fingerprint) { lock.withLock { found.fingerprint = (found.fingerprint ?? .zero) + part } }

    var outcome: ShardOutcome {
        lock.withLock {
            var outcome = found
            outcome.failures.sort { $0.index < $1.index }
            return outcome
        }
    }
}
