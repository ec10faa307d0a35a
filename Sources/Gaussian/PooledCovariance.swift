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
    convenience init(
        _ header: ModelHeader, images: Double, readers: [SelectedRecords], count: Int64, block: Int, crew: ThreadCrew
    ) throws {
        let (dimension, patches) = (header.space.dimension, header.space.patches)
        let words = statistics_record_words(dimension)
        let totals = try (0..<crew.threads).map { _ in try WideTotals(dimension: dimension) }
        try crew.forEach((patches + block - 1) / block) { index, thread in
            let range = index * block..<min((index + 1) * block, patches)
            try readers[thread].withRecords(patches: range) { records in
                for number in 0..<range.count { totals[thread].add(records + number * words, count: count) }
            }
        }
        for other in totals.dropFirst() { totals[0].add(other) }
        try self.init(header, images: images, totals: totals[0], count: count)
    }

    /// - Parameters:
    ///   - totals: the sums of all patches' numerators.
    ///   - count: samples of the statistics that they are of.
    /// - Throws: `OutOfMemory`.
    init(_ header: ModelHeader, images: Double, totals: WideTotals, count: Int64) throws {
        let (dimension, patches) = (header.space.dimension, header.space.patches)
        let freedom = Double(header.samples - 1)
        own = freedom / (freedom + images)
        let share = images / (freedom + images)
        pooled = try AlignedBuffer(zeros: ModelFormat.packed(dimension))
        let scales = header.space.grid.steps.map(Double.init)
        withExtendedLifetime(totals) {
            var place = 0
            for i in 0..<dimension {
                for j in 0...i {
                    let mean = statistics_wide_value(totals.sums.pointer + place) / Double(patches)
                    pooled.pointer[place] = mean / Double(count * (count - 1)) * (scales[i] * scales[j]) * share
                    place += 1
                }
            }
        }
    }
}

/// Sums of the numerators of patches' covariances: a packed lower triangle. Used by one thread at a time.
final class WideTotals: @unchecked Sendable {
    let sums: AlignedBuffer<WideSum>
    private let dimension: Int

    /// Bytes of the sums: each is a whole number of 128 bits, little-endian.
    static func byteCount(dimension: Int) -> Int { ModelFormat.packed(dimension) * MemoryLayout<WideSum>.stride }

    /// Zeros.
    init(dimension: Int) throws {
        self.dimension = dimension
        sums = try AlignedBuffer(zeros: ModelFormat.packed(dimension))
    }

    /// - Parameter count: of the record's samples.
    func add(_ record: UnsafePointer<Int64>, count: Int64) {
        statistics_add_numerators(record, Int32(dimension), count, sums.pointer)
    }

    func add(_ other: WideTotals) { statistics_add_wide(sums.pointer, other.sums.pointer, sums.count) }

    /// Adds sums that another process made.
    /// - Parameter bytes: `byteCount(dimension:)` of them.
    func add(bytes: UnsafeRawBufferPointer) throws {
        let other = try WideTotals(dimension: dimension)
        other.sums.bytes.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes.prefix(other.sums.bytes.count)))
        add(other)
    }

    func reset() { sums.bytes.initializeMemory(as: UInt8.self, repeating: 0) }
}
