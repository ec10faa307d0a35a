import Foundation
import Imaging
import Testing

/// Pictures for pages: photographs as JPEG, gray samples as PNG.
@Suite struct PictureEncodingTests {
    private func decoded(_ bytes: [UInt8]) throws -> RGBImage {
        try bytes.withUnsafeBytes { try ImageDecoder.decode($0, name: "picture") }
    }

    @Test(arguments: [(1, 1), (7, 3), (64, 48), (129, 200)]) func photographsComeBackNearly(_ width: Int, _ height: Int)
        throws
    {
        let pixels = (0..<3 * width * height).map { place in
            let (row, column) = (place / 3 / width, place / 3 % width)
            return UInt8(128 + 90 * sin(Double(row) / 9 + Double(place % 3)) * cos(Double(column) / 11))
        }
        let image = RGBImage(width: width, height: height, pixels: pixels)
        let bytes = try JPEGEncoder.encode(image)
        #expect(try JPEGEncoder.encode(image) == bytes)
        let back = try decoded(bytes)
        #expect((back.width, back.height) == (width, height))
        #expect(zip(back.pixels, pixels).allSatisfy { abs(Int($0) - Int($1)) <= 16 })
        if width > 60 { #expect(try bytes.count < PNGEncoder.encode(image).count / 2) }
    }

    @Test func whatIsTooLargeIsRefused() {
        let image = RGBImage(width: 65_501, height: 1, pixels: [UInt8](repeating: 0, count: 3 * 65_501))
        #expect(throws: ImageError.self) { try JPEGEncoder.encode(image) }
    }

    @Test func graySamplesComeBack() throws {
        let samples = (0..<256 * 3).map { UInt8(truncatingIfNeeded: $0 &* 37) }
        let back = try decoded(GrayEncoder.encode(samples, width: 256, height: 3))
        #expect(stride(from: 0, to: back.pixels.count, by: 3).map { back.pixels[$0] } == samples)
    }
}
