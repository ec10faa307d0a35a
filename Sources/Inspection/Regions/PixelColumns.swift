/// A set of pixels, column by column: what a region needs of memory grows with its outline and not with its area.
public struct PixelColumns: Equatable, Sendable {
    /// The first column.
    public let left: Int
    /// Of each column from there on the stretches of rows: ascending, none empty, with a gap between any two. No column is without one.
    public let columns: [[Range<Int>]]

    init(left: Int, columns: [[Range<Int>]]) { (self.left, self.columns) = (left, columns) }

    /// The pixels of a region, in its map.
    init(of region: MapRegion) {
        var columns = [[Range<Int>]](repeating: [], count: region.columns.count)
        for run in region.runs {
            for column in run.columns {
                let place = column - region.columns.lowerBound
                // Runs come by rows, so a pixel lies below all others of its column.
                if let last = columns[place].last, last.upperBound == run.row {
                    columns[place][columns[place].count - 1] = last.lowerBound..<run.row + 1
                } else {
                    columns[place].append(run.row..<run.row + 1)
                }
            }
        }
        self.init(left: region.columns.lowerBound, columns: columns)
    }

    public var area: Int { columns.reduce(0) { $1.reduce($0) { $0 + $1.count } } }

    /// The smallest box that holds all pixels.
    var box: (rows: Range<Int>, columns: Range<Int>) {
        let low = columns.compactMap(\.first?.lowerBound).min() ?? 0
        let high = columns.compactMap(\.last?.upperBound).max() ?? low
        return (low..<high, left..<left + columns.count)
    }

    /// The mean row and column, where pixels' centres are at whole numbers.
    var centroid: (row: Double, column: Double) {
        // Twice the sums, which are whole numbers and exact: a set has at most 2^28 pixels, and a side at most 2^16.
        var (rows, across) = (0, 0)
        for (column, stretches) in zip(left..., columns) {
            for stretch in stretches {
                rows += (stretch.lowerBound + stretch.upperBound - 1) * stretch.count
                across += 2 * column * stretch.count
            }
        }
        let pixels = 2 * Double(max(area, 1))
        return (Double(rows) / pixels, Double(across) / pixels)
    }

    /// The lengths of what is outside and inside by turns, first outside, through all columns of an image of that size from the left:
    /// COCO's run-length code.
    package func runLengths(width: Int, height: Int) -> [Int] {
        var (lengths, end) = ([Int](), 0)
        for (column, stretches) in zip(left..., columns) {
            for stretch in stretches {
                let start = column * height + stretch.lowerBound
                // A stretch to the foot of a column goes on at the head of the next.
                if start == end, !lengths.isEmpty {
                    lengths[lengths.count - 1] += stretch.count
                } else {
                    lengths += [start - end, stretch.count]
                }
                end = start + stretch.count
            }
        }
        if end < width * height { lengths.append(width * height - end) }
        return lengths
    }
}
