import Checkpoints
import Foundation
import Settings
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
                // A model of integers goes with the weights that they were made of.
                if let made = try cachedIntegers(of: named).first(where: { $0.digest == digest }) { return made }
                throw CheckpointError(
                    path,
                    "is not the file of weights that was fitted with: its SHA-256 is \(named.digest), not \(digest)")
            }
            return named
        }
        let blob = cache.blob(digest)
        if FileManager.default.fileExists(atPath: blob) { return FoundWeights(path: blob, digest: digest) }
        let candidates = cached(backbone)
        for made in try candidates.flatMap({ try cachedIntegers(of: found($0)) }) where made.digest == digest {
            return made
        }
        for candidate in candidates {
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

    /// The integers of weights: the file itself where it has them, else one that is made now and kept in the cache.
    /// - Parameter normalization: of the pixels, which is folded in; nil: the backbone's own.
    /// - Throws: `BackboneError`, `CheckpointError`, `StorageError`.
    public func quantized(
        _ weights: FoundWeights, for backbone: Backbone, normalization: PixelNormalization?
    ) throws -> FoundWeights {
        let checkpoint = try Checkpoint.open(weights.path)
        guard WeightForm(of: checkpoint) == .floats else { return weights }
        let scaling = normalization.map(PixelScaling.init) ?? backbone.scaling
        let numbers = (scaling.mean + scaling.deviation).map { String($0.bitPattern, radix: 16) }
        let path = "\(quantizedPrefix(weights))\(numbers.joined(separator: "-")).safetensors"
        if !FileManager.default.fileExists(atPath: path) {
            try Folder.create(cache.quantized)
            try Quantization(checkpoint, digest: weights.digest, of: backbone, normalization: normalization)
                .write(to: path)
        }
        return try found(path)
    }

    /// What the cache has made of these weights already, for any normalisation of pixels.
    private func cachedIntegers(of weights: FoundWeights) throws -> [FoundWeights] {
        let prefix = quantizedPrefix(weights)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: cache.quantized)) ?? []
        return try names.map { cache.quantized + "/" + $0 }.filter { $0.hasPrefix(prefix) }.sorted().map(found)
    }

    private func quantizedPrefix(_ weights: FoundWeights) -> String {
        "\(cache.quantized)/int8-1-\(weights.digest.hex)-"
    }

    private func found(_ path: String) throws -> FoundWeights {
        FoundWeights(path: path, digest: try Digest(ofFile: path))
    }

    private func cached(_ backbone: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: cache.weights)) ?? []
        return names.filter { $0.hasPrefix(backbone + ".") }.sorted().map { cache.weights + "/" + $0 }
    }
}
