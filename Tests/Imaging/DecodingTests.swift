import Foundation
import Imaging
import Settings
import TestSupport
import Testing

/// The samples in Fixtures/formats: one picture of 31 x 23 pixels in every kind of file, and what each must decode to.
enum FormatSamples {
    static let names: [String] = {
        let text = (try? Fixture.bytes("formats/expected.txt")).map { String(decoding: $0, as: UTF8.self) } ?? ""
        return text.split(separator: "\n").map(String.init)
    }()

    /// The expected pixels, which stand one under the other in one sheet.
    static func expected(_ name: String) throws -> RGBImage {
        let sheet = try Fixture.image("formats/expected.png")
        let place = try #require(names.firstIndex(of: name))
        let size = 3 * 31 * 23
        return RGBImage(width: 31, height: 23, pixels: Array(sheet.pixels[place * size..<(place + 1) * size]))
    }
}

@Suite struct DecodingTests {
    @Test func pngIsExact() throws {
        let expected = try Fixture.image("brick-300x300-gray8.expect-decode.png")
        #expect(try Fixture.image("brick-300x300-gray8.png") == expected)
    }

    @Test func jpegIsPillows() throws {
        let difference = try Fixture.image("coffee-600x400.jpg")
            .largestDifference(from: Fixture.image("coffee-600x400.expect-decode.png"))
        #expect(try #require(difference) <= 2)
    }

