import Backbone
import Checkpoints
import Foundation
import Storage

/// A file of weights that fits a backbone.
struct FoundWeights: Sendable {
    let path: String
    let digest: Digest
}

/// Finds the weights of a job: where the command says, or in the cache.
struct WeightsFinder {
    let cache: CacheDirectory

    /// The named file, or the cache's file of this backbone.
    func find(_ path: String?, for backbone: String) throws -> FoundWeights {
        if let path { return try found(path) }
        let candidates = cached(backbone)
        guard let first = candidates.first else {
            throw JobError.wrongRequest(
                "there are no weights of \(backbone) in \(cache.weights): give --weights FILE, or run "
                    + "scripts/setup --weights \(backbone)")
        }
        guard candidates.count == 1 else {
            throw JobError.wrongRequest(
                "there are several weights of \(backbone): \(candidates.joined(separator: ", ")); choose one with --weights"
            )
        }
        return try found(first)
    }

    /// The file with this content: the named one, or one of the cache.
    func find(_ path: String?, for backbone: String, digest: Digest) throws -> FoundWeights {
        if let path {
            let named = try found(path)
            guard named.digest == digest else {
                throw JobError.wrongRequest(
                    "\(path) is not the file of weights that the model was fitted with (its SHA-256 is \(named.digest), "
                        + "the model's is \(digest))")
            }
            return named
        }
        let blob = cache.blob(digest)
        if FileManager.default.fileExists(atPath: blob) { return FoundWeights(path: blob, digest: digest) }
        for candidate in cached(backbone) {
            let weights = try found(candidate)
            if weights.digest == digest { return weights }
        }
        throw JobError.wrongRequest(
            "the weights that the model was fitted with (\(backbone), SHA-256 \(digest)) are not in \(cache.path): "
                + "give them with --weights FILE")
    }

    /// Checks that the file holds what the backbone needs up to these layers.
    func check(_ weights: FoundWeights, fit backbone: Backbone, layers: [String]) throws {
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
