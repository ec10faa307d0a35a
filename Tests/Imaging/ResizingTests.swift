import Compute
import Imaging
import TestSupport
import Testing

@Suite struct ResizingTests {
    @Test(arguments: ["brick-300x300-gray8.png", "coffee-600x400.jpg"])
    func isPillowsBitForBit(_ name: String) throws {
        let stem = String(name.prefix { $0 != "." })
        let source = try Fixture.image(stem + ".expect-decode.png")
        let straight = try Fixture.image(stem + ".expect-resize224.png")
        let cropped = try Fixture.image(stem + ".expect-resize256-crop224.png")
        #expect(try source.resized(width: 224, height: 224) == straight)
        #expect(try source.resized(shorterSide: 256).centerCropped(width: 224, height: 224) == cropped)
    }

    /// Odd sizes, up and down, each side for itself: Pillow's results, one after the other.
    @Test func isPillowsAtAnySize() throws {
        let source = try Fixture.image("formats/tiny.png")
        let expected = try Fixture.image("resized.expect.png").pixels
        var place = 0
        for width in [1, 2, 7, 30, 31, 32, 45, 100] {
            for height in [1, 3, 22, 23, 24, 70] {
                let size = 3 * width * height
                let same =
                    try source.resized(width: width, height: height).pixels[...] == expected[place..<place + size]
                #expect(same, "\(width) x \(height)")
                place += size
            }
        }
        #expect(place == expected.count)
    }

    /// Without rounding: numbers of torchvision's resize of a float tensor.
    @Test(arguments: [
        ("brick-300x300-gray8.png", 64, 64), ("coffee-600x400.expect-decode.png", 56, 75),
        ("coffee-160x120-palette.png", 130, 170), ("coffee-600x400.expect-decode.png", 31, 47),
    ])
    func floatsAreTorchvisions(_ name: String, _ height: Int, _ width: Int) throws {
        let stem = String(name.prefix { $0 != "." })
        let npy = try Fixture.bytes("floats/\(stem)-\(height)x\(width).npy")
        let expected = npy.dropFirst(128).withUnsafeBytes { bytes in
            stride(from: 0, to: bytes.count, by: 4).map { bytes.loadUnaligned(fromByteOffset: $0, as: Float.self) }
        }
        let resized = try Fixture.image(name).floatResized(width: width, height: height)
        #expect(resized.width == width && resized.height == height)
        let found = stride(from: 0, to: resized.pixels.count, by: 11).map { resized.pixels[$0] }
        #expect(found.count == expected.count)
        let largest = zip(found, expected).map { abs($0 - $1) }.max() ?? .infinity
        #expect(largest < 1e-3, "of a level: \(largest)")
    }

    @Test func floatsOfTheSameSizeAreThePixels() throws {
        let image = try Fixture.image("formats/tiny.png")
        let same = try image.floatResized(width: image.width, height: image.height)
        #expect(same.pixels == image.pixels.map(Float.init))
    }

    @Test func floatsThatAreTooManyAreRefused() throws {
        let image = RGBImage(width: 1, height: 2_000, pixels: Array(repeating: 7, count: 6_000))
        #expect(throws: ImageError.self) { try image.floatResized(shorterSide: 16_384) }
        #expect(throws: ImageError.self) { try image.floatResized(width: 0, height: 5) }
    }

    @Test func everyInstructionSetGivesTheSameBits() throws {
        var random = SeededGenerator(seed: 1)
        for _ in 0..<60 {
            let image = Self.noise(
                width: .random(in: 1...90, using: &random), height: .random(in: 1...90, using: &random), &random)
            let width = Int.random(in: 1...120, using: &random)
            let height = Int.random(in: 1...120, using: &random)
            let plain = Resampler(instructionSet: .baseline).resize(image, width: width, height: height)
            for set in InstructionSet.available {
                let same = Resampler(instructionSet: set).resize(image, width: width, height: height) == plain
                #expect(same, "\(set): \(image.width) x \(image.height) to \(width) x \(height)")
            }
        }
    }

