import Compute
import Settings
import Tensors

/// Looks whether what is left of sums, when others are taken out of them, can be sums of images: the workspace of one thread.
///
/// What is left of images that were in the sums has covariances without a negative direction. Images that were not in them leave one
/// where their squared distance from the mean is more than about the number of images: mostly so where there are few images, and
/// hardly ever where there are many.
final class DifferenceCheck: @unchecked Sendable {
    /// Of the square of the largest feature that there can be: above what rounding does to a covariance, far below what an image
    /// weighs in one.
    private static let margin = 1e-12

    private let inversion: Whitening
    private let means: AlignedBuffer<Float>
    private let whitening: AlignedBuffer<Float>
    private let dimension: Int

    /// - Parameters:
    ///   - header: of what is left.
    ///   - patches: the most of one call.
    /// - Returns: nil where fewer than two images are left, which have no covariance.
    init?(_ header: StatisticsHeader, patches: Int) throws {
        guard header.count >= 2 else { return nil }
        dimension = header.space.dimension
        let largest = Double(FixedPointGrid.limit) * Double(header.space.grid.steps.max() ?? 1)
        inversion = try Whitening(
            ModelHeader(
                space: header.space, count: header.count, samples: header.samples,
                settings: ModelSettings(epsilon: Self.margin * largest * largest)),
            .best)
        means = try AlignedBuffer(zeros: patches * dimension)
        whitening = try AlignedBuffer(zeros: patches * ModelFormat.packed(dimension))
    }

    /// Whether the records of consecutive patches can be sums of images, as far as their covariances show it.
    func isPossible(_ records: UnsafePointer<Int64>, patches: Int) throws -> Bool {
        do {
            try inversion.invert(records, patches: patches, means: means.pointer, whitening: whitening.pointer)
            return true
        } catch is Whitening.Failure {
            return false
        }
    }
}
