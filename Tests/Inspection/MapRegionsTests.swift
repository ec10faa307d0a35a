import Foundation
import Imaging
import Inspection
import TestSupport
import Testing
import Thresholds

@Suite struct MapRegionsTests {
    static func map(_ rows: [String]) -> FloatImage {
        FloatImage(
            width: rows[0].count, height: rows.count,
            values: rows.joined().map { $0 == "." ? 0 : Float(String($0)) ?? 0 })
    }

    static func drawn(_ seed: UInt64) -> FloatImage {
        var random = SeededGenerator(seed: seed)
        let (width, height, share) = (1 + random.below(24), 1 + random.below(24), 5 + random.below(90))
        return FloatImage(
            width: width, height: height,
            values: (0..<width * height).map { _ in random.percent(share) ? Float(1 + random.below(9)) : 0 })
    }

    /// Its neighbours in a row, of pixels in ascending order.
    static func runs(_ pixels: [Int], width: Int) -> [MapRegion.Run] {
        var runs: [MapRegion.Run] = []
        for pixel in pixels {
            let (row, column) = (pixel / width, pixel % width)
            if let last = runs.last, last.row == row, last.columns.upperBound == column {
                runs[runs.count - 1] = .init(row: row, columns: last.columns.lowerBound..<column + 1)
            } else {
                runs.append(.init(row: row, columns: column..<column + 1))
            }
        }
        return runs
    }

    /// The same by flooding, a pixel at a time.
    static func flooded(_ map: FloatImage, _ threshold: Threshold) -> [MapRegion] {
        var seen = [Bool](repeating: false, count: map.values.count)
        var regions: [MapRegion] = []
        for begin in map.values.indices where !seen[begin] && threshold.flags(map.values[begin]) {
            var (waiting, pixels) = ([begin], [Int]())
            seen[begin] = true
            while let pixel = waiting.popLast() {
                pixels.append(pixel)
                let (row, column) = (pixel / map.width, pixel % map.width)
                for y in max(0, row - 1)...min(map.height - 1, row + 1) {
                    for x in max(0, column - 1)...min(map.width - 1, column + 1) {
                        let next = y * map.width + x
                        if seen[next] || !threshold.flags(map.values[next]) { continue }
                        seen[next] = true
                        waiting.append(next)
                    }
                }
            }
            let rows = pixels.map { $0 / map.width }
            let columns = pixels.map { $0 % map.width }
            let peak = pixels.map { map.values[$0] }.max() ?? 0
            let place = pixels.filter { map.values[$0] == peak }.min() ?? 0
            let region = MapRegion(runs: runs(pixels.sorted(), width: map.width), in: map)
            #expect(region.rows == (rows.min() ?? 0)..<(rows.max() ?? 0) + 1)
            #expect(region.columns == (columns.min() ?? 0)..<(columns.max() ?? 0) + 1)
            #expect(region.area == pixels.count && region.peak == peak)
            #expect((region.peakRow, region.peakColumn) == (place / map.width, place % map.width))
            // Whole numbers: their sum is exact in any order.
            #expect(region.mean == pixels.reduce(0.0) { $0 + Double(map.values[$1]) } / Double(pixels.count))
            regions.append(region)
        }
        return regions.sorted {
            $0.peak != $1.peak ? $0.peak > $1.peak : ($0.peakRow, $0.peakColumn) < ($1.peakRow, $1.peakColumn)
        }
    }

    @Test(arguments: 1...200 as ClosedRange<UInt64>) func regionsAreThoseOfFlooding(seed: UInt64) {
        let map = Self.drawn(seed)
        for value in [0, 1, 3.5, 9, 10] as [Float] {
            let found = MapRegions.find(in: map, atLeast: Threshold(value))
            #expect(found == Self.flooded(map, Threshold(value)))
            // Together they are the pixels that reach the threshold.
            #expect(found.reduce(0) { $0 + $1.area } == map.values.count { $0 >= value })
        }
    }

    /// Shapes that are joined late, and in a roundabout way.
    @Test func windingRegionsAreOne() {
        let spiral = Self.map(["11111", "....1", "111.1", "1...1", "11111"])
        #expect(MapRegions.find(in: spiral, atLeast: Threshold(1)).map(\.area) == [17])
        let comb = Self.map(["1.1.1.1", "1.1.1.1", "1111111"])
        #expect(MapRegions.find(in: comb, atLeast: Threshold(1)).map(\.area) == [15])
        let corners = Self.map(["1.1.1", ".1.1.", "....."])
        #expect(MapRegions.find(in: corners, atLeast: Threshold(1)).map(\.area) == [5])
        let apart = Self.map(["1..1", "....", "1..1"])
        #expect(MapRegions.find(in: apart, atLeast: Threshold(1)).count == 4)
    }

    @Test func theHighestPeakIsFirst() {
        let found = MapRegions.find(in: Self.map(["12..3", ".....", "22..9"]), atLeast: Threshold(1))
        #expect(found.map(\.peak) == [9, 3, 2, 2])
        #expect(found[2].runs == [.init(row: 0, columns: 0..<2)] && found[2].peakColumn == 1 && found[2].mean == 1.5)
        #expect(found[3].runs == [.init(row: 2, columns: 0..<2)] && found[3].peakColumn == 0)
    }

    @Test func noPixelIsNoRegion() {
        let map = FloatImage(width: 2, height: 1, values: [.nan, 1])
        #expect(MapRegions.find(in: map, atLeast: Threshold(2)) == [])
        #expect(MapRegions.find(in: map, atLeast: Threshold(1)).count == 1)
    }

