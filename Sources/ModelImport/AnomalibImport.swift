import Backbone
import Checkpoints
import Compute
import Foundation
import Gaussian
import PaDiM
import Settings
import Storage

/// Makes a model of a checkpoint of anomalib's PaDiM, and a file of its backbone's weights.
public struct AnomalibImport {
    private let checkpoint: AnomalibCheckpoint
    private let images: Int64

    /// anomalib adds 0.01 to covariances, and then 0.00001.
    private static let epsilon = 0.01001
    /// The finest steps of the grid that features are rounded to, and how far it must reach beyond the largest mean of a layer.
    private static let (finestExponent, reach) = (13, Float(8))

    /// - Parameter images: how many the model was fitted on, which a checkpoint does not say.
    public init(_ checkpoint: AnomalibCheckpoint, images: Int64) {
        (self.checkpoint, self.images) = (checkpoint, images)
    }

    /// - Parameters:
    ///   - path: where the model goes.
    ///   - weights: where the weights go.
    /// - Returns: the digest of the model.
    /// - Throws: `CheckpointError` where the shapes of the Gaussians do not fit the layers, or a patch's inverse covariance is not positive definite; `BackboneError`,
    ///   `GaussianError`, `StorageError`. Neither file is left then.
    public func write(to path: String, weights: String, crew: ThreadCrew) throws -> Digest {
        let mean = try checkpoint.mean()
        // Before anything is written: what can be wrong with the shapes.
        _ = try space(weights: Digest(of: []), mean)
        let digest = try checkpoint.writeWeights(to: weights)
        do {
            return try write(self.space(weights: digest, mean), mean, to: path, crew)
        } catch {
            unlink(weights)
            throw error
        }
    }

    private func write(_ space: FeatureSpace, _ mean: [Float], to path: String, _ crew: ThreadCrew) throws -> Digest {
        let (patches, dimension) = (space.patches, space.dimension)
        // The model's channels are ascending; the checkpoint's are as they were drawn.
        let order = checkpoint.channels.indices.sorted { checkpoint.channels[$0] < checkpoint.channels[$1] }
        let inverses = try checkpoint.inverseCovariances()
        var matrix = PrecisionMatrix(dimension: dimension)
        let settings = ModelSettings(epsilon: Self.epsilon, blurBorder: .mirror)
        return try inverses.withUnsafeBufferPointer { inverses in
            try GaussianModel.write(space: space, images: images, settings: settings, to: path, crew: crew) {
                patch, means, whitening in
                for (place, channel) in order.enumerated() { means[place] = mean[channel * patches + patch] }
                let size = dimension * dimension
                do {
                    try matrix.whiten(
                        UnsafeBufferPointer(rebasing: inverses[patch * size..<(patch + 1) * size]), order: order,
                        into: whitening)
                } catch let error as PrecisionMatrix.Fault {
                    throw CheckpointError(checkpoint.file.path, Self.words(error, patch: patch, of: space))
                }
            }
        }
    }

    private static func words(_ fault: PrecisionMatrix.Fault, patch: Int, of space: FeatureSpace) -> String {
        let place =
            "the inverse covariance of patch \(patch) (row \(patch / space.gridWidth), column \(patch % space.gridWidth))"
        return switch fault {
        case .notFinite: "\(place) has numbers that are not finite; fit again"
        case .notSymmetric(let difference):
            "\(place) is not symmetric: numbers differ by \(difference) of the largest; it is damaged, or of no fit"
        case .notPositiveDefinite:
            "\(place) is not positive definite, so that squared distances might be negative; fit again with more images, or with padim-coord"
        }
    }

    private func space(weights: Digest, _ mean: [Float]) throws -> FeatureSpace {
        func failure(_ reason: String) -> CheckpointError { CheckpointError(checkpoint.file.path, reason) }
        var options = EmbeddingOptions(
            backbone: checkpoint.backbone.name, layers: checkpoint.layers, channels: checkpoint.channels,
            input: checkpoint.input)
        let coarse: FeatureSpace
        do {
            coarse = try options.space(weights: weights)
        } catch let error as PaDiMError {
            throw failure("its idx does not fit its layers: \(error)")
        }
        let patches = mean.count / max(checkpoint.channels.count, 1)
        guard coarse.patches == patches else {
            throw failure(
                "has \(patches) patches, and an input of \(coarse.input.width) x \(coarse.input.height) pixels gives \(coarse.patches): give the input that it was fitted with (--input-size)"
            )
        }
        guard mean.allSatisfy(\.isFinite) else { throw failure("has means that are not finite; fit again") }
        options.gridExponent = Self.exponent(for: mean.reduce(0) { max($0, abs($1)) })
        return try options.space(weights: weights)
    }

    /// The finest grid that reaches well beyond the largest mean.
    private static func exponent(for largest: Float) -> Int {
        var exponent = finestExponent
        while exponent > FixedPointGrid.exponentRange.lowerBound,
            largest * reach > Float(sign: .plus, exponent: -exponent, significand: Float(FixedPointGrid.limit))
        {
            exponent -= 1
        }
        return exponent
    }
}
