import CLAPACK
import Foundation

/// The eigenvalues of one position's covariance, epsilon and shrinkage included, as its whitening matrix says them: C = (W'W)^-1.
public struct CovarianceSpectrum: Equatable, Sendable {
    /// Ascending, above 0, in squared units of the features.
    public let eigenvalues: [Double]
    /// The diagonal: each channel's variance, in squared units of the feature.
    public let variances: [Double]

    /// - Parameter whitening: a lower triangle, packed by rows: `dimension (dimension + 1) / 2` numbers, none on the diagonal 0.
    /// - Throws: `DiagnosisError` where LAPACK does not come to an end.
    public init(whitening: UnsafeBufferPointer<Float>, dimension: Int) throws {
        assert(whitening.count == dimension * (dimension + 1) / 2)
        variances = try Self.variances(whitening, dimension)
        eigenvalues = try Self.eigenvalues(whitening, dimension)
    }

    /// The largest eigenvalue beside the smallest.
    public var condition: Double { (eigenvalues.last ?? 1) / (eigenvalues.first ?? 1) }

    /// How many directions the variance is spread over: exp of the entropy of the eigenvalues' shares (Roy and Vetterli, EUSIPCO 2007). From 1 to
    /// the number of channels.
    public var effectiveRank: Double {
        let total = eigenvalues.reduce(0, +)
        return exp(eigenvalues.reduce(0) { $1 > 0 ? $0 - $1 / total * log($1 / total) : $0 })
    }

    /// The share of eigenvalues below twice epsilon: in these directions epsilon, and not the images, decides.
    public func shareOfEpsilon(_ epsilon: Double) -> Double {
        Double(eigenvalues.count { $0 < 2 * epsilon }) / Double(max(eigenvalues.count, 1))
    }

    /// C = L L', where L is the inverse of W: the diagonal has the squared lengths of L's rows.
    private static func variances(_ whitening: UnsafeBufferPointer<Float>, _ dimension: Int) throws -> [Double] {
        // A lower triangle by rows is, by columns, the upper triangle of its transpose, whose inverse lies the same way.
        var factor = whitening.map(Double.init)
        let upper = CChar(UInt8(ascii: "U")), general = CChar(UInt8(ascii: "N"))
        try require(LAPACKE_dtptri(LAPACK_COL_MAJOR, upper, general, Int32(dimension), &factor), "dtptri")
        return (0..<dimension).map { row in
            factor[row * (row + 1) / 2..<(row + 1) * (row + 2) / 2].reduce(0) { $0 + $1 * $1 }
        }
    }

    /// Those of C are the reciprocals of those of W'W.
    private static func eigenvalues(_ whitening: UnsafeBufferPointer<Float>, _ dimension: Int) throws -> [Double] {
        var matrix = [Double](repeating: 0, count: dimension * dimension)
        var place = 0
        for row in 0..<dimension {
            for column in 0...row {
                matrix[row * dimension + column] = Double(whitening[place])
                place += 1
            }
        }
        // By columns this is W', an upper triangle: `dlauum` makes W'W of it in its place.
        let (upper, valuesOnly, n) = (CChar(UInt8(ascii: "U")), CChar(UInt8(ascii: "N")), Int32(dimension))
        var inverse = [Double](repeating: 0, count: dimension)
        try require(LAPACKE_dlauum(LAPACK_COL_MAJOR, upper, n, &matrix, n), "dlauum")
        try require(LAPACKE_dsyev(LAPACK_COL_MAJOR, valuesOnly, upper, n, &matrix, n, &inverse), "dsyev")
        // What rounding leaves of the smallest may be 0 or less.
        let smallest = (inverse.last ?? 1) * .ulpOfOne
        return inverse.reversed().map { 1 / max($0, smallest) }
    }

    private static func require(_ status: Int32, _ routine: String) throws {
        guard status == 0 else {
            throw DiagnosisError("LAPACK's \(routine) could not take the covariance apart: it returned \(status)")
        }
    }
}

/// What could not be found out about a model.
public struct DiagnosisError: Error, CustomStringConvertible, Equatable, Sendable {
    public let description: String

    public init(_ description: String) { self.description = description }
}
