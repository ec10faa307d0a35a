import CLAPACK

/// From an inverse covariance to the whitening matrix of the same distances: P = W'W, W lower triangular.
struct PrecisionMatrix {
    enum Fault: Error, Equatable {
        case notFinite
        /// How far apart two numbers across the diagonal are, beside the largest one.
        case notSymmetric(Double)
        case notPositiveDefinite
    }

    private let dimension: Int
    private var square: [Double]

    /// Inverses that were computed in Float32 are symmetric up to their rounding.
    private static let asymmetry = 1e-2

    init(dimension: Int) {
        self.dimension = dimension
        square = [Double](repeating: 0, count: dimension * dimension)
    }

    /// - Parameters:
    ///   - inverse: [channels, channels], in its own order of channels.
    ///   - order: the place in `inverse` of each channel of the result.
    ///   - whitening: the lower triangle by rows.
    /// - Throws: `Fault`.
    mutating func whiten(
        _ inverse: UnsafeBufferPointer<Float>, order: [Int], into whitening: UnsafeMutableBufferPointer<Float>
    ) throws(Fault) {
        var (largest, difference) = (0.0, 0.0)
        // From the last to the first: LAPACK makes P = L L', and the same of the reversed P is W'W.
        for row in 0..<dimension {
            for column in 0...row {
                let one = Double(inverse[order[row] * dimension + order[column]])
                let other = Double(inverse[order[column] * dimension + order[row]])
                guard one.isFinite, other.isFinite else { throw .notFinite }
                largest = max(largest, abs(one))
                difference = max(difference, abs(one - other))
                let (i, j) = (dimension - 1 - row, dimension - 1 - column)
                let mean = (one + other) / 2
                square[i * dimension + j] = mean
                square[j * dimension + i] = mean
            }
        }
        guard difference <= Self.asymmetry * largest else { throw .notSymmetric(difference / largest) }
        let lower = CChar(UInt8(ascii: "L"))
        let status = LAPACKE_dpotrf(LAPACK_COL_MAJOR, lower, Int32(dimension), &square, Int32(dimension))
        guard status == 0 else { throw .notPositiveDefinite }
        var place = 0
        for row in 0..<dimension {
            for column in 0...row {
                whitening[place] = Float(square[dimension * dimension - 1 - (row * dimension + column)])
                place += 1
            }
        }
    }
}
