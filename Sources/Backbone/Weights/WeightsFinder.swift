import Checkpoints
import Foundation
import Storage

/// A file of weights that fits a backbone.
public struct FoundWeights: Sendable {
    public let path: String
    public let digest: Digest
}

/// Finds weights: where the command says, or in the cache.
public struct WeightsFinder {
    let cache: CacheDirectory

    public init(cache: CacheDirectory) { self.cache = cache }

    /// The named file, or the cache's file of this backbone.
    /// - Throws: `CheckpointError` where there is none, or more than one; `StorageError`.
    public func find(_ path: String?, for backbone: String) throws -> FoundWeights {
        if let path { return try found(path) }
        let candidates = cached(backbone)
        guard let first = candidates.first else {
            throw CheckpointError(
                cache.weights,
                "holds no weights of \(backbone): give --weights FILE, or put a file there (scripts/setup --weights \(backbone) of the sources does it, or says how)"
            )
        }
        guard candidates.count == 1 else {
            throw CheckpointError(
                cache.weights,
                "holds several weights of \(backbone), \(candidates.map(Folder.name).joined(separator: ", ")): choose one with --weights"
            )
        }
        return try found(first)
    }

    /// The file with this content: the named one, or one of the cache.
    /// - Throws: `CheckpointError` where it is another one, or there is none; `StorageError`.
    public func find(_ path: String?, for backbone: String, digest: Digest) throws -> FoundWeights {
        if let path {
            let named = try found(path)
            guard named.digest == digest else {
                throw CheckpointError(
                    path,
                    "is not the file of weights that was fitted with: its SHA-256 is \(named.digest), not \(digest)")
            }
            return named
        }
        let blob = cache.blob(digest)
        if FileManager.default.fileExists(atPath: blob) { return FoundWeights(path: blob, digest: digest) }
        for candidate in cached(backbone) {
            let weights = try found(candidate)
            if weights.digest == digest { return weights }
        }
        throw CheckpointError(
            cache.path,
            "does not hold the weights that were fitted with (\(backbone), SHA-256 \(digest)): give them with --weights FILE"
        )
    }

    /// Checks that the file holds what the backbone needs up to these layers.
    public func check(_ weights: FoundWeights, fit backbone: Backbone, layers: [String]) throws {
        _ = try BackboneWeights(try Checkpoint.open(weights.path), for: backbone, upTo: layers)
    }

    private func found(_ path: String) throws -> FoundWeights {
        FoundWeights(path: path, digest: try Digest(ofFile: path))
    }

    private func cached(_ backbone: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: cache.weights)) ?? []
        return names.filter { $0.hasPrefix(backbone + ".") }.sorted().map { cache.weights + "/" + $0 }
    }
}
