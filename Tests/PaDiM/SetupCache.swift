import Foundation
import PaDiM
import Testing

/// Where `scripts/setup` puts what it fetches.
struct SetupCache {
    private let folder: String

    init() {
        let environment = ProcessInfo.processInfo.environment
        folder =
            environment["PADIM_CACHE"]
            ?? (environment["XDG_CACHE_HOME"] ?? NSHomeDirectory() + "/.cache") + "/padim"
    }

    /// The path of something there.
    func require(_ name: String) throws -> String {
        let path = folder + "/" + name
        try #require(
            FileManager.default.fileExists(atPath: path), "\(path) is missing: run scripts/setup, which fetches it")
        return path
    }
}

/// Scores that come in any order, from several threads.
final class Scores: @unchecked Sendable {
    private let lock = NSLock()
    private var found: [ScoredImage?]

    init(_ count: Int) { found = Array(repeating: nil, count: count) }

    func put(_ index: Int, _ image: ScoredImage) { lock.withLock { found[index] = image } }
    var all: [ScoredImage] { get throws { try lock.withLock { try found.map { try #require($0) } } } }
}
