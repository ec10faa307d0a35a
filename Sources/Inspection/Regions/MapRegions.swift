import Imaging
import Thresholds

/// A connected region of a map: pixels that reach a threshold and touch, also at a corner.
public struct MapRegion: Equatable, Sendable {
    /// In the map's pixels.
    public internal(set) var rows: Range<Int>
    public internal(set) var columns: Range<Int>
    /// How many pixels it has.
    public internal(set) var area: Int
    /// The largest value in it, and its first place, by rows.
    public internal(set) var peak: Float
    public internal(set) var peakRow: Int
    public internal(set) var peakColumn: Int

    package init(rows: Range<Int>, columns: Range<Int>, area: Int, peak: Float, peakRow: Int, peakColumn: Int) {
        (self.rows, self.columns, self.area) = (rows, columns, area)
        (self.peak, self.peakRow, self.peakColumn) = (peak, peakRow, peakColumn)
    }

    /// Takes up another part of the same region.
    mutating func join(_ other: MapRegion) {
        rows = min(rows.lowerBound, other.rows.lowerBound)..<max(rows.upperBound, other.rows.upperBound)
        columns = min(columns.lowerBound, other.columns.lowerBound)..<max(columns.upperBound, other.columns.upperBound)
        area += other.area
        let isFirst = (other.peakRow, other.peakColumn) < (peakRow, peakColumn)
        if other.peak > peak || other.peak == peak && isFirst {
            (peak, peakRow, peakColumn) = (other.peak, other.peakRow, other.peakColumn)
        }
    }
}

/// Finds the regions of maps.
///
/// A row's pixels are taken as runs, and runs that touch are joined as sets (union-find), so the time grows with the pixels and the memory
/// with the runs. Own code: ``MaskRegions`` numbers the pixels of masks, which needs a number a pixel.
public enum MapRegions {
    /// - Returns: the regions whose pixels are at least the threshold, that of the highest peak first; of equal ones the first by rows.
    public static func find(in map: FloatImage, atLeast threshold: Threshold) -> [MapRegion] {
        var runs = RunForest()
        var above: [Run] = []
        for row in 0..<map.height {
            let here = Self.runs(of: map, row: row, threshold, &runs)
            Self.join(here, with: above, &runs)
            above = here
        }
        return runs.regions.sorted {
            $0.peak != $1.peak
                ? $0.peak > $1.peak : ($0.peakRow, $0.peakColumn) < ($1.peakRow, $1.peakColumn)
        }
    }

    /// Neighbours in a row, with their number in the forest.
    private struct Run {
        let columns: Range<Int>
        let number: Int
    }

    private static func runs(
        of map: FloatImage, row: Int, _ threshold: Threshold, _ forest: inout RunForest
    ) -> [Run] {
        var runs: [Run] = []
        let start = row * map.width
        var column = 0
        while column < map.width {
            guard threshold.flags(map.values[start + column]) else {
                column += 1
                continue
            }
            let first = column
            var peak = column
            while column < map.width, threshold.flags(map.values[start + column]) {
                if map.values[start + column] > map.values[start + peak] { peak = column }
                column += 1
            }
            let part = MapRegion(
                rows: row..<row + 1, columns: first..<column, area: column - first, peak: map.values[start + peak],
                peakRow: row, peakColumn: peak)
            runs.append(Run(columns: first..<column, number: forest.add(part)))
        }
        return runs
    }

    /// Joins the runs of two rows that touch. Both are in the order of their columns.
    private static func join(_ here: [Run], with above: [Run], _ forest: inout RunForest) {
        var (lower, upper) = (0, 0)
        while lower < here.count, upper < above.count {
            let (mine, other) = (here[lower].columns, above[upper].columns)
            // Runs touch at a corner where one ends and the other begins.
            if mine.lowerBound <= other.upperBound && other.lowerBound <= mine.upperBound {
                forest.join(here[lower].number, above[upper].number)
            }
            if mine.upperBound < other.upperBound { lower += 1 } else { upper += 1 }
        }
    }
}

/// Runs that grow together; the run of the least number stands for its set.
private struct RunForest {
    private var parents: [Int] = []
    private var parts: [MapRegion] = []

    mutating func add(_ part: MapRegion) -> Int {
        parents.append(parents.count)
        parts.append(part)
        return parts.count - 1
    }

    mutating func join(_ first: Int, _ second: Int) {
        let (first, second) = (root(of: first), root(of: second))
        guard first != second else { return }
        parents[max(first, second)] = min(first, second)
        parts[min(first, second)].join(parts[max(first, second)])
    }

    private mutating func root(of run: Int) -> Int {
        var run = run
        while parents[run] != run {
            parents[run] = parents[parents[run]]
            run = parents[run]
        }
        return run
    }

    var regions: [MapRegion] { parts.indices.filter { parents[$0] == $0 }.map { parts[$0] } }
}
