import CKernels
import Compute
import Tensors

/// What shrinkage adds to every patch's covariance, and what it multiplies the patch's own by.
///
/// With n images, P patches and v = `Shrinkage.pooledImages`, the covariance of patch p is own S_p + pooled, where
///
///     own = (n - 1) / (n - 1 + v)      pooled = v / (n - 1 + v) S      S = (S_1 + ... + S_P) / P
///
/// The sum is that of whole numbers, the numerators n S[c][c'] - s[c] s[c'] of all patches. It is exact, so its bits do not depend on how
/// patches are shared among threads, and it is rounded to double once.
final class PooledCovariance: Sendable {
    let own: Double
    /// A packed lower triangle, by rows, in squared units of the features.
    let pooled: AlignedBuffer<Double>

    /// Reads all records.
    /// - Parameters:
    ///   - header: of the model; its channels are those that the readers give.
    ///   - images: v.
    ///   - readers: of the statistics that S is of, one for each of the crew's threads.
    ///   - count: samples of these statistics.
    ///   - block: patches that a thread takes at a time.
    /// - Throws: as `StatisticsFile.withRecords`; `OutOfMemory`.
    init(
        _ header: ModelHeader, images: Double, readers: [SelectedRecords], count: Int64, block: Int, crew: ThreadCrew
    ) throws {
        let (dimension, patches) = (header.space.dimension, header.space.patches)
        let packed = ModelFormat.packed(dimension)
        let words = statistics_record_words(dimension)
        let totals = try (0..<crew.threads).map { _ in try WideTotals(packed) }
        try crew.forEach((patches + block - 1) / block) { index, thread in
            let range = index * block..<min((index + 1) * block, patches)
            try readers[thread].withRecords(patches: range) { records in
                for number in 0..<range.count {
                    statistics_add_numerators(
                        records + number * words, Int32(dimension), count, totals[thread].sums.pointer)
                }
            }
        }
        for other in totals.dropFirst() { statistics_add_wide(totals[0].sums.pointer, other.sums.pointer, packed) }
        let freedom = Double(header.samples - 1)
        own = freedom / (freedom + images)
        let share = images / (freedom + images)
        pooled = try AlignedBuffer(zeros: packed)
        let scales = header.space.grid.steps.map(Double.init)
        withExtendedLifetime(totals) {
            var place = 0
            for i in 0..<dimension {
                for j in 0...i {
                    let mean = statistics_wide_value(totals[0].sums.pointer + place) / Double(patches)
                    pooled.pointer[place] = mean / Double(count * (count - 1)) * (scales[i] * scales[j]) * share
                    place += 1
                }
            }
        }
    }
}

/// One thread's sums.
private final class WideTotals: @unchecked Sendable {
    let sums: AlignedBuffer<WideSum>

    init(_ count: Int) throws { sums = try AlignedBuffer(zeros: count) }
}
