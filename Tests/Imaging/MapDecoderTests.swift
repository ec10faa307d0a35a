import Imaging
import Testing

@Suite struct MapDecoderTests {
    static let map = FloatImage(
        width: 7, height: 300, values: (0..<2100).map { Float($0) * 0.0371 })

    @Test(arguments: MapEncoding.allCases)
    func whatIsWrittenIsReadBack(_ encoding: MapEncoding) throws {
        let decoded = try Self.decode(encoding.encode(Self.map))
        #expect(decoded.width == 7 && decoded.height == 300)
        if encoding == .png16 {
            #expect(decoded.values == Self.map.values.map { ($0 * 256).rounded(.toNearestOrEven) / 256 })
        } else {
            #expect(decoded == Self.map)
        }
    }

    @Test(arguments: MapEncoding.allCases)
    func aTornMapIsAnError(_ encoding: MapEncoding) throws {
        let bytes = try encoding.encode(Self.map)
        for length in [0, 1, 7, 9, 40, 127, bytes.count / 2, bytes.count - 40] {
            #expect(throws: ImageError.self) { _ = try Self.decode(Array(bytes.prefix(length))) }
        }
    }

    @Test func anOrdinaryPictureIsNoMap() throws {
        let picture = RGBImage(width: 2, height: 2, pixels: [UInt8](repeating: 9, count: 12))
        #expect { _ = try Self.decode(PNGEncoder.encode(picture)) } throws: { "\($0)".contains("not an anomaly map") }
    }

    private static func decode(_ bytes: [UInt8]) throws -> FloatImage {
        try bytes.withUnsafeBytes { try MapEncoding.decode($0, name: "map") }
    }
}
