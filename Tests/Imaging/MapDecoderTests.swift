import Imaging
import Settings
import TestSupport
import Testing

@Suite struct MapDecoderTests {
    static let map = FloatImage(
        width: 7, height: 300, values: (0..<2100).map { Float($0) * 0.0371 })

    @Test(arguments: MapFormat.allCases)
    func whatIsWrittenIsReadBack(_ encoding: MapFormat) throws {
        let decoded = try Self.decode(encoding.encode(Self.map))
        #expect(decoded.width == 7 && decoded.height == 300)
        if encoding == .png16 {
            #expect(decoded.values == Self.map.values.map { ($0 * 256).rounded(.toNearestOrEven) / 256 })
        } else {
            #expect(decoded == Self.map)
        }
    }

    @Test(arguments: MapFormat.allCases)
    func aTornMapIsAnError(_ encoding: MapFormat) throws {
        let bytes = try encoding.encode(Self.map)
        for length in [0, 1, 7, 9, 40, 127, bytes.count / 2, bytes.count - 40] {
            #expect(throws: ImageError.self) { _ = try Self.decode(Array(bytes.prefix(length))) }
        }
    }

    /// Any map at any scale: what is read back is the map in steps of the scale that the file says, and nothing is cut off.
    @Test(arguments: 1...40 as ClosedRange<UInt64>) func noMapIsCutOff(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let scale = try #require(MapScale(exponent: random.below(40) - 8))
        let magnitude = Float(sign: .plus, exponent: random.below(60) - 20, significand: 1)
        let values = (0..<35).map { _ in Float(random.below(1 << 24)) / Float(1 << 24) * magnitude }
        let map = FloatImage(width: 7, height: 5, values: values)
        let stored = try Self.stored(MapFormat.png16.encode(map, scale: scale))
        #expect(!stored.isCutOff && !stored.lacksScale)
        let highest = try #require(values.max())
        var unit = scale.unit
        while highest * unit > 65_535 { unit /= 2 }
        #expect(stored.map.values == values.map { ($0 * unit).rounded(.toNearestOrEven) / unit })
    }

    @Test func everyFloatHasItsScale() throws {
        for value in [0, .leastNonzeroMagnitude, 1e-9, 1, 255.996, 255.997, 256, 1e9, .greatestFiniteMagnitude]
            as [Float]
        {
            let scale = MapScale(holding: value)
            #expect(value <= scale.limit)
            // The next finer one does not hold it.
            if let finer = MapScale(exponent: scale.exponent + 1) { #expect(value > finer.limit) }
        }
        #expect(MapScale(holding: .infinity).exponent == MapScale.exponents.lowerBound)
        #expect(MapScale(holding: .nan).exponent == MapScale.exponents.upperBound)
        for wrong in [-114, 33, Int.max, Int.min] { #expect(MapScale(exponent: wrong) == nil) }
    }

    /// What releases wrote that had one scale for all maps and said none.
    @Test(arguments: [(255.99, false), (255.996, true), (300, true)] as [(Float, Bool)])
    func aMapWithoutAScaleIsInStepsOf256th(highest: Float, isCutOff: Bool) throws {
        let map = FloatImage(width: 2, height: 1, values: [1.5, min(highest, 65_535.0 / 256)])
        let stored = try Self.stored(pngWithoutText(MapFormat.png16.encode(map)))
        #expect(stored.lacksScale && stored.isCutOff == isCutOff)
        #expect(stored.map.values[0] == 1.5 && abs(stored.map.values[1] - 255.99) < 0.01)
        // The same samples with a scale are no map that was cut off.
        #expect(try !Self.stored(MapFormat.png16.encode(map)).isCutOff)
    }

    /// The scale is for people too, and one that is not understood is not passed over.
    @Test func theScaleIsText() throws {
        let bytes = try MapFormat.png16.encode(Self.map)
        #expect(bytes.firstRange(of: Array("padim-scale\u{0}2^8: distance = sample / 2^8".utf8)) != nil)
        for wrong in ["2^99", "2^-9", "2^x:", "3^8:"] {
            var changed = bytes
            let place = try #require(changed.firstRange(of: Array("2^8:".utf8)))
            changed.replaceSubrange(place, with: Array(wrong.utf8).prefix(4))
            #expect { try Self.stored(PNGPieces.withRightChecks(changed)) } throws: {
                "\($0)".contains("is not understood")
            }
        }
    }

    @Test func anOrdinaryPictureIsNoMap() throws {
        let picture = RGBImage(width: 2, height: 2, pixels: [UInt8](repeating: 9, count: 12))
        #expect { _ = try Self.decode(PNGEncoder.encode(picture)) } throws: { "\($0)".contains("not an anomaly map") }
    }

    private static func decode(_ bytes: [UInt8]) throws -> FloatImage {
        try stored(bytes).map
    }

    private static func stored(_ bytes: [UInt8]) throws -> StoredMap {
        try bytes.withUnsafeBytes { try MapFormat.decode($0, name: "map") }
    }
}
