import Imaging
import Inspection
import TestSupport
import Testing

/// Expected values: Fixtures/metrics_reference.py (scikit-learn, SciPy's labels).
@Suite struct PixelTallyTests {
    @Test func metricsOfDrawnMaps() throws {
        var tally = PixelTally()
        for (map, mask) in Self.drawn() { try tally.add(map, mask) }
        let metrics = try #require(tally.metrics())
        #expect(metrics.regions == 10 && metrics.images == 9)
        #expect(abs(metrics.ranking.auroc - 0.734434034864657) < 1e-13)
        #expect(abs(metrics.ranking.averagePrecision - 0.32668875437461004) < 1e-12)
        #expect(abs(metrics.ranking.bestF1 - 0.4078947368421052) < 1e-13)
        #expect(metrics.ranking.bestThreshold == 10)
        for (limit, area) in [(0.3, 0.41185989159217057), (0.05, 0.27081030940450873), (1, 0.7369887671361399)] {
            #expect(abs(try #require(tally.metrics(falsePositiveLimit: limit)).regionOverlap - area) < 1e-12)
        }
    }

    @Test func aPerfectMapHasAnAreaOfOne() throws {
        let mask = Mask(width: 4, height: 2, defective: [true, false, false, false, false, false, true, true])
        let map = FloatImage(width: 4, height: 2, values: mask.defective.map { $0 ? 9 : 1 })
        var tally = PixelTally()
        try tally.add(map, mask)
        let metrics = try #require(tally.metrics())
        #expect(metrics.ranking.auroc == 1 && metrics.regionOverlap == 1 && metrics.regions == 2)
    }

    @Test func whatDoesNotFitIsRefused() {
        var tally = PixelTally()
        let map = FloatImage(width: 2, height: 1, values: [1, .nan])
        #expect(throws: InspectionError.self) { try tally.add(map, .empty(width: 1, height: 2)) }
        #expect(throws: InspectionError.self) { try tally.add(map, .empty(width: 2, height: 1)) }
        #expect(tally.metrics() == nil && tally.images == 0)
    }

    @Test func binsKeepTheOrder() {
        var generator = SeededGenerator(seed: 5)
        var values: [Float] = [-.infinity, -1, -0.0, 0, .leastNonzeroMagnitude, 1, .greatestFiniteMagnitude, .infinity]
        for _ in 0..<10_000 {
            let value = Float(bitPattern: UInt32(truncatingIfNeeded: generator.next()))
            if value.isFinite { values.append(value) }
        }
        values.sort()
        let bins = values.map(ScoreBins.index)
        #expect(bins == bins.sorted())
        #expect(bins.allSatisfy { (0..<ScoreBins.count).contains($0) })
        #expect(ScoreBins.index(of: -0.0) == ScoreBins.index(of: 0))
        #expect((0...4095).allSatisfy { ScoreBins.lowest(of: ScoreBins.index(of: Float($0) / 16)) == Float($0) / 16 })
    }

    @Test func regionsTouchAtCorners() {
        let regions = MaskRegions(Self.mask(["#..#", ".#..", "...#", "##.#"]))
        #expect(regions.sizes == [2, 1, 2, 2])
        // A pixel that joins what was numbered apart: a fork closed from below.
        #expect(MaskRegions(Self.mask(["#.#", "#.#", ".#."])).sizes == [5])
        #expect(MaskRegions(Self.mask(["..#", "#.#", ".#."])).sizes == [4])
        #expect(MaskRegions(Self.mask(["...", "..."])).sizes == [])
        #expect(MaskRegions(Self.mask(["#..", "..#", "#.."])).labels == [0, -1, -1, -1, -1, 1, 2, -1, -1])
    }

    @Test func resizingTakesThePixelUnderTheCentre() {
        let mask = Self.mask(["#.", ".#"])
        #expect(mask.resized(width: 4, height: 4) == Self.mask(["##..", "##..", "..##", "..##"]))
        #expect(mask.resized(width: 4, height: 4).resized(width: 2, height: 2) == mask)
        #expect(Self.mask(["#.#.#"]).resized(width: 2, height: 1) == Self.mask([".."]))
    }

    private static func mask(_ rows: [String]) -> Mask {
        Mask(width: rows[0].count, height: rows.count, defective: rows.joined().map { $0 == "#" })
    }

    /// The maps and masks of the reference: rectangles with a tail of pixels that touch at corners only.
    private static func drawn() -> [(FloatImage, Mask)] {
        var generator = SeededGenerator(seed: 11)
        let (width, height) = (31, 23)
        return (0..<9).map { number in
            var mask = [Bool](repeating: false, count: width * height)
            for _ in 0..<number % 4 {
                let (x0, y0) = (generator.below(width - 6), generator.below(height - 6))
                let (w, h) = (1 + generator.below(6), 1 + generator.below(6))
                for y in y0..<y0 + h { for x in x0..<x0 + w { mask[y * width + x] = true } }
                for d in 0..<3 where y0 + h + d < height && x0 + w + d < width {
                    mask[(y0 + h + d) * width + x0 + w + d] = true
                }
            }
            let values = mask.map { Float(generator.below(160) + ($0 ? generator.below(90) : 0)) / 16 }
            return (
                FloatImage(width: width, height: height, values: values),
                Mask(width: width, height: height, defective: mask)
            )
        }
    }

    /// Pixels that do not count are as if they were not there.
    @Test func pixelsThatDoNotCountAreLeftOut() throws {
        var random = SeededGenerator(seed: 5)
        let (width, height, kept) = (12, 8, 7)
        func column(_ pixel: Int) -> Int { pixel % width }
        var (whole, part) = (PixelTally(), PixelTally())
        for number in 0..<4 {
            let values = (0..<width * height).map { _ in Float(random.below(100)) }
            let defective = (0..<width * height).map { _ in number > 0 && random.percent(30) }
            let left = values.indices.filter { column($0) < kept }
            part.add(
                try .init(
                    FloatImage(
                        width: width, height: height,
                        values: values.indices.map { column($0) < kept ? values[$0] : .nan }),
                    Mask(width: width, height: height, defective: defective), leavesOut: true))
            try whole.add(
                FloatImage(width: kept, height: height, values: left.map { values[$0] }),
                Mask(width: kept, height: height, defective: left.map { defective[$0] }))
        }
        #expect(part.metrics() != nil && part.metrics() == whole.metrics())
        let map = FloatImage(width: 1, height: 1, values: [.nan])
        #expect(throws: InspectionError.self) {
            try PixelTally.Sample(map, Mask(width: 1, height: 1, defective: [false]))
        }
    }
}
