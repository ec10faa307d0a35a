import Tensors

extension GaussianModel {
    /// Multiplications that are made: of larger models fewer patches are looked at.
    private static let mostProducts = 1 << 31
    private static let (fewestPatches, mostPatches) = (4, 64)

    /// `typicalDistance` of a model with shrinkage, from some of its patches, evenly spread.
    ///
    /// C = own S_p + share S + epsilon I, where own = (n-1)/(n-1+v), share = v/(n-1+v) and S is the mean of S_p over the patches. So the mean of
    /// C over the patches, less epsilon I, is S, and tr(S_p C^-1) = (d - epsilon |W|^2 - share tr(S C^-1)) / own. The mean squared distance of
    /// the images in the fit is d2 = (n-1)/n tr(S_p C^-1), and that of one left out, with S taken as it is,
    ///
    ///     (n/(n-1))^2 (n-2+v)/(n-1+v) d2 / (1 - n d2/((n-1)(n-1+v)))
    ///
    /// - Parameter pooled: v.
    func shrunkTypicalDistance(_ pooled: Double) throws -> Double {
        let dimension = space.dimension
        let (n, d) = (Double(samples), Double(dimension))
        let cube = max(dimension * dimension * dimension, 1)
        let wanted = min(max(Self.mostProducts / cube, Self.fewestPatches), Self.mostPatches, space.patches)
        let patches = (0..<wanted).map { $0 * space.patches / wanted }
        let mean = try meanCovariance(of: patches)
        let (own, share) = ((n - 1) / (n - 1 + pooled), pooled / (n - 1 + pooled))
        var total = 0.0
        for patch in patches {
            let (squares, trace) = try withParameters(patches: patch..<patch + 1) { _, whitening in
                (
                    Self.sumOfSquares(whitening, ModelFormat.packed(dimension)),
                    Self.trace(of: mean.pointer, whitening, dimension)
                )
            }
            let explained = max((d - settings.epsilon * squares - share * trace) / own, 0)
            let remainder = max(1 - explained / (n - 1 + pooled), d / Double(1 << 24) / (n - 1 + pooled))
            total += (n / (n - 1) * (n - 2 + pooled) / (n - 1 + pooled) * explained / remainder).squareRoot()
        }
        let typical = total / Double(max(wanted, 1))
        return typical.isFinite && typical > 0 ? typical : d.squareRoot()
    }

    /// The mean of the patches' covariances without epsilon: a packed lower triangle.
    private func meanCovariance(of patches: [Int]) throws -> AlignedBuffer<Double> {
        let dimension = space.dimension
        let mean = try AlignedBuffer<Double>(zeros: ModelFormat.packed(dimension))
        let factor = try AlignedBuffer<Double>(zeros: ModelFormat.packed(dimension))
        for patch in patches {
            try withParameters(patches: patch..<patch + 1) { _, whitening in
                Self.invert(whitening, dimension, into: factor.pointer)
            }
            for i in 0..<dimension {
                let a = factor.pointer + i * (i + 1) / 2
                for j in 0...i {
                    let b = factor.pointer + j * (j + 1) / 2
                    var sum = 0.0
                    for k in 0...j { sum += a[k] * b[k] }
                    mean.pointer[i * (i + 1) / 2 + j] += sum / Double(patches.count)
                }
            }
        }
        for i in 0..<dimension { mean.pointer[i * (i + 3) / 2] -= settings.epsilon }
        return mean
    }

    /// The inverse of a packed lower triangle, row by row: row i is (e_i - sum over k < i of W[i][k] L[k]) / W[i][i].
    private static func invert(
        _ whitening: UnsafePointer<Float>, _ dimension: Int, into l: UnsafeMutablePointer<Double>
    ) {
        for i in 0..<dimension {
            let (w, row) = (whitening + i * (i + 1) / 2, l + i * (i + 1) / 2)
            for j in 0..<i { row[j] = 0 }
            for k in 0..<i {
                let (factor, other) = (Double(w[k]), l + k * (k + 1) / 2)
                for j in 0...k { row[j] -= factor * other[j] }
            }
            let reciprocal = 1 / Double(w[i])
            for j in 0..<i { row[j] *= reciprocal }
            row[i] = reciprocal
        }
    }

    /// The trace of W S W' for a symmetric S, of which the lower triangle is given.
    private static func trace(of s: UnsafePointer<Double>, _ whitening: UnsafePointer<Float>, _ dimension: Int)
        -> Double
    {
        var total = 0.0
        for row in 0..<dimension {
            let w = whitening + row * (row + 1) / 2
            for i in 0...row {
                let products = s + i * (i + 1) / 2
                var sum = Double(w[i]) * products[i] / 2
                for j in 0..<i { sum += Double(w[j]) * products[j] }
                total += 2 * Double(w[i]) * sum
            }
        }
        return total
    }
}
