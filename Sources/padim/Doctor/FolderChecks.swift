import Backbone
import Foundation
import Storage
import Transport

/// What folders have: weights, room, keys.
enum FolderChecks {
    private static let leastFree = 2e9

    /// The cache, where a worker keeps models and weights.
    static var cache: CheckResult {
        let cache = CacheDirectory.standard
        return .of("cache") {
            try Folder.create(cache.path)
            return try room("cache", in: cache.path)
        }
    }

    /// Which backbones can be used without naming a file of weights.
    static var weights: [CheckResult] {
        let finder = WeightsFinder(cache: .standard)
        let found = Backbone.all.map { backbone in (backbone.name, Result { try finder.find(nil, for: backbone.name) })
        }
        let there = found.compactMap { name, weights in
            (try? weights.get()).map {
                CheckResult.good("weights", "\(name): \($0.path), SHA-256 \($0.digest.hex.prefix(12))...")
            }
        }
        guard there.isEmpty else { return there }
        return [
            .warning(
                "weights",
                "none in \(CacheDirectory.standard.weights): put a file there (scripts/setup --weights efficientnet_lite0 of the sources does it); workers get theirs from the coordinator"
            )
        ]
    }

    /// A folder for jobs: whether results can be made durable there.
    static func jobs(_ path: String) -> CheckResult {
        .of("jobs") {
            let probe = path + "/padim-doctor-\(UUID().uuidString)"
            defer { unlink(probe) }
            // As results are written: under another name first, synced, renamed, and the folder synced.
            try DurableFile.write(Array("probe".utf8), to: probe)
            guard try String(contentsOfFile: probe, encoding: .utf8) == "probe" else {
                return .failure("jobs", "\(path): what was written is not read again")
            }
            return try room("jobs", in: path)
        }
    }

    static func keys(_ path: String) -> CheckResult {
        .of("keys") {
            let keys = KeyDirectory(path: path)
            if (try? keys.loadServer()) != nil {
                return .good("keys", "\(path): a coordinator's, which lets \(try keys.allowed().count) workers in")
            }
            _ = try keys.loadClient()
            return .good("keys", "\(path): a worker's")
        }
    }

    private static func room(_ name: String, in path: String) throws -> CheckResult {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { throw StorageError("look at", path, String(cString: strerror(errno))) }
        let free = Double(status.f_bavail) * Double(status.f_frsize)
        let text = String(format: "\(path): %.1f GB are free", free / 1e9)
        return free < leastFree ? .warning(name, text + ", which may be too little") : .good(name, text)
    }
}
