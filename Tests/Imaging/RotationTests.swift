import Imaging
import TestSupport
import Testing

@Suite struct RotationTests {
    /// As in Fixtures/rotation/make.py.
    private static let angles = [-10.0, -7.3056123, -0.004, 0.5, 3.14159, 10.0, 33.25, 90.5, 179.99, 271.75]

    @Test(arguments: [("tiny", "formats/tiny.png"), ("coffee", "coffee-160x120-rgba.png")])
    func picturesAreTurnedAsPillowTurnsThem(name: String, source: String) throws {
        let picture = try Fixture.image(source)
        let expected = try Fixture.image("rotation/\(name).expect.png")
        let size = picture.pixels.count
        for (number, angle) in Self.angles.enumerated() {
            let found = picture.rotated(degrees: angle)
            #expect(found.width == picture.width && found.height == picture.height)
            #expect(found.pixels == Array(expected.pixels[number * size..<(number + 1) * size]), "\(angle)")
        }
    }

    @Test func fullTurnsChangeNothing() throws {
        let picture = try Fixture.image("formats/tiny.png")
        for angle in [0.0, 360, -720] { #expect(picture.rotated(degrees: angle) == picture) }
        let single = RGBImage(width: 1, height: 1, pixels: [7, 8, 9])
        #expect(single.rotated(degrees: 45) == single)
    }

    @Test(arguments: 1...40 as ClosedRange<UInt64>) func thereAndBack(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let rotation = ImageRotation(
            degrees: Double(random.below(7_200)) / 10 - 360, width: 1 + random.below(90), height: 1 + random.below(90))
        let (x, y) = (Double(random.below(900)) / 10, Double(random.below(900)) / 10)
        let source = rotation.source(column: x, row: y)
        let target = rotation.target(x: source.x, y: source.y)
        #expect(abs(target.column - x) < 1e-9 && abs(target.row - y) < 1e-9)
    }

    @Test func partsAreTheImagesPixels() {
        let image = RGBImage(width: 4, height: 3, pixels: (0..<36).map { UInt8($0) })
        let part = image.part(left: 1, top: 1, width: 2, height: 2)
        #expect(part.pixels == [15, 16, 17, 18, 19, 20, 27, 28, 29, 30, 31, 32])
        #expect(image.part(left: 0, top: 0, width: 4, height: 3) == image)
    }
}
