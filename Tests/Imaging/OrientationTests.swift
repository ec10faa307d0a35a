import Foundation
import Imaging
import Storage
import TestSupport
import Testing

/// The samples in Fixtures/orientation, and what Pillow's `ImageOps.exif_transpose` makes of them.
private struct TurnedSample: CustomStringConvertible, Sendable {
    let name: String
    let expected: RGBImage
    var description: String { name }

    static let all: [TurnedSample] = {
        guard let text = try? Fixture.bytes("orientation/expected.txt"),
            let sheet = try? Fixture.image("orientation/expected.png")
        else { return [] }
        let size = 3 * 31 * 23
        return String(decoding: text, as: UTF8.self).split(separator: "\n").enumerated().compactMap { place, line in
            let words = line.split(separator: " ")
            guard words.count == 3, let width = Int(words[1]), let height = Int(words[2]) else { return nil }
            let pixels = Array(sheet.pixels[place * size..<(place + 1) * size])
            return TurnedSample(
                name: "orientation/" + words[0], expected: RGBImage(width: width, height: height, pixels: pixels))
        }
    }()
}

@Suite struct OrientationTests {
    @Test func everySampleIsThere() { #expect(TurnedSample.all.count == 4 * 8 + 7) }

    @Test(arguments: TurnedSample.all)
    fileprivate func imagesAreTurnedAsPillowTurnsThem(_ sample: TurnedSample) throws {
        let place = ImageLocation.file(try Fixture.path(sample.name))
        let turned = try ImageDecoder.decode(place, orientation: .exif)
        let tolerance = sample.name.hasSuffix("jpg") ? 2 : 0
        #expect(try #require(turned.largestDifference(from: sample.expected)) <= tolerance)
        // Unless it is asked for, pixels stay as they are stored.
        let stored = try ImageDecoder.decode(place)
        #expect((stored.width, stored.height) == (31, 23))
        #expect(try ImageDecoder.isTurned(place) == (stored != turned))
    }

    /// Each turn is undone by another one: 6 and 8 by each other, the others by themselves.
    @Test(arguments: ImageOrientation.allCases) func turnsAreUndone(_ orientation: ImageOrientation) {
        var random = SeededGenerator(seed: UInt64(orientation.rawValue))
        for (width, height) in [(1, 1), (7, 3), (65, 130), (200, 1)] {
            let image = RGBImage(
                width: width, height: height,
                pixels: (0..<3 * width * height).map { _ in UInt8.random(in: 0...255, using: &random) })
            let inverse: ImageOrientation =
                switch orientation {
                case .turnedClockwise: .turnedCounterclockwise
                case .turnedCounterclockwise: .turnedClockwise
                default: orientation
                }
            #expect(image.turned(orientation).turned(inverse) == image)
        }
    }

    /// What is to become 30 x 100 after it is turned may be decoded as what becomes 100 x 30 before.
    @Test(arguments: [(30, 100), (100, 30), (199, 299), (200, 300), (300, 200), (1, 1)])
    func reducedJPEGsAreTurnedAsWholeOnes(_ width: Int, _ height: Int) throws {
        let place = ImageLocation.file(try Fixture.path("coffee-600x400-exif-rotate90.jpg"))
        let turned = try ImageDecoder.decode(place, toBecome: width, height, orientation: .exif)
        let stored = try ImageDecoder.decode(place, toBecome: height, width)
        #expect((turned.width, turned.height) == (stored.height, stored.width))
        #expect(turned.width < turned.height)
        #expect(turned.image == stored.image.turned(.turnedClockwise))
    }

    /// Metadata that is cut off or damaged states nothing, and the image is used as it is stored.
    @Test func damagedMetadataStateNothing() throws {
        let folder = try TemporaryFolder()
        var sound = try Fixture.bytes("orientation/behind-little.png")
        let chunk = try #require(sound.indices.first { sound[$0...].starts(with: Array("eXIf".utf8)) })
        sound[chunk + 8] ^= 1
        let damaged = try folder.write(sound, to: "damaged.png")
        #expect(try !ImageDecoder.isTurned(.file(damaged)))
        #expect(try ImageDecoder.decode(.file(damaged), orientation: .exif) == ImageDecoder.decode(file: damaged))
        let jpeg = try Fixture.bytes("orientation/6.jpg")
        let block = try #require(jpeg.indices.first { jpeg[$0...].starts(with: Array("Exif".utf8)) })
        // The offset of the directory, and the number of its entries.
        for place in [block + 10, block + 14] {
            for value in [0x7F, 0xFF] as [UInt8] {
                var bytes = jpeg
                for offset in 0..<2 { bytes[place + offset] = value }
                let file = try folder.write(bytes, to: "damaged.jpg")
                #expect(throws: Never.self) { try ImageDecoder.decode(.file(file), orientation: .exif) }
            }
        }
    }
}
