extension GaussianModel {
    /// Numbers that are looked at: of larger models every second patch, or third, and so on.
    private static let mostNumbers = 1 << 26

    /// How far a patch of a normal image that the model was not fitted on is from the mean, about: the mean over the patches of the
    /// leave-one-out distance of a patch's mean image.
    ///
    /// It follows from the model alone. With n images, covariance S, C = S + epsilon I and W'W = C^-1, the mean squared distance of
    /// the images in the fit is d2 = (n-1)/n tr(S C^-1) = (n-1)/n (d - epsilon |W|^2). An image takes part in its own mean and
    /// covariance with the leverage h = n d2/(n-1)^2; without that its squared distance is (n/(n-1))^2 d2 / (1 - h). Images of
    /// other lots than the fit's lie farther off: solar cells up to 1.5 times, where they are no more than channels.
    ///
    /// Sums are of doubles in one fixed order, without fused operations: every machine gets the same bits.
    /// - Returns: finite and above 0. Where the images do not differ at all it is the square root of the channels' number, the distance
    ///   of a patch where the model is right.
    public func typicalDistance() throws -> Double {
        if let images = settings.shrinkage.pooledImages { return try shrunkTypicalDistance(images) }
        let (dimension, packed) = (space.dimension, ModelFormat.packed(space.dimension))
        let step = max(1, space.patches * packed / Self.mostNumbers)
        var (total, patches) = (0.0, 0)
        for patch in stride(from: 0, to: space.patches, by: step) {
            let squares = try withParameters(patches: patch..<patch + 1) { _, whitening in
                Self.sumOfSquares(whitening, packed)
            }
            total += leftOutDistance(dimension: Double(dimension), whitening: squares)
            patches += 1
        }
        let typical = total / Double(max(patches, 1))
        return typical.isFinite && typical > 0 ? typical : Double(dimension).squareRoot()
    }

    private func leftOutDistance(dimension: Double, whitening squares: Double) -> Double {
        let n = Double(samples)
        let regularized = settings.epsilon * squares
        let squared = max((n - 1) / n * (dimension - regularized), 0)
        // (n-1) (1 - h) is the sum of epsilon / (eigenvalue + epsilon) over the n-1 directions that the images can span. Of the others, if
        // there are any, each adds 1 to epsilon |W|^2. W is rounded to Float32: what remains is no less than that leaves uncertain.
        let uncertain = dimension / Double(1 << 24)
        let remainder = max(n - 1 - dimension + regularized, uncertain) / (n - 1)
        return (n / (n - 1) * n / (n - 1) * squared / remainder).squareRoot()
    }

    static func sumOfSquares(_ values: UnsafePointer<Float>, _ count: Int) -> Double {
        // Eight sums, so that no addition waits for the one before it.
        var sums = SIMD8<Double>()
        let whole = count - count % 8
        for start in stride(from: 0, to: whole, by: 8) {
            var eight = SIMD8<Double>()
            for lane in 0..<8 { eight[lane] = Double(values[start + lane]) }
            sums += eight * eight
        }
        var total = 0.0
        for lane in 0..<8 { total += sums[lane] }
        for index in whole..<count { total += Double(values[index]) * Double(values[index]) }
        return total
    }
}
