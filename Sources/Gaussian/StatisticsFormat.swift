import Storage
import Tensors

/// The file of exact statistics, a safetensors file:
///
///     metadata  format "padim statistics", version "2" or "3", header (JSON of `StatisticsHeader`, keys sorted)
///     moments   I64 [patches, d(d+3)/2]   a patch's record: d sums, then the lower triangle of products, by rows
///     checks    I64 [patches]             `RecordChecks` of each record, from a seed that the header gives
///     images    U8 [count, 16]            `ImageMultiset`: only where the header has its digest
enum StatisticsFormat {
    static let kind = "padim statistics"
    static let newest = 3
    static let records = "moments"
    static let checks = "checks"
    static let images = "images"
    /// A file's header is not longer, in bytes: that of a space with the most channels fits many times.
    static let longestHeader = 1 << 22

    static func tensors(_ shape: RecordShape, _ header: StatisticsHeader) throws -> [TensorDescription] {
        var tensors = [
            try TensorDescription(name: records, type: .i64, shape: [shape.patches, shape.words]),
            try TensorDescription(name: checks, type: .i64, shape: [shape.patches]),
        ]
        if header.images != nil {
            tensors.append(
                try TensorDescription(
                    name: images, type: .u8, shape: [Int(header.count), ContentDigest.byteCount]))
        }
        return tensors
    }
}
