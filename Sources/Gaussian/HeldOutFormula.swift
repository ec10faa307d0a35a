/// The distance that an image of a model would have from a model without it.
///
/// Exact algebra (Sherman and Morrison 1950, for the covariance's downdate), but for epsilon: the model without the image would have a
/// little more of it, relative to the rest. The term in `back` takes that away to first order: what remains is below 3e-5, relative,
/// where there are more images than channels, and up to some 2e-4 where there are fewer.
public struct HeldOutFormula: Equatable, Sendable {
    /// Samples of the model: at least 3, so that two remain.
    public let count: Int64
    /// What the covariance pooled over positions counts for, in images; 0 where there is none.
    public let pooledWeight: Double
    public let epsilon: Double

    public init(count: Int64, pooledWeight: Double, epsilon: Double) {
        assert(count >= 3 && pooledWeight >= 0 && epsilon >= 0)
        (self.count, self.pooledWeight, self.epsilon) = (count, pooledWeight, epsilon)
    }

    /// - Parameters:
    ///   - square: the squared distance from the model, |R|^2 with R = W (x - mean).
    ///   - back: |W' R|^2.
    /// - Returns: the squared distance; nil where the model without the image cannot be had in double precision: epsilon is too small for
    ///   so few images.
    public func squaredDistance(square: Double, back: Double) -> Double? {
        let n = Double(count)
        let full = n - 1 + pooledWeight
        let corrected = square + epsilon / full * back
        let rest = 1 - n * corrected / ((n - 1) * full)
        let ratio = n / (n - 1)
        let distance = ratio * ratio * (full - 1) / full * corrected / rest
        return rest > 0 && distance.isFinite ? distance : nil
    }
}