    @Test func extremesStayWithinBounds() throws {
        var random = SeededGenerator(seed: 2)
        for (from, to) in [(1, 1), (1, 500), (500, 1), (4097, 3), (3, 4097), (65_535, 1)] {
            let wide = Self.noise(width: from, height: 2, &random)
            let tall = Self.noise(width: 2, height: from, &random)
            for set in InstructionSet.available {
                let resampler = Resampler(instructionSet: set)
                let one = resampler.resize(wide, width: to, height: 2)
                let other = resampler.resize(tall, width: 2, height: to)
                #expect(one.pixels.count == 6 * to && other.pixels.count == 6 * to)
            }
        }
    }

    @Test(arguments: [0, 1, 127, 128, 254, 255] as [UInt8])
    func aConstantImageStaysConstant(_ value: UInt8) throws {
        let image = RGBImage(width: 37, height: 41, pixels: [UInt8](repeating: value, count: 3 * 37 * 41))
        for (width, height) in [(5, 3), (100, 90), (37, 7), (224, 41), (1, 1)] {
            #expect(try image.resized(width: width, height: height).pixels.allSatisfy { $0 == value })
        }
    }

    @Test func itsOwnSizeChangesNothing() throws {
        let image = try Fixture.image("formats/tiny.png")
        #expect(try image.resized(width: image.width, height: image.height) == image)
        #expect(try image.resized(shorterSide: 23) == image)
        #expect(try image.centerCropped(width: image.width, height: image.height) == image)
    }

    @Test func mirroredImagesResizeToMirrorImages() throws {
        var random = SeededGenerator(seed: 3)
        let image = Self.noise(width: 50, height: 20, &random)
        #expect(try image.mirrored.resized(width: 20, height: 11) == image.resized(width: 20, height: 11).mirrored)
    }

    @Test func theShorterSideLeads() throws {
        var random = SeededGenerator(seed: 4)
        let size: (RGBImage) -> [Int] = { [$0.width, $0.height] }
        #expect(try size(Self.noise(width: 100, height: 33, &random).resized(shorterSide: 50)) == [151, 50])
        #expect(try size(Self.noise(width: 33, height: 100, &random).resized(shorterSide: 50)) == [50, 151])
    }

    /// torchvision rounds half a pixel to even: margins of 1, 3, 5 and 7 leave 0, 2, 2 and 4 on the left.
    @Test(arguments: [(11, 0), (13, 2), (15, 2), (17, 4), (18, 4)])
    func cropsAsTorchvision(_ width: Int, _ left: Int) throws {
        let pixels: [UInt8] = (0..<2 * width).flatMap { [UInt8($0 % width), 0, 0] as [UInt8] }
        let cropped = try RGBImage(width: width, height: 2, pixels: pixels).centerCropped(width: 10, height: 1)
        #expect(cropped.pixels[0] == UInt8(left))
    }

    @Test func impossibleSizesAreErrors() throws {
        let image = try Fixture.image("formats/tiny.png")
        #expect(throws: ImageError.self) { try image.resized(width: 0, height: 5) }
        #expect(throws: ImageError.self) { try image.resized(width: 5, height: -1) }
        #expect(throws: ImageError.self) { try image.resized(width: 1 << 40, height: 1 << 40) }
        #expect(throws: ImageError.self) { try image.resized(shorterSide: 0) }
        #expect(throws: ImageError.self) { try image.resized(shorterSide: .max) }
        #expect(throws: ImageError.self) { try image.centerCropped(width: 32, height: 3) }
        #expect(throws: ImageError.self) { try image.centerCropped(width: 3, height: 0) }
    }

    private static func noise(width: Int, height: Int, _ random: inout SeededGenerator) -> RGBImage {
        let pixels = (0..<3 * width * height).map { _ in UInt8.random(in: 0...255, using: &random) }
        return RGBImage(width: width, height: height, pixels: pixels)
    }
}

extension RGBImage {
    fileprivate var mirrored: RGBImage {
        var mirrored: [UInt8] = []
        for row in 0..<height {
            for column in (0..<width).reversed() {
                let start = 3 * (row * width + column)
                mirrored += pixels[start..<start + 3]
            }
        }
        return RGBImage(width: width, height: height, pixels: mirrored)
    }
}
