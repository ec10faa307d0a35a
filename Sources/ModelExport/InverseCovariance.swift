import CLAPACK
import Gaussian

/// The inverse covariances of a model: W'W of each whitening matrix W.
struct InverseCovariance {
    let model: GaussianModel

    /// Float32 values in all matrices.
    var count: Int { model.space.patches * model.space.dimension * model.space.dimension }

    /// Calls `body` with each patch's mean, [channels], and inverse covariance, [channels, channels], in doubles.
    /// - Throws: `GaussianError`; what the body throws.
    func forEachPatch(
        _ body: (_ mean: UnsafeBufferPointer<Float>, _ inverse: UnsafeBufferPointer<Float>) throws -> Void
    ) throws {
        let dimension = model.space.dimension
        var square = [Double](repeating: 0, count: dimension * dimension)
        var rounded = [Float](repeating: 0, count: dimension * dimension)
        for patch in 0..<model.space.patches {
            try model.withParameters(patches: patch..<patch + 1) { mean, packed in
                for row in 0..<dimension {
                    for column in 0...row {
                        square[row * dimension + column] = Double(packed[row * (row + 1) / 2 + column])
                    }
                }
                // By columns this is the upper triangle of W', of which LAPACK makes W'W.
                let upper = CChar(UInt8(ascii: "U"))
                let status = LAPACKE_dlauum(LAPACK_COL_MAJOR, upper, Int32(dimension), &square, Int32(dimension))
                guard status == 0 else {
                    throw GaussianError(
                        model.path, "patch \(patch) has no inverse covariance: LAPACK returned \(status)")
                }
                for row in 0..<dimension {
                    for column in 0...row {
                        let value = Float(square[row * dimension + column])
                        rounded[row * dimension + column] = value
                        rounded[column * dimension + row] = value
                    }
                }
                try rounded.withUnsafeBufferPointer {
                    try body(UnsafeBufferPointer(start: mean, count: dimension), $0)
                }
            }
        }
    }
}