    @Test func everySampleIsThere() { #expect(FormatSamples.names.count == 122) }

    @Test(arguments: FormatSamples.names)
    func everyKindDecodesToItsPicture(_ name: String) throws {
        let difference = try Fixture.image("formats/" + name).largestDifference(from: FormatSamples.expected(name))
        #expect(try #require(difference) <= (name.contains("jp") || name.contains("lossy") ? 2 : 0), "\(name)")
    }

    @Test(arguments: [
        "brick-128x128-gray16.png", "coffee-160x120-palette.png", "coffee-160x120-rgba.png", "coffee-600x400-cmyk.jpg",
        "coffee-600x400-exif-rotate90.jpg", "coffee-600x400-gray.jpg", "coffee-600x400-progressive.jpg",
    ])
    func photographsDecodeToWhatTheyShow(_ name: String) throws {
        let stem = String(name.prefix { $0 != "." })
        let expected = try Fixture.image(stem + ".expect-resize60.png")
        let small = try Fixture.image(name).resized(width: expected.width, height: expected.height)
        #expect(try #require(small.largestDifference(from: expected)) <= (name.hasSuffix("jpg") ? 2 : 0))
    }

    /// One formula for every white level; at the full one it is what earlier releases computed.
    @Test func sixteenBitsBecomeEightByTheWhiteLevel() throws {
        let header = Array("P5 256 256 65535\n".utf8)
        let all = header + (0...65_535).flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] }
        for level in [65_535, 4095, 1023, 16_383, 256, 1, 40_000] {
            let image = try all.withUnsafeBytes {
                try ImageDecoder.decode($0, name: "all", whiteLevel: UInt16(level))
            }
            let expected = (0...65_535).map { UInt8(min(255, ($0 * 255 + level / 2) / level)) }
            #expect(stride(from: 0, to: image.pixels.count, by: 3).map { image.pixels[$0] } == expected, "\(level)")
        }
        let full = try ImageDecoder.decode(all)
        #expect((0...65_535).allSatisfy { full.pixels[3 * $0] == UInt8(($0 + 128) / 257) })
    }

    /// PNG, TIFF and PGM, gray and RGB, upright and inverted.
    @Test(arguments: [
        "gray16.png", "rgb16.png", "gray-alpha16-interlaced.png", "gray16.tiff", "rgb16-big-endian.tiff",
        "gray16-white-is-zero.tiff", "gray16.pgm",
        "rgb16.ppm",
    ])
    func theWhiteLevelHoldsForEveryKindOfSixteenBits(_ name: String) throws {
        let bytes = try Fixture.bytes("formats/" + name)
        let full = try ImageDecoder.decode(bytes)
        let quarter = try bytes.withUnsafeBytes { try ImageDecoder.decode($0, name: name, whiteLevel: 16_384) }
        for (bright, dark) in zip(quarter.pixels, full.pixels) {
            // Where 0 is white, what is dark is what is above the white level.
            let light = name.contains("white-is-zero") ? max(0, 4 * Int(dark) - 3 * 255) : min(255, 4 * Int(dark))
            #expect(abs(Int(bright) - light) <= 2)
        }
    }

    @Test func theDepthOfSamplesIsTold() throws {
        let cases: [(String, Int?, UInt16?, UInt16)] = [
            ("gray16.png", 16, nil, 65_535), ("gray12.pgm", 12, nil, 4095),
            ("gray16-white-is-zero.tiff", 16, 65_535, 65_535),
            ("gray16.tiff", 16, nil, 65_535), ("gray8.png", nil, nil, 0), ("rgb.bmp", nil, nil, 0),
            ("gray.tiff", nil, nil, 0),
            ("gray.pgm", nil, nil, 0), ("gray.jpg", nil, nil, 0),
        ]
        for (name, bits, stated, usual) in cases {
            let depth = try ImageDecoder.sampleDepth(.file(Fixture.path("formats/" + name)))
            #expect(depth?.significantBits == bits && depth?.statedWhite == stated, "\(name)")
            #expect(depth == nil || depth?.usualWhite == usual, "\(name)")
        }
        let folder = try TemporaryFolder()
        for bits in [1, 9, 10, 12, 13] {
            let value = 1 << bits - 1
            let dark = Array("P5 2 1 65535 ".utf8) + [0, 0, UInt8(value >> 8), UInt8(value & 255)]
            let depth = try ImageDecoder.sampleDepth(.file(folder.write(dark, to: "dark.pgm")))
            #expect(depth?.significantBits == bits)
        }
    }

    @Test func arithmeticCodingIsRead() throws {
        #expect(try Fixture.image("formats/rgb-420-arithmetic.jpg") == Fixture.image("formats/rgb-420.jpg"))
    }

    @Test func furtherPagesOfATIFFAreTold() throws {
        #expect(try ImageDecoder.hasMorePages(.file(Fixture.path("formats/pages.tiff"))))
        for name in ["rgb-raw.tiff", "rgb8-tiled.tiff", "rgb8.png"] {
            #expect(try !ImageDecoder.hasMorePages(.file(Fixture.path("formats/" + name))), "\(name)")
        }
    }

    @Test func contentCountsAndNotTheName() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write(Fixture.bytes("formats/rgb-420.jpg"), to: "really-a-jpeg.png")
        #expect(try ImageDecoder.decode(file: file) == Fixture.image("formats/rgb-420.jpg"))
    }

    @Test func paddingBeforeTheEndOfAJPEGIsForgiven() throws {
        for name in ["rgb-420.jpg", "rgb-444-progressive.jpg"] {
            var bytes = try Fixture.bytes("formats/" + name)
            bytes.insert(contentsOf: [UInt8](repeating: 0, count: 100), at: bytes.count - 2)
            #expect(try ImageDecoder.decode(bytes) == Fixture.image("formats/" + name))
            #expect(try ImageDecoder.decode(bytes + [1, 2, 3]) == Fixture.image("formats/" + name))
        }
    }

    @Test func masksKeepTheSmallestLabel() throws {
        let gray = try Fixture.image("formats/gray16.png")
        let mask = try Mask.decode(.file(Fixture.path("formats/gray16.png"))).mask
        #expect((mask.width, mask.height) == (31, 23))
        #expect(
            zip(mask.defective, stride(from: 0, to: gray.pixels.count, by: 3)).allSatisfy { $0 || gray.pixels[$1] == 0 }
        )
        let folder = try TemporaryFolder()
        let labels = try MapFormat.png16.encode(FloatImage(width: 3, height: 1, values: [0, 1 / 256, 255]))
        #expect(try Mask.decode(.file(folder.write(labels, to: "labels.png"))).mask.defective == [false, true, true])
    }

    /// A JPEG that is to become small comes at a fraction of its size, with at least two pixels for one, and looks the same.
    @Test(arguments: [(300, 200), (299, 200), (150, 100), (75, 50), (20, 20), (10, 10)])
    func jpegsComeReducedWhereThatSuffices(width: Int, height: Int) throws {
        let file = try Fixture.path("coffee-600x400.jpg")
        let full = try ImageDecoder.decode(file: file)
        let reduced = try ImageDecoder.decode(.file(file), toBecome: width, height)
        #expect(reduced.width == 600 && reduced.height == 400)
        let divisors: [Int] = [8, 4, 2]
        let divisor = divisors.first { 600 / $0 >= 2 * width && 400 / $0 >= 2 * height } ?? 1
        #expect(reduced.image.width == 600 / divisor && reduced.image.height == 400 / divisor)
        let difference = try reduced.image.resized(width: width, height: height)
            .largestDifference(from: full.resized(width: width, height: height))
        #expect(try #require(difference) <= (divisor == 1 ? 0 : 24))
    }

    @Test func whatIsNoJPEGComesWhole() throws {
        let file = try Fixture.path("brick-300x300-gray8.png")
        let reduced = try ImageDecoder.decode(.file(file), toBecome: 10, 10)
        #expect(reduced.image == (try ImageDecoder.decode(file: file)))
    }
}
