import Foundation
import Storage

/// The images that failed, gathered from several threads.
final class Failures: @unchecked Sendable {
    private let lock = NSLock()
    private var found: [ImageFailure] = []

    /// The failures among the outcomes of `range` of the images.
    func add(_ outcomes: [Embedder.Outcome], _ images: [ImageLocation], _ range: Range<Int>) {
        for (index, outcome) in zip(range, outcomes) {
            guard case .failed(let reason) = outcome else { continue }
            lock.withLock { found.append(ImageFailure(index: index, location: images[index], reason: reason)) }
        }
    }

    func add(_ failures: [ImageFailure]) { lock.withLock { found += failures } }

    var inOrder: [ImageFailure] { lock.withLock { found.sorted { $0.index < $1.index } } }
}
