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
            regions.append(
                MapRegion(
                    rows: (rows.min() ?? 0)..<(rows.max() ?? 0) + 1,
                    columns: (columns.min() ?? 0)..<(columns.max() ?? 0) + 1,
                    area: pixels.count, peak: peak, peakRow: place / map.width, peakColumn: place % map.width))
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
        #expect(found[2] == MapRegion(rows: 0..<1, columns: 0..<2, area: 2, peak: 2, peakRow: 0, peakColumn: 1))
        #expect(found[3] == MapRegion(rows: 2..<3, columns: 0..<2, area: 2, peak: 2, peakRow: 2, peakColumn: 0))
    }

    @Test func noPixelIsNoRegion() {
        let map = FloatImage(width: 2, height: 1, values: [.nan, 1])
        #expect(MapRegions.find(in: map, atLeast: Threshold(2)) == [])
        #expect(MapRegions.find(in: map, atLeast: Threshold(1)).count == 1)
    }

    /// Boxes in the image hold the mask's pixels, each region leaves some, and all pixels of the mask are in a box.
    @Test(arguments: 1...60 as ClosedRange<UInt64>) func masksAndBoxesAgree(seed: UInt64) {
        let map = Self.drawn(seed)
        var random = SeededGenerator(seed: seed + 500)
        let window = InputWindow(
            width: 1 + random.below(70), height: 1 + random.below(70), input: (map.width, map.height), resize: nil,
            crop: nil)
        let threshold = Threshold(6)
        let mask = Mask(of: map, atLeast: threshold, in: window)
        let regions = MapRegions.find(in: map, atLeast: threshold).map { ImageRegion($0, in: window) }
        var covered = [Bool](repeating: false, count: mask.defective.count)
        for region in regions {
            #expect(region.width >= 1 && region.height >= 1 && region.area >= 1)
            #expect(region.left + region.width <= mask.width && region.top + region.height <= mask.height)
            #expect((region.left..<region.left + region.width).contains(region.peakColumn))
            #expect((region.top..<region.top + region.height).contains(region.peakRow))
            #expect(mask.defective[region.peakRow * mask.width + region.peakColumn])
            for row in region.top..<region.top + region.height {
                for column in region.left..<region.left + region.width { covered[row * mask.width + column] = true }
            }
        }
        for (isDefective, isCovered) in zip(mask.defective, covered) where isDefective { #expect(isCovered) }
        #expect(mask.defective.contains(true) == !regions.isEmpty)
    }

    /// A crop from an image's middle: 20 x 40 became 10 x 20, and of that the middle 8 x 8 begins at row 6, column 1.
    @Test func cropsLieInTheMiddle() throws {
        let window = try MapGeometry(resize: 10, crop: 8).window(of: (8, 8), in: (20, 40), isOriginal: false)
        let region = MapRegion(rows: 0..<2, columns: 0..<8, area: 16, peak: 5, peakRow: 1, peakColumn: 7)
        let found = ImageRegion(region, in: window)
        #expect(found.left == 2 && found.width == 16 && found.top == 12 && found.height == 4 && found.area == 64)
        #expect(found.peakRow == 15 && found.peakColumn == 17)
        #expect(throws: (any Error).self) {
            try MapGeometry(resize: 10, crop: 8).window(of: (9, 8), in: (20, 40), isOriginal: false)
        }
        #expect(throws: (any Error).self) { try MapGeometry().window(of: (9, 8), in: (20, 40), isOriginal: true) }
    }
}
