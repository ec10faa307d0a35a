import Imaging
import Thresholds

/// A connected region of a map: pixels that reach a threshold and touch, also at a corner.
public struct MapRegion: Equatable, Sendable {
    /// Neighbours in a row of the map.
    public struct Run: Equatable, Sendable {
        public let row: Int
        public let columns: Range<Int>

        package init(row: Int, columns: Range<Int>) { (self.row, self.columns) = (row, columns) }
    }

    /// All of its pixels, by rows, and in each row by columns.
    public let runs: [Run]
    /// The smallest box around it, in the map's pixels.
    public let rows: Range<Int>
    public let columns: Range<Int>
    /// How many pixels it has.
    public let area: Int
    /// The mean of its values, added in double in the order of its pixels.
    public let mean: Double
    /// The largest value in it, and its first place, by rows.
    public let peak: Float
    public let peakRow: Int
    public let peakColumn: Int

    /// - Parameter runs: not empty, by rows and columns, of pixels of the map, and none of them twice.
    package init(runs: [Run], in map: FloatImage) {
        var (low, high) = (Int.max, 0)
        var (area, sum) = (0, 0.0)
        var (peak, place) = (-Float.infinity, 0)
        for run in runs {
            (low, high) = (min(low, run.columns.lowerBound), max(high, run.columns.upperBound))
            area += run.columns.count
            for pixel in run.row * map.width + run.columns.lowerBound..<run.row * map.width + run.columns.upperBound {
                let value = map.values[pixel]
                sum += Double(value)
                if value > peak { (peak, place) = (value, pixel) }
            }
        }
        self.runs = runs
        rows = (runs.first?.row ?? 0)..<(runs.last?.row ?? -1) + 1
        columns = min(low, high)..<high
        (self.area, self.peak, mean) = (area, peak, sum / Double(max(area, 1)))
        (peakRow, peakColumn) = (place / map.width, place % map.width)
    }
}

/// Finds the regions of maps.
///
/// A row's pixels are taken as runs, and runs that touch are joined as sets (union-find), so the time grows with the pixels and the memory
/// with the runs. Own code: ``MaskRegions`` numbers the pixels of masks, which needs a number a pixel.
public enum MapRegions {
    /// - Returns: the regions whose pixels are at least the threshold, that of the highest peak first; of equal ones the first by rows.
    public static func find(in map: FloatImage, atLeast threshold: Threshold) -> [MapRegion] {
        var forest = RunForest()
        var above: Range<Int> = 0..<0
        for row in 0..<map.height {
            let first = forest.runs.count
            addRuns(of: map, row: row, threshold, to: &forest)
            let here = first..<forest.runs.count
            join(here, with: above, &forest)
            above = here
        }
        return forest.sets().map { MapRegion(runs: $0, in: map) }.sorted {
            $0.peak != $1.peak
                ? $0.peak > $1.peak : ($0.peakRow, $0.peakColumn) < ($1.peakRow, $1.peakColumn)
        }
    }

    private static func addRuns(of map: FloatImage, row: Int, _ threshold: Threshold, to forest: inout RunForest) {
        let start = row * map.width
        var column = 0
        while column < map.width {
            guard threshold.flags(map.values[start + column]) else {
                column += 1
                continue
            }
            let first = column
            while column < map.width, threshold.flags(map.values[start + column]) { column += 1 }
            forest.add(MapRegion.Run(row: row, columns: first..<column))
        }
    }

    /// Joins the runs of two rows that touch. Both are in the order of their columns.
    private static func join(_ here: Range<Int>, with above: Range<Int>, _ forest: inout RunForest) {
        var (lower, upper) = (here.lowerBound, above.lowerBound)
        while lower < here.upperBound, upper < above.upperBound {
            let (mine, other) = (forest.runs[lower].columns, forest.runs[upper].columns)
            // Runs touch at a corner where one ends and the other begins.
            if mine.lowerBound <= other.upperBound && other.lowerBound <= mine.upperBound {
                forest.join(lower, upper)
            }
            if mine.upperBound < other.upperBound { lower += 1 } else { upper += 1 }
        }
    }
}

/// Runs that grow together; the run of the least number stands for its set.
private struct RunForest {
    private(set) var runs: [MapRegion.Run] = []
    private var parents: [Int] = []

    mutating func add(_ run: MapRegion.Run) {
        parents.append(parents.count)
        runs.append(run)
    }

    mutating func join(_ first: Int, _ second: Int) {
        let (first, second) = (root(of: first), root(of: second))
        parents[max(first, second)] = min(first, second)
    }

    private mutating func root(of run: Int) -> Int {
        var run = run
        while parents[run] != run {
            parents[run] = parents[parents[run]]
            run = parents[run]
        }
        return run
    }

    /// The runs of each set in their order, the set of the first run first.
    mutating func sets() -> [[MapRegion.Run]] {
        var sets: [[MapRegion.Run]] = []
        // Of a root, which comes before all others of its set.
        var places = [Int](repeating: 0, count: runs.count)
        for run in runs.indices {
            let root = root(of: run)
            if root == run {
                places[run] = sets.count
                sets.append([])
            }
            sets[places[root]].append(runs[run])
        }
        return sets
    }
}
