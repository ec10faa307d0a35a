import CKernels
import COpenBLAS
import Foundation
import Tensors

/// Turns records into means and whitening matrices: the workspace of one thread.
///
/// LAPACK runs on the caller's thread alone and on buffers of one alignment, so equal records give equal bits whatever
/// thread takes them.
final class PatchInversion {
    private let dimension: Int
    private let count: Int64
    private let epsilon: Double
    private let scales: [Double]
    private let mean: AlignedBuffer<Double>
    private let matrix: AlignedBuffer<Double>

    init(_ header: ModelHeader) throws {
        _ = Self.oneThread
        dimension = header.space.dimension
        (count, epsilon, scales) = (header.count, header.epsilon, header.grid.inverseScales)
        mean = try AlignedBuffer(zeros: dimension)
        matrix = try AlignedBuffer(zeros: dimension * dimension)
    }

    /// OpenBLAS has threads of its own, which would change low bits and fight with the crew's.
    private static let oneThread: Void = openblas_set_num_threads(1)

    enum Failure: Error {
        /// The covariance is not positive definite.
        case singular
        /// A mean or a whitening coefficient is no finite number.
        case notFinite
    }

    /// The mean and the packed inverse of the covariance's lower Cholesky factor.
    /// - Throws: `Failure`.
    func invert(
        _ record: UnsafePointer<Int64>, mean meanOut: UnsafeMutablePointer<Float>,
        whitening: UnsafeMutablePointer<Float>
    ) throws {
        scales.withUnsafeBufferPointer {
            statistics_moments(
                record, Int32(dimension), count, $0.baseAddress, epsilon, mean.pointer, matrix.pointer)
        }
        for channel in 0..<dimension { meanOut[channel] = Float(mean.pointer[channel]) }

        // LAPACK goes by columns: the lower triangle by rows is its upper triangle, C = U'U with U = L', and the inverse of
        // U by columns is the inverse of L by rows.
        var size = Int32(dimension)
        var info: Int32 = 0
        dpotrf_("U", &size, matrix.pointer, &size, &info, 1)
        guard info == 0 else { throw Failure.singular }
        dtrtri_("U", "N", &size, matrix.pointer, &size, &info, 1, 1)
        guard info == 0 else { throw Failure.singular }
        guard statistics_pack_lower(matrix.pointer, Int32(dimension), whitening),
            statistics_all_finite(meanOut, dimension)
        else { throw Failure.notFinite }
    }
}
