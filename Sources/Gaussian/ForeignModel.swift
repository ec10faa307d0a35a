import Compute
import Settings
import Storage
import Tensors

extension GaussianModel {
    /// Writes a model of means and whitening matrices that were made elsewhere, not of sums.
    /// - Parameters:
    ///   - images: that it was fitted on.
    ///   - parameters: fills in one patch's mean, [channels], and whitening matrix, the lower triangle by rows. It is asked patch after patch.
    /// - Returns: the digest of the file at `path`.
    /// - Throws: `GaussianError` where a setting is impossible or a number is not finite; `StorageError`; what the closure throws. No file is left
    ///   at `path` then.
    package static func write(
        space: FeatureSpace, images: Int64, settings: ModelSettings, to path: String, crew: ThreadCrew,
        parameters: (
            _ patch: Int, _ mean: UnsafeMutableBufferPointer<Float>, _ whitening: UnsafeMutableBufferPointer<Float>
        ) throws -> Void
    ) throws -> Digest {
        let header = try ModelHeader(space: space, count: images, settings: settings)
        let writer = try ModelWriter(path: path, header: header)
        var mean = [Float](repeating: 0, count: space.dimension)
        var whitening = [Float](repeating: 0, count: ModelFormat.packed(space.dimension))
        for patch in 0..<space.patches {
            try mean.withUnsafeMutableBufferPointer { mean in
                try whitening.withUnsafeMutableBufferPointer { whitening in
                    try parameters(patch, mean, whitening)
                }
            }
            guard mean.allSatisfy(\.isFinite), whitening.allSatisfy(\.isFinite) else {
                throw GaussianError(path, "patch \(patch) would have numbers that are not finite")
            }
            try mean.withUnsafeBufferPointer { mean in
                try whitening.withUnsafeBufferPointer { whitening in
                    guard let mean = mean.baseAddress, let whitening = whitening.baseAddress else { return }
                    try writer.write(mean: mean, whitening: whitening, patches: patch..<patch + 1)
                }
            }
        }
        return try writer.commit(crew)
    }
}
