import Foundation

/// The features of the images that calibrated. They are folded next, once the grid is known, and need no second reading and no
/// second pass through the network for that: a fit begins with half a shard's work less for every worker.
final class CalibratedFeatures: @unchecked Sendable {
    /// An image's floats, as an `EmbeddingBatch` has them, and the size of the image itself.
    struct Entry {
        let features: [Float]
        let width: Int
        let height: Int

        var byteCount: Int { features.count * MemoryLayout<Float>.stride }
    }

    /// More than this is not kept.
    private static let mostBytes = 64 << 20

    private let lock = NSLock()
    private var entries: [String: Entry] = [:]
    private var bytes = 0

    func keep(_ features: [Float], width: Int, height: Int, of file: String) {
        let entry = Entry(features: features, width: width, height: height)
        lock.withLock {
            guard entries[file] == nil, bytes + entry.byteCount <= Self.mostBytes else { return }
            entries[file] = entry
            bytes += entry.byteCount
        }
    }

    /// The file's features, which are then kept no longer.
    func take(_ file: String) -> Entry? {
        lock.withLock {
            guard let entry = entries.removeValue(forKey: file) else { return nil }
            bytes -= entry.byteCount
            return entry
        }
    }
}
