import Backbone
import Checkpoints
import Foundation

/// Trained weights from the product's cache, where scripts/setup puts them.
enum CachedWeights {
    static func efficientNetLite0() throws -> Checkpoint {
        let path = folder + "/weights/efficientnet_lite0.pth"
        guard FileManager.default.fileExists(atPath: path) else { throw Missing(path: path) }
        return try Checkpoint.open(path)
    }

    private static var folder: String {
        let environment = ProcessInfo.processInfo.environment
        if let folder = environment["PADIM_CACHE"] { return folder }
        if let caches = environment["XDG_CACHE_HOME"] { return caches + "/padim" }
        return (environment["HOME"] ?? "~") + "/.cache/padim"
    }

    private struct Missing: Error, CustomStringConvertible {
        let path: String
        var description: String { "\(path) is missing: run scripts/setup, which fetches it" }
    }
}
