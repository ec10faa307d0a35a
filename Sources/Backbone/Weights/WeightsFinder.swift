import Checkpoints
import Foundation
import Settings
import Storage

/// A file of weights that fits a backbone.
public struct FoundWeights: Sendable {
    public let path: String
    public let digest: Digest

    /// Whether the backbone is computed in integers with them: then all processors give the same bits.
    /// - Throws: `CheckpointError`, `StorageError`.
    public func haveIntegers() throws -> Bool { WeightForm(of: try Checkpoint.open(path)) == .integers }
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

    /// The file with this content: the named one, or one of the cache, or the integers of one of these.
    /// - Parameter normalization: of the pixels, which integers have folded in; nil: the backbone's own.
    /// - Throws: `CheckpointError` where it is another one, or there is none; `StorageError`.
    public func find(
        _ path: String?, for backbone: String, digest: Digest, normalization: PixelNormalization?
    ) throws -> FoundWeights {
        if let path {
            let named = try found(path)
            if named.digest == digest { return named }
            if let made = integers(of: named, backbone, normalization), made.digest == digest { return made }
            throw CheckpointError(
                path,
                "is not the file of weights that was fitted with: its SHA-256 is \(named.digest), not \(digest)")
        }
        let blob = cache.blob(digest)
        if FileManager.default.fileExists(atPath: blob) { return FoundWeights(path: blob, digest: digest) }
        let candidates = cached(backbone)
        for candidate in candidates {
            let weights = try found(candidate)
            if weights.digest == digest { return weights }
        }
        // A model of integers goes with the weights that they were made of.
        for candidate in candidates {
            if let made = integers(of: try found(candidate), backbone, normalization), made.digest == digest {
                return made
            }
        }
        throw CheckpointError(
            cache.path,
            "does not hold the weights that were fitted with (\(backbone), SHA-256 \(digest)): give them with --weights FILE; of a model of --precision int8, the weights that its integers were made of"
        )
    }

    /// Checks that the file holds what the backbone needs up to these layers, and where it has integers, that they can be computed with.
    /// - Throws: `BackboneError`, `CheckpointError`, `StorageError`, `OutOfMemory`.
    public func check(
        _ weights: FoundWeights, fit backbone: Backbone, layers: [String], input: InputSettings
    ) throws {
        let checkpoint = try Checkpoint.open(weights.path)
        guard WeightForm(of: checkpoint) == .integers,
            let integers = try BackboneWeights(checkpoint, for: backbone, upTo: layers).integers
        else { return try BackboneWeights.check(checkpoint, for: backbone, upTo: layers) }
        guard input.resizePrecision == .byte else { throw BackboneError.integersNeedBytes }
        try Engine.check(
            backbone: backbone, integers: integers, layers: layers, inputHeight: input.height,
            inputWidth: input.width, normalization: input.normalization)
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
        let prefix = "\(cache.quantized)/int8-1-\(weights.digest.hex)-\(numbers.joined(separator: "-"))-"
        func path(_ digest: Digest) -> String { prefix + digest.hex + ".safetensors" }
        // The name has the file's digest: one that was damaged is made again.
        let names = (try? FileManager.default.contentsOfDirectory(atPath: cache.quantized)) ?? []
        let kept = names.sorted().map { cache.quantized + "/" + $0 }.filter { $0.hasPrefix(prefix) }
        for candidate in kept where candidate.hasSuffix(".safetensors") {
            if let made = try? found(candidate), candidate == path(made.digest) { return made }
        }
        try Folder.create(cache.quantized)
        let new = prefix + UUID().uuidString + ".new"
        defer { unlink(new) }
        try Quantization(checkpoint, digest: weights.digest, of: backbone, normalization: normalization).write(to: new)
        let digest = try Digest(ofFile: new)
        guard rename(new, path(digest)) == 0 else {
            throw StorageError("rename to", path(digest), String(cString: strerror(errno)))
        }
        return FoundWeights(path: path(digest), digest: digest)
    }

    /// Nil where there are none: the weights are damaged, or there is no place to keep them.
    private func integers(
        of weights: FoundWeights, _ backbone: String, _ normalization: PixelNormalization?
    ) -> FoundWeights? {
        try? quantized(weights, for: Backbone.named(backbone), normalization: normalization)
    }

    private func found(_ path: String) throws -> FoundWeights {
        FoundWeights(path: path, digest: try Digest(ofFile: path))
    }

    private func cached(_ backbone: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: cache.weights)) ?? []
        return names.filter { $0.hasPrefix(backbone + ".") }.sorted().map { cache.weights + "/" + $0 }
    }
}
