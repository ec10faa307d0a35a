/// Where a file has the numbers of patches, and which of them a machine writes in place.
///
/// In a merge several machines write one file, each the numbers of its own range of patches. The client of a network file system may write
/// whole pages: a page with numbers of two ranges could lose those of one. So a machine writes only pages all of whose bytes are its own.
/// The bytes at the edges of its range, and all checks, it sends to the coordinator, which alone writes the other pages.
struct RangePlaces: Equatable, Sendable {
    /// A tensor with a row for each patch.
    struct Rows: Equatable, Sendable {
        /// Of the first patch's row, in the file.
        let start: Int
        /// Bytes of a row.
        let width: Int
        /// Whether nothing of it is written in place.
        let isSent: Bool

        func bytes(of patches: Range<Int>) -> Range<Int> {
            start + patches.lowerBound * width..<start + patches.upperBound * width
        }

        /// The bytes that are written in place; nil where there are none.
        func written(of patches: Range<Int>) -> Range<Int>? {
            guard !isSent else { return nil }
            let (bytes, page) = (bytes(of: patches), RangePlaces.page)
            let (first, end) = ((bytes.lowerBound + page - 1) / page * page, bytes.upperBound / page * page)
            return first < end ? first..<end : nil
        }

        /// The bytes that are sent, in their order.
        func sent(of patches: Range<Int>) -> [Range<Int>] {
            let all = bytes(of: patches)
            guard let written = written(of: patches) else { return all.isEmpty ? [] : [all] }
            return [all.lowerBound..<written.lowerBound, written.upperBound..<all.upperBound].filter { !$0.isEmpty }
        }
    }

    /// No system that this runs on has larger pages.
    static let page = 1 << 16

    let rows: [Rows]

    func sent(of patches: Range<Int>) -> [Range<Int>] { rows.flatMap { $0.sent(of: patches) } }

    func sentByteCount(_ patches: Range<Int>) -> Int { sent(of: patches).reduce(0) { $0 + $1.count } }
}

extension RangePlaces {
    /// Of a file of statistics: checks and records.
    /// - Parameter place: where the file has a tensor.
    init(ofStatistics shape: RecordShape, place: (String) throws -> Range<Int>) rethrows {
        rows = [
            Rows(start: try place(StatisticsFormat.checks).lowerBound, width: 8, isSent: true),
            Rows(
                start: try place(StatisticsFormat.records).lowerBound, width: shape.byteCount(patches: 1),
                isSent: false),
        ]
    }

    /// Of a model's file: checks, means and whitening matrices.
    init(ofModel dimension: Int, place: (String) throws -> Range<Int>) rethrows {
        rows = [
            Rows(start: try place(ModelFormat.checks).lowerBound, width: 8, isSent: true),
            Rows(start: try place(ModelFormat.mean).lowerBound, width: 4 * dimension, isSent: false),
            Rows(
                start: try place(ModelFormat.whitening).lowerBound, width: 4 * ModelFormat.packed(dimension),
                isSent: false),
        ]
    }
}
