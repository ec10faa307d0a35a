import CKernels

/// The shape of statistics in memory, in a message and in a file: one record a patch, one after the other.
///
/// A record is d(d+3)/2 little-endian Int64: the d sums, then the lower triangle of the sums of products, by rows.
package struct RecordShape: Equatable, Sendable {
    package let patches: Int
    package let dimension: Int
    /// Words of one patch's record.
    package let words: Int

    /// - Throws: `GaussianError` where the numbers are out of bounds.
    package init(patches: Int, dimension: Int) throws {
        guard patches >= 1, patches <= FeatureSpace.maximumGridSide * FeatureSpace.maximumGridSide,
            dimension >= 1, dimension <= FeatureSpace.maximumDimension
        else {
            throw GaussianError("statistics", "\(patches) patches of \(dimension) channels are out of bounds")
        }
        self.patches = patches
        self.dimension = dimension
        words = statistics_record_words(dimension)
    }

    package func byteCount(patches count: Int) -> Int { count * words * 8 }

    package func require(_ range: Range<Int>, _ subject: String) throws {
        guard range.lowerBound >= 0, range.upperBound <= patches else {
            throw GaussianError(subject, "has no patches \(range): it has \(patches)")
        }
    }
}
