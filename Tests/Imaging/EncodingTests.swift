import Foundation
import Imaging
import Settings
import Testing

@Suite struct EncodingTests {
    static let values: [Float] = [
        0, 1, 1.5 / 256, 2.5 / 256, 3.25, 255.99, 255.996, 255.5, -1, -0.0, .nan, .infinity, -.infinity, 12.345, 0.001,
    ]
    static let map = FloatImage(width: 5, height: 3, values: values)

    @Test func png16HoldsTheRoundedValues() throws {
        let file = try MapFormat.png16.encode(Self.map)
        // Read back through the 16-bit decoder's own path: unscaled values show in the highest bits only, so compare those.
        let image = try ImageDecoder.decode(file)
        let expected = Self.values.map { value -> UInt8 in
            let sample = value > 0 ? min((value * 256).rounded(.toNearestOrEven), 65_535) : 0
            return UInt8((Double(sample) / 257).rounded())
        }
        #expect(stride(from: 0, to: image.pixels.count, by: 3).map { image.pixels[$0] } == expected)
    }

    @Test func npyIsNumPys() throws {
        let file = try MapFormat.npy.encode(Self.map)
        #expect(file.starts(with: [0x93] + Array("NUMPY".utf8) + [1, 0]))
        let headerLength = Int(file[8]) | Int(file[9]) << 8
        #expect((10 + headerLength) % 64 == 0)
        let header = String(decoding: file[10..<10 + headerLength], as: UTF8.self)
        #expect(header.hasPrefix("{'descr': '<f4', 'fortran_order': False, 'shape': (3, 5), }"))
        #expect(header.last == "\n")
        #expect(Self.floats(file.suffix(60)) == Self.values.map(\.bitPattern))
    }

    @Test func tiffHoldsTheVeryValues() throws {
        let file = try MapFormat.tiff.encode(Self.map)
        #expect(file.starts(with: [0x49, 0x49, 0x2A, 0]))
        #expect(Self.floats(file[8..<68]) == Self.values.map(\.bitPattern))
    }

    @Test func encodingIsDeterministicAtAnySize() throws {
        for (width, height) in [(1, 1), (1, 300), (300, 1), (224, 224)] {
            let values = (0..<width * height).map { Float($0 % 977) / 7 }
            let map = FloatImage(width: width, height: height, values: values)
            for encoding in MapFormat.allCases { #expect(try encoding.encode(map) == encoding.encode(map)) }
        }
    }

    @Test func png16SurvivesAtAnySize() throws {
        for (width, height) in [(1, 1), (1, 300), (300, 1), (7, 5), (224, 224)] {
            let values = (0..<width * height).map { Float($0 * 7919 % 65_536) / 256 }
            let map = FloatImage(width: width, height: height, values: values)
            let file = try MapFormat.png16.encode(map)
            #expect(try file.withUnsafeBytes { try MapFormat.decode($0, name: "map").map } == map)
        }
    }

    @Test func rgbSurvivesPNG() throws {
        for name in ["coffee-600x400.expect-decode.png", "formats/tiny.png"] {
            let image = try Fixture.image(name)
            #expect(try ImageDecoder.decode(PNGEncoder.encode(image)) == image)
        }
    }

    private static func floats(_ bytes: ArraySlice<UInt8>) -> [UInt32] {
        let bytes = Array(bytes)
        return stride(from: 0, to: bytes.count, by: 4).map { start in
            bytes[start..<start + 4].reversed().reduce(0) { $0 << 8 | UInt32($1) }
        }
    }
}

@Suite struct OverlayTests {
    @Test func infernoRunsFromBlackToPaleYellow() {
        #expect(ColorMap.inferno.count == 256)
        #expect(ColorMap.inferno.color(at: 0) == (0, 0, 4))
        #expect(ColorMap.inferno.color(at: 1) == (252, 255, 164))
        for unit in [-1, -Float.infinity, .nan] { #expect(ColorMap.inferno.color(at: unit) == (0, 0, 4)) }
        for unit in [2, Float.infinity] { #expect(ColorMap.inferno.color(at: unit) == (252, 255, 164)) }
    }

    /// Perceived lightness only rises, so the map reads rightly in gray, too.
    @Test func infernoOnlyGrowsLighter() {
        let lightness = (0..<256).map { index in
            let (red, green, blue) = ColorMap.inferno.color(at: Float(index) / 255)
            return 0.2126 * pow(Double(red) / 255, 2.2) + 0.7152 * pow(Double(green) / 255, 2.2)
                + 0.0722 * pow(Double(blue) / 255, 2.2)
        }
        #expect(zip(lightness, lightness.dropFirst()).allSatisfy { $0 <= $1 + 1e-3 })
    }

    @Test func opacityRunsFromImageToMap() throws {
        let image = RGBImage(width: 2, height: 1, pixels: [10, 20, 30, 255, 255, 255])
        let map = FloatImage(width: 2, height: 1, values: [0, 8])
        func render(_ opacity: Float, _ range: ClosedRange<Float> = 0...8) throws -> [UInt8] {
            try Overlay.render(image: image, map: map, range: range, opacity: opacity).pixels
        }
        #expect(try render(0) == image.pixels)
        #expect(try render(1) == [0, 0, 4, 252, 255, 164])
        #expect(try render(0.5) == [5, 10, 17, 254, 255, 210])
        #expect(try render(.nan) == image.pixels)
        #expect(try render(1, 3...3) == [0, 0, 4, 252, 255, 164])
    }

    @Test func anotherSizeIsAnError() {
        let image = RGBImage(width: 2, height: 1, pixels: [10, 20, 30, 255, 255, 255])
        let map = FloatImage(width: 1, height: 2, values: [0, 8])
        #expect(throws: ImageError.self) { try Overlay.render(image: image, map: map, range: 0...1) }
    }
}
