import Imaging
import Settings
import Storage
import TestSupport
import Testing

@Suite struct RegionOfInterestTests {
    @Test(arguments: [(1, 1), (7, 3), (8, 2), (9, 9), (33, 5)]) func bitsAreThePixels(
        _ width: Int, _ height: Int
    ) throws {
        var random = SeededGenerator(seed: UInt64(width * height))
        var counts = (0..<width * height).map { _ in random.percent(50) }
        counts[random.below(counts.count)] = true
        let region = try #require(RegionOfInterest(width: width, height: height, counts: counts))
        #expect(region.count == counts.count { $0 })
        #expect(region.mask == Mask(width: width, height: height, defective: counts))
        #expect(region.counts(in: InputWindow(width: width, height: height)) == counts)
        #expect(RegionOfInterest(width: width, height: height, bits: region.bits) == region)
        #expect(region.intersection(region) == region)
        let map = FloatImage(width: width, height: height, values: counts.indices.map { Float($0) })
        let masked = [map.counting(only: counts), map.counting(only: region)]
        for map in masked {
            #expect(zip(map.values, counts).enumerated().allSatisfy { $1.1 ? $1.0 == Float($0) : $1.0.isNaN })
        }
    }

    @Test func impossibleOnesAreRefused() {
        #expect(RegionOfInterest(width: 3, height: 1, counts: [false, false, false]) == nil)
        #expect(RegionOfInterest(width: 3, height: 1, counts: [true]) == nil)
        #expect(RegionOfInterest(width: 3, height: 1, bits: [0xE0]) != nil)
        // A bit behind the last pixel, and bytes that are too many.
        #expect(RegionOfInterest(width: 3, height: 1, bits: [0xF0]) == nil)
        #expect(RegionOfInterest(width: 3, height: 1, bits: [0xE0, 0]) == nil)
        #expect(RegionOfInterest(width: 3, height: 1, bits: []) == nil)
        for sides in [(0, 1), (1, 0), (-1, 5), (65_536, 1), (65_535, 65_535), (.max, .max), (.min, 2)] as [(Int, Int)] {
            #expect(RegionOfInterest.byteCount(width: sides.0, height: sides.1) == nil)
        }
        let (left, right) = (
            RegionOfInterest(width: 2, height: 1, bits: [0x80]), RegionOfInterest(width: 2, height: 1, bits: [0x40])
        )
        #expect(left.flatMap { left in right.flatMap { left.intersection($0) } } == nil)
    }

    @Test func masksAreRegionsAndTheirComplements() throws {
        let folder = try TemporaryFolder()
        let mask = Mask(width: 3, height: 2, defective: [true, false, false, false, true, true])
        let file = ImageLocation.file(try folder.write(MaskEncoder.encode(mask), to: "mask.png"))
        #expect(try RegionOfInterest(reading: file).mask == mask)
        #expect(try RegionOfInterest(reading: file, isIgnored: true).mask.defective == mask.defective.map { !$0 })
        for (isWhite, isIgnored) in [(false, false), (true, true)] {
            let plain = Mask(width: 3, height: 2, defective: [Bool](repeating: isWhite, count: 6))
            let file = ImageLocation.file(try folder.write(MaskEncoder.encode(plain), to: "plain.png"))
            #expect(throws: ImageError.self) { try RegionOfInterest(reading: file, isIgnored: isIgnored) }
        }
    }

    @Test func whatDoesNotCountIsDimmedAndHasNoColour() throws {
        let image = RGBImage(width: 2, height: 1, pixels: [200, 101, 0, 200, 101, 0])
        let map = FloatImage(width: 2, height: 1, values: [.nan, 9])
        let overlay = try Overlay.render(image: image, map: map, range: 0...9, opacity: 0.5)
        #expect(Array(overlay.pixels[..<3]) == [100, 51, 0])
        #expect(overlay.pixels[3] > 200)
        // Maps of whole numbers have 0 there, those of floats NaN.
        let stored = try MapFormat.allCases.map { format in
            try format.encode(map).withUnsafeBytes { try MapFormat.decode($0, name: "map").map.values[0] }
        }
        #expect(stored.filter(\.isNaN).count == 2 && stored.contains(0))
    }
}
