/// A number for each of ``ScoreBins``, of which most stay 0: room is made where something is added. Distances of a job lie within a few pages, so
/// that there may be such bins for each category.
struct PagedBins<Value: AdditiveArithmetic & Sendable>: Sendable {
    private static var bits: Int { 12 }
    private static var pageSize: Int { 1 << bits }

    private var pages = [[Value]](repeating: [], count: ScoreBins.count >> PagedBins.bits)

    subscript(bin: Int) -> Value {
        let page = pages[bin >> Self.bits]
        return page.isEmpty ? .zero : page[bin & (Self.pageSize - 1)]
    }

    mutating func add(_ value: Value, to bin: Int) {
        let page = bin >> Self.bits
        if pages[page].isEmpty { pages[page] = [Value](repeating: .zero, count: Self.pageSize) }
        pages[page][bin & (Self.pageSize - 1)] += value
    }

    /// The bins of pages in which something was added, ascending.
    var room: [Range<Int>] {
        pages.indices.filter { !pages[$0].isEmpty }.map { $0 << Self.bits..<($0 + 1) << Self.bits }
    }
}