    /// The pixels of an image that belong to a region of its map, each by itself.
    static func pixels(of region: MapRegion, in window: InputWindow) -> Set<[Int]> {
        let inside = Set(region.runs.flatMap { run in run.columns.map { [run.row, $0] } })
        var pixels: Set<[Int]> = []
        for row in 0..<window.vertical.original {
            for column in 0..<window.horizontal.original {
                let (rows, columns) = (window.vertical.inputs(of: row), window.horizontal.inputs(of: column))
                if rows.contains(where: { row in columns.contains { inside.contains([row, $0]) } }) {
                    pixels.insert([row, column])
                }
            }
        }
        return pixels
    }

    @Test(arguments: 1...60 as ClosedRange<UInt64>) func regionsInTheImageAreTheirPixels(seed: UInt64) {
        let map = Self.drawn(seed)
        var random = SeededGenerator(seed: seed + 500)
        let window = InputWindow(
            width: 1 + random.below(70), height: 1 + random.below(70), input: (map.width, map.height), resize: nil,
            crop: nil)
        let (width, height) = (window.horizontal.original, window.vertical.original)
        let found = MapRegions.find(in: map, atLeast: Threshold(6))
        var all: Set<[Int]> = []
        for part in found {
            let region = ImageRegion(part, in: window)
            let pixels = Self.pixels(of: part, in: window)
            let (rows, columns) = (pixels.map { $0[0] }, pixels.map { $0[1] })
            #expect((region.left, region.top) == (columns.min(), rows.min()))
            #expect(region.left + region.width == (columns.max() ?? -1) + 1)
            #expect(region.top + region.height == (rows.max() ?? -1) + 1)
            #expect(region.area == pixels.count && region.area >= 1)
            #expect(pixels.contains([region.peakRow, region.peakColumn]))
            #expect(abs(region.centroidRow * Double(region.area) - Double(rows.reduce(0, +))) < 1e-6)
            #expect(abs(region.centroidColumn * Double(region.area) - Double(columns.reduce(0, +))) < 1e-6)
            #expect(region.mean == part.mean && region.peak == part.peak)
            // The run lengths, which end where all pixels do, give the same pixels.
            var (place, isInside) = (0, false)
            var unpacked: Set<[Int]> = []
            for length in region.shape.runLengths(width: width, height: height) {
                if isInside {
                    for pixel in place..<place + length { unpacked.insert([pixel % height, pixel / height]) }
                }
                (place, isInside) = (place + length, !isInside)
            }
            #expect(place == width * height && unpacked == pixels)
            all.formUnion(pixels)
        }
        let mask = Mask(of: found.map { ImageRegion($0, in: window) }, width: width, height: height)
        #expect(all == Set(mask.defective.indices.filter { mask.defective[$0] }.map { [$0 / width, $0 % width] }))
    }

    private struct CountedMask: Decodable {
        struct Region: Decodable {
            let counts: [Int]
            let area: Int
            let bbox: [Int]
            let centroid: [Double]
        }
        let rows: [String]
        let regions: [Region]
    }

    /// Run lengths, areas and boxes are pycocotools', centroids SciPy's.
    @Test func regionsAreCountedAsPycocotoolsCountsThem() throws {
        let place = try #require(Bundle.module.resourceURL).appendingPathComponent("Fixtures/coco/regions.json")
        let masks = try JSONDecoder().decode([CountedMask].self, from: Data(contentsOf: place))
        #expect(masks.count == 7 && masks.contains { $0.regions.count > 3 })
        for mask in masks {
            let (width, height) = (mask.rows[0].count, mask.rows.count)
            let map = FloatImage(
                width: width, height: height, values: mask.rows.joined().map { $0 == "#" ? 1 : 0 })
            let found = MapRegions.find(in: map, atLeast: Threshold(1)).map {
                ImageRegion($0, in: InputWindow(width: width, height: height))
            }
            #expect(
                found.map { $0.shape.runLengths(width: width, height: height) } == mask.regions.map(\.counts))
            #expect(found.map(\.area) == mask.regions.map(\.area))
            #expect(found.map { [$0.left, $0.top, $0.width, $0.height] } == mask.regions.map(\.bbox))
            for (region, expected) in zip(found, mask.regions) {
                #expect(abs(region.centroidRow - expected.centroid[0]) < 1e-9)
                #expect(abs(region.centroidColumn - expected.centroid[1]) < 1e-9)
            }
        }
    }

    /// A crop from an image's middle: 20 x 40 became 10 x 20, and of that the middle 8 x 8 begins at row 6, column 1.
    @Test func cropsLieInTheMiddle() throws {
        let window = try MapGeometry(resize: 10, crop: 8).window(of: (8, 8), in: (20, 40), isOriginal: false)
        let map = Self.map(["11111111", "11111115"] + [String](repeating: "........", count: 6))
        let found = try #require(
            MapRegions.find(in: map, atLeast: Threshold(1)).first.map { ImageRegion($0, in: window) })
        #expect(found.left == 2 && found.width == 16 && found.top == 12 && found.height == 4 && found.area == 64)
        #expect(found.peakRow == 15 && found.peakColumn == 17)
        #expect(throws: (any Error).self) {
            try MapGeometry(resize: 10, crop: 8).window(of: (9, 8), in: (20, 40), isOriginal: false)
        }
        #expect(throws: (any Error).self) { try MapGeometry().window(of: (9, 8), in: (20, 40), isOriginal: true) }
    }
}
